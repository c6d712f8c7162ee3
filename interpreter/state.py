"""The state of an execution: a plain value between two steps (docs/decisions/002-snapshot.md)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from interpreter.commands import Prompt

ACTION_LIMIT = 10_000
"""So many actions an execution may run, in all."""


class Frame(msgspec.Struct):
    """Where a called task returns to, and the caller's values of the slots that the task uses."""

    back: int
    slots: tuple[int, ...]
    values: tuple[Any, ...]
    is_module: bool = False
    error: int = -1
    """The block that an error inside goes on at; -1: the flow's own error handling."""


class Waiting(msgspec.Struct, frozen=True):
    """What the machine waits for: the command's id and kind, the block that asked and the one that goes on.

    ``said`` prompts of the audio queue are played with the command; they leave the queue when it is answered.
    """

    id: str
    kind: str
    block: int
    resume: int
    deadline: int
    outputs: tuple[str, ...] = ()
    said: int = 0


class State(msgspec.Struct):
    """Everything that a step needs besides the program and the event. Nothing in it is changed in place but the
    ``variables``: what is written is a new mapping or tuple, so that a fork may share the rest.

    ``variables`` are by slot; ``known`` is the participant data that the conversation has, ``attributes`` what
    was set and not
    flushed; ``menus`` the menus entered, each with its rounds; ``random`` the generator's 64 bits.
    """

    execution: str
    variables: list[Any]
    language: str
    conversation: str | None = None
    seq: int = 0
    numbered: int = 0
    waiting: Waiting | None = None
    frames: tuple[Frame, ...] = ()
    inputs: tuple[tuple[int, Any], ...] = ()
    returned: dict[int, Any] = {}
    returned_path: str = "default"
    audio: tuple[Prompt, ...] = ()
    secret_audio: bool = False
    secret_input: bool = False
    attributes: dict[str, str] = {}
    known: dict[str, str] = {}
    outcomes: dict[str, str] = {}
    wrapup_code: str | None = None
    builtins: dict[str, Any] = {}
    headers: dict[str, str] = {}
    menus: tuple[tuple[int, int], ...] = ()
    actions: int = 0
    limit: int = ACTION_LIMIT
    in_error: bool = False
    next_language: str | None = None
    random: int = 0
    pass_at: int = -1
    """When the current pass of an in-queue flow began."""

    ended: str | None = None

    def fork(self) -> State:
        """A copy whose changes do not show in this one."""
        return replace(self, variables=self.variables.copy())
