"""What becomes of a queue place that routing changes, confirms, refuses or takes away (conversations.md §7)."""

from __future__ import annotations

from contactcenter.conversations.deciding.connecting import transfer_failed
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import close_transfer, end_conversation, leave_queue, withdraw_offer
from contactcenter.conversations.deciding.queueing import fall_back
from contactcenter.conversations.messages import Refused


def queue_changed(draft: Draft) -> Refused | None:
    """``patch_routing {place}``: routing has been told already, the conversation notes it."""
    entry = draft.state.queue_entry
    if entry is None:
        return draft.refuse("wrong_state", "the conversation waits in no queue")
    draft.emit("QueueChanged", {"place": draft.args.get("place") or {}}, participant=entry.participant_id)
    return None


def queue_confirmed(draft: Draft) -> Refused | None:
    """``queue_confirmed {entry_id, enqueued_at}``: routing has taken the item of an entry made by a transfer."""
    entry = draft.state.queue_entry
    if entry is None or entry.entry_id != draft.args.get("entry_id") or entry.confirmed:
        return None
    at = draft.args.get("enqueued_at", entry.enqueued_at)
    draft.emit("QueueChanged", {"enqueued_at": at}, participant=entry.participant_id)
    return None


def queue_refused(draft: Draft) -> Refused | None:
    """``queue_refused {entry_id, code}``: routing does not take the item of an entry made by a transfer."""
    entry = draft.state.queue_entry
    if entry is None or entry.entry_id != draft.args.get("entry_id"):
        return None
    former = draft.state.last_place
    leave_queue(draft, "refused")
    if draft.state.running is not None:
        draft.end_execution("refused")
    if draft.state.open_transfer is not None:
        # The queue that was left is now the refused one; the transfer goes back to the one before, if there was one.
        _back_before(draft, former is not None and former.place.queue_id != entry.place.queue_id)
    else:
        end_conversation(draft, "transfer.notavailable", "failed")
    return None


def _back_before(draft: Draft, elsewhere: bool) -> None:
    if elsewhere:
        transfer_failed(draft, "Failed")
        return
    close_transfer(draft, "Failed")
    end_conversation(draft, "transfer.notavailable", "failed")


def queue_deleted(draft: Draft) -> Refused | None:
    """``queue_deleted {queue}``: the queue is gone while somebody waits in it; the number's fallback takes over."""
    entry = draft.state.queue_entry
    if entry is None or entry.place.queue_id != draft.args.get("queue"):
        return None
    withdraw_offer(draft, "withdrawn", "transfer.notavailable")
    leave_queue(draft, "refused")
    if draft.state.running is not None:
        draft.end_execution("refused")
    fallback = draft.state.fallback
    if fallback is not None and fallback.queue is not None and fallback.queue.queue_id == entry.place.queue_id:
        end_conversation(draft, "transfer.notavailable", "failed")
    else:
        fall_back(draft)
    return None


def item_expired(draft: Draft) -> Refused | None:
    """``item_expired``: the longest wait is over."""
    if draft.state.queue_entry is not None:
        end_conversation(draft, "timeout", "expired", reason="expired")
    return None
