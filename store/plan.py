"""What a group of units comes to: which are refused, and what the others write.

Pure: the facts that the units ask about are loaded before, the rows that they write are stored after. Every
unit sees the units before it in the same group, and leaves no mark when it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from store.contract import Append, Conflict, Delete, Fence, Lost, Remember, Run, Save, Send, StoredEvent, Write

ANSWERS_KEPT_MS = 24 * 3600 * 1000
"""How long the answer to a command is kept, counted back from the newest one."""

EXPIRED = "not sent before its time was over"
"""Why a message was buried that nobody could send in time."""

Key = tuple[str, str]
"""(kind, id) of a document."""


@dataclass(slots=True)
class Facts:
    """What is stored, as far as the units ask: missing entries mean 0, absent or no lease."""

    head: int = 0
    last: dict[str, int] = field(default_factory=dict)
    revisions: dict[Key, int] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    epochs: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Change:
    """What one unit, or a whole group, writes."""

    head: int
    events: list[StoredEvent] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)
    saved: dict[Key, Save | None] = field(default_factory=dict)
    answers: dict[str, Remember] = field(default_factory=dict)
    sends: list[Send] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    renewed: set[str] = field(default_factory=set)


def decide(facts: Facts, writes: tuple[Write, ...]) -> Change:
    """What this unit writes; raises ``Conflict`` or ``Lost``."""
    change = Change(facts.head)
    for write in writes:
        match write:
            case Append():
                _append(facts, change, write)
            case Fence():
                _hold(facts, change, write.shard, write.epoch)
            case Save():
                _save(facts, change, write)
            case Delete():
                change.saved[write.kind, write.id] = None
            case Remember():
                if write.command_id in facts.answered or write.command_id in change.answers:
                    raise Conflict(f"command {write.command_id} has an answer already")
                change.answers[write.command_id] = write
            case Send():
                change.sends.append(write)
            case Run():
                change.runs.append(write)
    return change


def _hold(facts: Facts, change: Change, shard: str, epoch: int) -> None:
    if facts.epochs.get(shard, 0) != epoch:
        raise Lost(f"the lease of {shard} has left epoch {epoch}")
    change.renewed.add(shard)


def _append(facts: Facts, change: Change, write: Append) -> None:
    if write.epoch is not None:
        _hold(facts, change, write.stream, write.epoch)
    last = change.last.get(write.stream, facts.last.get(write.stream, 0))
    if last != write.expected:
        raise Conflict(f"{write.stream} ends at {last}, not at {write.expected}")
    for event in write.events:
        last += 1
        change.head += 1
        change.events.append(
            StoredEvent(
                change.head, write.stream, last, write.epoch or 0, event.type, event.version, event.at, event.body
            )
        )
    change.last[write.stream] = last


def _save(facts: Facts, change: Change, write: Save) -> None:
    key = (write.kind, write.id)
    if key in change.saved:
        saved = change.saved[key]
        current = saved.rev if saved else 0
    else:
        current = facts.revisions.get(key, 0)
    if current != write.expected:
        raise Conflict(f"{write.kind} {write.id} has revision {current}, not {write.expected}")
    change.saved[key] = write


def advance(facts: Facts, change: Change) -> None:
    """Let the next unit see what this one writes."""
    facts.head = change.head
    facts.last.update(change.last)
    facts.answered.update(change.answers)
    for key, saved in change.saved.items():
        facts.revisions[key] = saved.rev if saved else 0


def merge(whole: Change, change: Change) -> None:
    """Add a unit's change to its group's."""
    whole.head = change.head
    whole.events += change.events
    whole.last.update(change.last)
    whole.saved.update(change.saved)
    whole.answers.update(change.answers)
    whole.sends += change.sends
    whole.renewed |= change.renewed


def streams_of(writes: tuple[Write, ...]) -> set[str]:
    """Streams that a unit asks about."""
    return {write.stream for write in writes if isinstance(write, Append)}


def documents_of(writes: tuple[Write, ...]) -> set[Key]:
    """Documents whose revision a unit asks about."""
    return {(write.kind, write.id) for write in writes if isinstance(write, Save)}


def commands_of(writes: tuple[Write, ...]) -> set[str]:
    """Commands that a unit answers."""
    return {write.command_id for write in writes if isinstance(write, Remember)}


def leases_of(writes: tuple[Write, ...]) -> set[str]:
    """Leases that a unit is written under."""
    appends = {write.stream for write in writes if isinstance(write, Append) and write.epoch is not None}
    return appends | {write.shard for write in writes if isinstance(write, Fence)}
