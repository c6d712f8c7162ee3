"""The flow machine: what generated code may do, one method each, gathered from its families.

A machine lives for one step. Its methods are the only way from a program to the world: they gather commands,
change the state, note
the trace, and give the number of the block to go on with (``WAIT`` when an event has to come first).
"""

from __future__ import annotations

from interpreter.bots import Bots
from interpreter.core import STEP_ACTIONS, FlowError, TraceEntry
from interpreter.data import Data
from interpreter.menus import Menus
from interpreter.requests import Requests
from interpreter.tasks import Tasks
from interpreter.voice import Voice

__all__ = ["ERROR_ACTIONS", "STEP_ACTIONS", "FlowError", "Machine", "TraceEntry"]

ERROR_ACTIONS = 1_000


class Machine(Bots, Tasks, Menus, Requests, Voice, Data):
    """The ``ctx`` of generated code."""
