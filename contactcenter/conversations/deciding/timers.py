"""Deadlines that have passed: ``timer {name, participant}`` by the clock (conversations.md §11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from contactcenter.conversations.deadlines import OWN, Deadline, deadlines
from contactcenter.conversations.deciding import callbacks
from contactcenter.conversations.deciding.beginning import not_answered
from contactcenter.conversations.deciding.connecting import delivery_failed, unanswered
from contactcenter.conversations.deciding.consults import end_asking
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import end_conversation, leave
from contactcenter.conversations.deciding.queueing import back_to_queue
from contactcenter.conversations.deciding.talking import after_leaving
from contactcenter.conversations.deciding.wrapup import expire
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import PEOPLE_INSIDE, Participant


def timer(draft: Draft) -> Refused | None:
    """One of the conversation's own deadlines; one that is not due (any more) is stale."""
    name = draft.args.get("name")
    due = next((found for found in deadlines(draft.state, draft.settings) if _is(draft, found, name)), None)
    if due is not None:
        TIMERS[due.name](draft)
    return None


def _is(draft: Draft, found: Deadline, name: object) -> bool:
    wanted = draft.command.participant
    if found.owner != OWN or found.name != name or found.at is None or found.at > draft.at:
        return False
    return wanted is None or wanted == found.participant


def _participant(draft: Draft) -> Participant:
    found = draft.state.participant(draft.command.participant)
    assert found is not None
    return found


def _max_call(draft: Draft) -> None:
    end_conversation(draft, "timeout")


def _offer(draft: Draft) -> None:
    unanswered(draft, "timed_out")


def _leg(draft: Draft) -> None:
    participant = _participant(draft)
    if callbacks.is_called_back(draft, participant):
        callbacks.call_over(draft, participant, "timeout", "noanswer")
    else:
        delivery_failed(draft, participant, "delivery_failed")


def _consult(draft: Draft) -> None:
    end_asking(draft, "noanswer")


def _agent_lost(draft: Draft) -> None:
    """The agent did not come back: the caller is offered to the same queue again, with the old wait (race 15)."""
    participant = _participant(draft)
    leave(draft, participant, "transport.failure")
    if any(True for _ in draft.state.living(PEOPLE_INSIDE)) or not back_to_queue(draft, keep_wait=True):
        after_leaving(draft, participant)


def _wrapup(draft: Draft) -> None:
    expire(draft)


def _wrapup_alarm(draft: Draft) -> None:
    """A wrap-up without a time of its own goes on for too long (routing.md §13)."""
    _alarm(draft)
    if draft.settings.acw_force_after_alarm:
        expire(draft)


def _alarm(draft: Draft) -> None:
    draft.emit("Alarm", {"name": draft.args.get("name")}, participant=draft.command.participant)


TIMERS: Mapping[str, Callable[[Draft], None]] = {
    "agent_leg": _leg,
    "agent_lost": _agent_lost,
    "answer": not_answered,
    "auto_dial": callbacks.dial_by_itself,
    "auto_end": callbacks.end_by_itself,
    "callback_due": callbacks.due,
    "callback_expiry": callbacks.expire,
    "consult": _consult,
    "dial": _leg,
    "hold_alarm": _alarm,
    "max_call": _max_call,
    "offer": _offer,
    "wrapup": _wrapup,
    "wrapup_alarm": _wrapup_alarm,
}
