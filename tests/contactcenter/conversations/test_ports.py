"""What requests of a flow become: commands to its conversation."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from contactcenter.conversations import Command, Conversation
from contactcenter.conversations.lines import QueueFacts
from contactcenter.conversations.ports import RoutingRequests
from contactcenter.conversations.seat import Seat
from contactcenter.conversations.state import QueueEntry, QueuePlace
from dsl.expressions.values import Entity
from interpreter.commands import Request

NEW = Conversation(id="c1", start=0, rev=1)


class Gold:
    """A directory with one queue."""

    def queue(self, name_or_id: str) -> QueueFacts:
        return QueueFacts(id="q-gold", name="Gold")


def enqueued(conversation: Conversation, **inputs: Any) -> QueuePlace:
    """The place that a transfer asks for."""
    sent: list[Command] = []
    seat = Seat(
        conversation="c1",
        execution="e1",
        epoch=1,
        state=lambda: conversation,
        post=lambda command, then: sent.append(command),
        directory=Gold(),  # type: ignore[arg-type]  # all that is asked of it
        live=None,
        now=lambda: 0,
    )
    request = Request("1.1", "routing", "enqueue", {"queue": Entity("que", None, "Gold"), **inputs}, 0)
    RoutingRequests(seat).request("e1", request, lambda *answer: None)
    (command,) = sent
    return command.args["place"]  # type: ignore[no-any-return]


def skilled(*names: str) -> tuple[Entity, ...]:
    return tuple(Entity("skl", f"id-{name}", name) for name in names)


@pytest.mark.parametrize(("append", "names"), [(True, ("Billing", "German", "Fiber")), (False, ("German", "Fiber"))])
def test_skills_are_those_of_the_transfer_or_added_to_those_of_the_place_before(
    append: bool, names: tuple[str, ...]
) -> None:
    before = QueuePlace(
        queue_id="q", queue_name="Q", skills=("id-Billing", "id-German"), skill_names=("Billing", "German")
    )
    entry = QueueEntry(entry_id="e", item_id="c1", place=before, enqueued_at=0, participant_id="p")
    conversation = replace(NEW, last_place=entry)
    place = enqueued(conversation, skills=skilled("German", "Fiber"), append_skills=append)
    assert place.skill_names == names
    assert place.skills == tuple(f"id-{name}" for name in names)


def test_where_there_was_no_place_there_is_nothing_to_add_to() -> None:
    place = enqueued(NEW, skills=skilled("German"), append_skills=True)
    assert place.skill_names == ("German",)
