"""A program: a flow as generated Python, ready to be linked to a helper table and run.

The code is blocks: each is a function ``(ctx, v, log)`` of the machine, the variables by slot and the list of trace
entries, runs to the next wait or jump, and gives the number of the block to go on with. A block that waits begins with
its wait, so that running it again after a restart asks the same thing.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl.bots import Bot
from dsl.model import Origin
from dsl.needs import Need

ABI = 3
"""The number of the contract between generated code and machine; a snapshot of another one is refused."""
WAIT = -1
"""What a block gives when an event has to come first."""

CALLS = frozenset(
    """
    beyond fail unreadable refuse_secret secret required within now builtin prompt known
    turns_left call_task enter take_inputs jump end_task returned returned_path
    pass_over begin_pass enter_menu leave_menus previous_menu last_menu menu chosen
    set_attributes set_named_attributes attribute outcome set_language set_intent remember_wrapup
    write_headers read_headers read_raw_headers
    hear hear_text play_estimated_wait play_position flush collect collected digits read_back hint_to_confirm
    confirm confirmed extension_entered listen listened may_repeat hold_music pause
    call_data ask output failure module_path flow_output transfer enqueue is_refused refused_path transferred
    disconnect finish end_by_error default_error_end
    await_text said interpret entity validated reprompt unsure means agreed take_intent detected leave_bot
    begin_bot sent_by bot_result has_said is_filled knows asks_knowledge wants_agent has_failed_before
    """.split()
)
"""All that generated code may ask of the machine: the other half of the contract that ``ABI`` numbers."""
ATTRIBUTES = frozenset("actions limit enough reply_path".split())
"""What it may read of the machine: how many actions there were, and may be at the most, in all and in one step; the
output that an answer takes."""
WRITTEN = frozenset({"actions", "block"})
"""What it may write: how many actions there were, and the block that waits."""


@dataclass(frozen=True, slots=True)
class Site:
    """An action as the trace shows it."""

    element: str
    name: str
    kind: str
    line: int
    origin: Origin | None = None
    prefix: str = ""
    """What sets the elements of a linked module apart from those of the flow."""

    scratch: tuple[int, ...] = ()
    """Slots that only this action uses, and only while it is carried out: what was said, how often it has asked."""

    @property
    def place(self) -> str:
        """The element, unique in the program."""
        return self.prefix + self.element


@dataclass(frozen=True, slots=True)
class Container:
    """A task, state, bot or module: its first block and the slots that are its own, hidden ones included."""

    element: str
    entry: int
    slots: tuple[int, ...]
    is_module: bool = False
    error_block: int = -1
    """Where an error inside goes on, for a bot that another flow has called; -1: the flow's own error handling."""


@dataclass(frozen=True, slots=True)
class MenuChoice:
    """A choice as the caller sees it: ``key`` is one digit, or the choice's element where it can only be spoken."""

    key: str
    name: str
    block: int
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By language, what may be said for it."""


@dataclass(frozen=True, slots=True)
class MenuTable:
    """A menu as the machine runs it; ``entry``, ``default`` and ``extension`` are blocks."""

    element: str
    name: str
    entry: int
    choices: tuple[MenuChoice, ...]
    default: int | None = None
    extension: int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """Everything that the machine needs of a flow.

    ``names`` are the variables by slot, with their initial values in ``initial``; hidden ones (loop counters)
    begin with ``#``.
    ``blocks`` are the numbers of those that begin a function.
    ``phases`` gives a stable name to each block that a parked execution may stand at, ``wait_sites`` the
    action that waits there.
    """

    flow: str
    type: str
    path: str
    module: ast.Module = field(repr=False)
    blocks: tuple[int, ...]
    start: int
    error_block: int
    names: tuple[str, ...]
    types: tuple[str, ...]
    secure: frozenset[int]
    constants: tuple[Any, ...]
    """Literals that Python has no syntax for: ``k0``, ``k1`` ... in the code."""

    sites: tuple[Site, ...]
    phases: Mapping[int, str]
    wait_sites: Mapping[int, int]
    containers: tuple[Container, ...]
    menus: tuple[MenuTable, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    host_reads: frozenset[str]
    default_language: str
    languages: Mapping[str, Any]
    fingerprint: str
    bots: Mapping[str, Bot] = field(default_factory=dict)
    """What the bots understand, by the prefix of a linked one; the flow itself is the empty one."""

    needs: tuple[Need, ...] = ()
    """What the adapter that carries the call must be able to do."""

    abi: int = ABI
