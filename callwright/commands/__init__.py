"""The commands, one module each; ``callwright.cli`` imports a module when its command is used."""
