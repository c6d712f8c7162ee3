"""Executions and queue places: starting one, entering the other (conversations.md §4, §7)."""

from __future__ import annotations

from msgspec.structs import replace

from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import end_conversation
from contactcenter.conversations.state import QueueEntry, QueuePlace


def start_execution(draft: Draft, flow: str, kind: str, version: str = "", invocation: str | None = None) -> None:
    """A flow takes the media; ``invocation`` is what another flow hands over to it."""
    identity = draft.new_id("execution")
    draft.add_participant("ivr", name=flow, execution_id=identity)
    begun = {"id": identity, "flow": flow, "kind": kind, "version": version}
    draft.emit("ExecutionStarted", begun | ({"invocation": invocation} if invocation is not None else {}))


def enter_queue(
    draft: Draft, place: QueuePlace, *, enqueued_at: int | None = None, entry_id: str | None = None
) -> None:
    """Take a place in a queue.

    With ``entry_id`` routing has accepted the item already; otherwise it is told after the commit, and
    ``enqueued_at`` keeps the wait of an earlier place.
    """
    confirmed = entry_id is not None
    entry_id = entry_id or draft.new_id("entry")
    participant = draft.add_participant("acd", name=place.queue_name, queue_id=place.queue_id, entry_id=entry_id)
    entry = QueueEntry(
        entry_id=entry_id,
        item_id=draft.command.conversation,
        place=place,
        enqueued_at=draft.at if enqueued_at is None else enqueued_at,
        participant_id=participant,
        confirmed=confirmed,
    )
    draft.emit("QueueEntered", entry, participant=participant)


def keep_company(draft: Draft) -> None:
    """Somebody waits in a queue: its in-queue flow takes the media, else hold audio.

    Who is yet to be called back hears neither.
    """
    entry, customer = draft.state.queue_entry, draft.state.customer
    if draft.state.callback is not None and not (customer is not None and customer.talking):
        return
    if entry is not None and entry.place.flow:
        start_execution(draft, entry.place.flow, "inqueue")
    elif draft.state.media.holder != "hold":
        draft.emit("MediaHeld", {"music": entry.place.hold_prompt if entry else None})


def back_to_queue(draft: Draft, *, keep_wait: bool = False) -> bool:
    """Put the caller into the queue that was left last, at the old priority; False when there is none."""
    last = draft.state.last_place
    if last is None:
        return False
    enter_queue(draft, last.place, enqueued_at=last.enqueued_at if keep_wait else None)
    if draft.state.running is None:
        keep_company(draft)
    return True


def fall_back(draft: Draft) -> None:
    """The flow is lost: the number's fallback queue, else an announcement (by the edge) and the end."""
    fallback = draft.state.fallback
    if fallback is not None and fallback.queue is not None:
        enter_queue(draft, fallback.queue)
        keep_company(draft)
    else:
        end_conversation(draft, "error", "failed", reason="error")


def like(place: QueuePlace, former: QueuePlace | None, *, strip_skills: bool) -> QueuePlace:
    """A place for a transfer: priority and skills are kept, preferred agents are not (routing.md §14)."""
    if former is None or place.skills or place.language_id or place.priority:
        return place
    kept = replace(place, priority=former.priority, label_id=former.label_id)
    if strip_skills:
        return kept
    return replace(
        kept,
        skills=former.skills,
        skill_names=former.skill_names,
        skill_expression=former.skill_expression,
        language_id=former.language_id,
        language_name=former.language_name,
    )
