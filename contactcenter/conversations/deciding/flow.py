"""What the execution that holds the media asks for (conversations.md §5, §7, §9; races 5 and 13)."""

from __future__ import annotations

from typing import Any

from contactcenter.conversations.deciding.attributes import problem_with
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import end_conversation, leave_queue, withdraw_offer
from contactcenter.conversations.deciding.queueing import enter_queue, fall_back, keep_company
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import QueuePlace


def set_attributes(draft: Draft) -> Refused | None:
    """``set_attributes {attributes, participant?}``: adds and overwrites, never removes."""
    customer = draft.state.customer
    owner = draft.state.participant(draft.args.get("participant") or (customer.id if customer else None))
    if owner is None:
        return draft.refuse("not_participant", "there is no such participant")
    written = draft.args.get("attributes") or {}
    problem = problem_with(written, owner.attributes, draft.settings)
    if problem is not None:
        return draft.refuse("limit", problem)
    changed = {name: value for name, value in written.items() if owner.attributes.get(name) != value}
    draft.set_attributes(changed, owner.id)
    return None


def enqueue(draft: Draft) -> Refused | None:
    """``enqueue {place, entry?, attributes}``: attributes, place and the end of the execution in one commit.

    A caller who waits already changes queues: that is a flow-out there and a new entry here.
    """
    place = draft.read("place", QueuePlace)
    if place is None:
        return draft.refuse("unknown_target", "there is no such queue")
    if draft.state.accepted is not None:
        return draft.refuse("not_holder", "an agent has accepted the call")
    entry: dict[str, Any] = draft.args.get("entry") or {}
    draft.set_attributes(draft.args.get("attributes"))
    if draft.state.queue_entry is not None:
        withdraw_offer(draft, "withdrawn", "transfer.notavailable")
        leave_queue(draft, "flow_out")
    enter_queue(draft, place, enqueued_at=entry.get("enqueued_at"), entry_id=entry.get("entry_id"))
    draft.end_execution("transferred")
    keep_company(draft)
    return None


def hang_up(draft: Draft) -> Refused | None:
    """``hangup`` by a flow: the call ends, unless an agent has accepted it meanwhile (race 5)."""
    if draft.state.accepted is not None:
        return draft.refuse("not_holder", "an agent has accepted the call")
    failed = draft.args.get("how") == "error"
    outcome = "abandoned" if draft.state.queue_entry else "failed" if failed else "self_service"
    if draft.state.callbacks:
        outcome = "callback"
    end_conversation(draft, "system", outcome, reason="error" if failed else "disconnect")
    return None


def execution_ended(draft: Draft) -> Refused | None:
    """``execution_ended {execution, how, attributes}``: by itself; in a queue the caller waits on with hold audio."""
    running = draft.state.running
    if running is None or running.id != draft.args.get("execution"):
        return None
    draft.set_attributes(draft.args.get("attributes"))
    if running.kind == "inqueue":
        draft.end_execution(str(draft.args.get("how") or "ended"))
        _wait_on(draft)
        return None
    draft.emit(
        "ExecutionFaulted", {"id": running.id, "reason": "ended", "detail": "the flow ended and left the caller"}
    )
    fall_back(draft)
    return None


def execution_faulted(draft: Draft) -> Refused | None:
    """``execution_faulted {execution, detail}``: beyond its own error handling. The item is never lost with it (§4)."""
    running = draft.state.running
    if running is None or running.id != draft.args.get("execution"):
        return None
    draft.set_attributes(draft.args.get("attributes"))
    detail = {"id": running.id, "reason": "fault", "detail": draft.args.get("detail")}
    draft.emit("ExecutionFaulted", detail)
    if draft.state.queue_entry is not None or draft.state.accepted is not None:
        _wait_on(draft)
    elif draft.state.open_transfer is not None:
        draft.emit("MediaHeld")
    else:
        fall_back(draft)
    return None


def _wait_on(draft: Draft) -> None:
    draft.emit("MediaHeld", {"music": draft.state.queue_entry.place.hold_prompt if draft.state.queue_entry else None})


def set_screen_pop(draft: Draft) -> Refused | None:
    """``set_screen_pop {script}``: the last one wins; it opens when an agent connects."""
    script = draft.args.get("script") or {}
    if draft.state.screen_pop != script:
        draft.emit("ScreenPop", {"moment": "set", "script": script})
    return None


def set_tag(draft: Draft) -> Refused | None:
    """``set_tag {tag}``: the external tag."""
    if draft.state.external_tag != draft.args.get("tag"):
        draft.emit("TagChanged", {"tag": draft.args.get("tag")})
    return None


def set_language(draft: Draft) -> Refused | None:
    """``set_language {language}``: what the next flow begins with."""
    if draft.state.language != draft.args.get("language"):
        draft.emit("LanguageChanged", {"language": draft.args.get("language")})
    return None


def set_label(draft: Draft) -> Refused | None:
    """``set_label {label}``: the utilisation label of the queue places from now on, also of one that is there already;
    None takes it off."""
    label = draft.args.get("label")
    if draft.state.label_id != label:
        draft.emit("LabelChanged", {"label": label})
    return None
