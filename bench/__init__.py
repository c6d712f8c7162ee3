"""Benchmarks: figures as ratios to hand-written Python and to the strongest peers, printed by ``make bench``."""
