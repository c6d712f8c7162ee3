"""After-call work and wrap-up (routing.md §13, desk.md §8; races 16 and 19)."""

from __future__ import annotations

from msgspec.structs import replace

from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import Participant, Wrapup

TIMED = frozenset({"MANDATORY_TIMEOUT", "MANDATORY_FORCED_TIMEOUT", "AGENT_REQUESTED"})
EXTENDABLE = frozenset({"MANDATORY_TIMEOUT", "AGENT_REQUESTED"})
FORCED = "MANDATORY_FORCED_TIMEOUT"


def begin_wrapup(draft: Draft, identity: str) -> None:
    """Start an agent's after-call work, if the queue asks for it."""
    participant = draft.state.participant(identity)
    if participant is None or participant.connected is None or participant.wrapup_prompt is None:
        return
    if participant.wrapup_prompt == "AGENT_REQUESTED" and not participant.acw_requested:
        return
    data: dict[str, object] = {"prompt": participant.wrapup_prompt}
    if participant.wrapup_prompt in TIMED:
        data["deadline"] = draft.at + (participant.wrapup_timeout_ms or draft.settings.acw_timeout_ms)
    draft.emit("AcwStarted", data, participant=identity)


def close_if_over(draft: Draft) -> None:
    """Close a conversation that has ended, once no wrap-up is open."""
    if draft.state.state == "closing" and not draft.state.wrapup_open:
        draft.emit("ConversationClosed")


def save(draft: Draft) -> Refused | None:
    """``wrapup``: a code with notes, or a provisional draft; a code ends the work unless its time is fixed."""
    participant = _own(draft)
    if isinstance(participant, Refused):
        return participant
    wrapup = Wrapup(
        code=draft.args.get("code"),
        name=draft.args.get("name") or draft.args.get("code"),
        notes=draft.args.get("notes") or "",
        tags=tuple(draft.args.get("tags") or ()),
        provisional=bool(draft.args.get("provisional")),
    )
    if not wrapup.provisional and not wrapup.code:
        return draft.refuse("wrong_state", "a wrap-up needs a code; a draft is saved as provisional")
    acw = participant.acw
    if acw is not None and acw.state != "pending":
        return _correct(draft, participant, wrapup)
    draft.emit("WrapupSaved", wrapup, participant=participant.id)
    if acw is not None and not wrapup.provisional and participant.wrapup_prompt != FORCED:
        _end(draft, participant.id, "complete")
    return None


def _correct(draft: Draft, participant: Participant, wrapup: Wrapup) -> Refused | None:
    """A late wrap-up is a correction, for ``wrapup_edit_hours`` (conversations.md §3.2)."""
    acw = participant.acw
    limit = draft.settings.wrapup_edit_hours * 3_600_000
    if acw is None or acw.end is None or draft.at > acw.end + limit or wrapup.provisional:
        return draft.refuse("wrong_state", "the wrap-up is over and cannot be changed any more")
    before = participant.wrapup
    unchanged = before is not None and (before.code, before.notes, before.tags) == (
        wrapup.code,
        wrapup.notes,
        wrapup.tags,
    )
    if not unchanged:
        draft.emit(
            "Corrected", replace(wrapup, duration_s=before.duration_s if before else None), participant=participant.id
        )
    return None


def done(draft: Draft) -> Refused | None:
    """``wrapup_done``: the agent is ready again."""
    participant = _own(draft)
    if isinstance(participant, Refused):
        return participant
    if participant.acw is None:
        return draft.refuse("wrong_state", "no wrap-up is open")
    if participant.acw.state != "pending":
        return None
    has_code = participant.wrapup is not None and participant.wrapup.code and not participant.wrapup.provisional
    if participant.wrapup_prompt == FORCED:
        return draft.refuse("wrong_state", "this wrap-up lasts its full time")
    if participant.needs_code and not has_code:
        return draft.refuse("wrong_state", "a wrap-up code has to be chosen first")
    if has_code:
        _end(draft, participant.id, "complete")
    else:
        _save_without_code(draft, participant, draft.settings.wrapup_skipped_code)
        _end(draft, participant.id, "skipped")
    return None


def request(draft: Draft) -> Refused | None:
    """``wrapup_request``: the agent asks for wrap-up time while talking (mode AGENT_REQUESTED)."""
    participant = _own(draft)
    if isinstance(participant, Refused):
        return participant
    wanted = draft.args.get("requested", True) is True
    if not participant.talking:
        return draft.refuse("wrong_state", "wrap-up time is asked for during the conversation")
    if participant.acw_requested != wanted:
        draft.emit("AcwRequested", {"requested": wanted}, participant=participant.id)
    return None


def extend(draft: Draft) -> Refused | None:
    """``wrapup_extend``: a little more time, once."""
    participant = _own(draft)
    if isinstance(participant, Refused):
        return participant
    acw = participant.acw
    if acw is None or acw.state != "pending" or acw.deadline is None or participant.wrapup_prompt not in EXTENDABLE:
        return draft.refuse("wrong_state", "this wrap-up has no time that could be extended")
    if acw.extended >= draft.settings.acw_max_extends:
        return draft.refuse("limit", "the wrap-up has been extended already")
    deadline = acw.deadline + draft.settings.acw_extend_s * 1000
    draft.emit("AcwExtended", {"deadline": deadline}, participant=participant.id)
    return None


def expire(draft: Draft) -> Refused | None:
    """``end_wrapup`` by a supervisor, or the end of its time: the last draft is kept, with the time-out code."""
    participant = draft.state.participant(draft.command.participant)
    if participant is None or participant.acw is None or participant.acw.state != "pending":
        return None
    has_code = participant.wrapup is not None and participant.wrapup.code is not None
    if not has_code or (participant.wrapup is not None and participant.wrapup.provisional):
        _save_without_code(draft, participant, draft.settings.wrapup_timeout_code)
    _end(draft, participant.id, "complete")
    return None


def _save_without_code(draft: Draft, participant: Participant, code: str) -> None:
    text = participant.wrapup or Wrapup()
    draft.emit("WrapupSaved", replace(text, code=code, name=code, provisional=False), participant=participant.id)


def _end(draft: Draft, identity: str, state: str) -> None:
    draft.emit("AcwEnded", {"state": state}, participant=identity)
    close_if_over(draft)


def _own(draft: Draft) -> Participant | Refused:
    participant = draft.state.participant(draft.command.participant)
    if participant is None:
        return draft.refuse("not_participant", "wrap-up belongs to an agent of the conversation")
    if participant.acw is None and not participant.talking:
        return draft.refuse("wrong_state", "there is nothing to wrap up")
    return participant
