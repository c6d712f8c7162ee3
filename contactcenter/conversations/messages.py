"""What a conversation is told and what it tells (conversations.md §9, §12).

Every sender (telephony, executions, routing, desk, api, clock) uses the same envelope; the order in which
commands reach a conversation decides all races. Answers: ``Done`` (also for a repeated ``command_id``, with
the answer of the first time) or ``Refused``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who sends a command: ``kind`` = adapter, execution, routing, user, client, clock or resolution (whoever finds out
    who the customer is); ``id`` within that kind."""

    kind: str
    id: str = ""


class Command(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A command to one conversation.

    ``name`` and ``args`` are those of conversations.md §9; ``epoch`` is the media epoch that an execution or
    adapter acts under.
    """

    command_id: str
    conversation: str
    name: str
    actor: Actor
    participant: str | None = None
    expected_rev: int | None = None
    epoch: int | None = None
    args: Mapping[str, Any] = {}


class Done(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """The command took effect (or had already); ``rev`` is the conversation's revision after it."""

    rev: int
    data: Mapping[str, Any] = {}
    duplicate: bool = False


class Refused(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """The command did not apply: ``code`` is one of conversations.md §9."""

    code: str
    message: str
    rev: int = 0
    state: str | None = None


Answer: TypeAlias = Done | Refused


class ConversationEvent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One event of a conversation's journal stream (``conversation/<id>``), types as in conversations.md
    §12."""

    type: str
    conversation: str
    rev: int
    at: int
    actor: Actor
    command_id: str
    participant: str | None = None
    leg: str | None = None
    cause: str | None = None
    data: Mapping[str, Any] = {}
