"""The demo: sample data, calls that are placed and told step by step, agents at the desk."""
