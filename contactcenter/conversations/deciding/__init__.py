"""Decisions: one module per subject, one table of commands (``decide.COMMANDS``)."""

from contactcenter.conversations.deciding.decide import COMMANDS, decide

__all__ = ["COMMANDS", "decide"]
