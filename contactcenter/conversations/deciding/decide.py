"""``decide(state, command, at)``: events, or a refusal that says why (conversations.md §9).

One order decides every race: each command is held against the state that the one before it left. Asking for what is so
already is granted without an event.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from contactcenter.conversations.deciding import (
    beginning,
    callbacks,
    consults,
    flow,
    linking,
    offering,
    placing,
    talking,
    timers,
    transfers,
    wrapup,
)
from contactcenter.conversations.deciding.draft import Draft, Handler
from contactcenter.conversations.messages import Command, ConversationEvent, Refused
from contactcenter.conversations.settings import DEFAULTS, Settings
from contactcenter.conversations.state import Conversation

Senders = frozenset[str]
ADAPTER: Senders = frozenset({"adapter"})
EXECUTION: Senders = frozenset({"execution"})
ROUTING: Senders = frozenset({"routing"})
AGENT: Senders = frozenset({"user", "client"})
CLOCK: Senders = frozenset({"clock"})
BEGINNINGS = frozenset({"start", "create_callback"})
"""Commands that a conversation begins with."""


class Rule(msgspec.Struct, frozen=True):
    """How a command is taken: by which handler, from which kinds of actors, and when.

    ``own``: a user may send it for the own participant only. ``ended``: it is heard after the end too.
    """

    handler: Handler
    senders: Senders
    own: bool = False
    ended: bool = False


def _hang_up(draft: Draft) -> Refused | None:
    return flow.hang_up(draft) if draft.command.actor.kind == "execution" else talking.hang_up(draft)


COMMANDS: Mapping[str, Rule] = {
    # telephony, channels
    "start": Rule(beginning.start, ADAPTER, ended=True),
    "leg_alerting": Rule(beginning.leg_alerting, ADAPTER, ended=True),
    "leg_connected": Rule(beginning.leg_connected, ADAPTER, ended=True),
    "leg_failed": Rule(beginning.leg_failed, ADAPTER, ended=True),
    "leg_gone": Rule(beginning.leg_gone, ADAPTER, ended=True),
    "recording_state": Rule(talking.recording, ADAPTER | AGENT),
    # executions
    "enqueue": Rule(flow.enqueue, EXECUTION),
    "execution_ended": Rule(flow.execution_ended, EXECUTION, ended=True),
    "execution_faulted": Rule(flow.execution_faulted, EXECUTION, ended=True),
    "patch_routing": Rule(placing.queue_changed, EXECUTION | AGENT),
    "set_attributes": Rule(flow.set_attributes, EXECUTION | AGENT),
    "set_label": Rule(flow.set_label, EXECUTION),
    "set_language": Rule(flow.set_language, EXECUTION),
    "set_screen_pop": Rule(flow.set_screen_pop, EXECUTION),
    "set_tag": Rule(flow.set_tag, EXECUTION | AGENT, ended=True),
    # routing
    "offer": Rule(offering.offer, ROUTING),
    "offer_declined": Rule(offering.offer_ended, ROUTING, ended=True),
    "offer_timed_out": Rule(offering.offer_ended, ROUTING, ended=True),
    "offer_withdrawn": Rule(offering.offer_ended, ROUTING, ended=True),
    "item_expired": Rule(placing.item_expired, ROUTING, ended=True),
    "queue_deleted": Rule(placing.queue_deleted, ROUTING, ended=True),
    "queue_confirmed": Rule(placing.queue_confirmed, ROUTING, ended=True),
    "queue_refused": Rule(placing.queue_refused, ROUTING, ended=True),
    # agents
    "accept": Rule(offering.accept, AGENT | ROUTING),
    "decline": Rule(offering.decline, AGENT),
    "hold": Rule(talking.hold, AGENT | ADAPTER, own=True),
    "resume": Rule(talking.resume, AGENT | ADAPTER, own=True),
    "mute": Rule(talking.mute, AGENT, own=True),
    "unmute": Rule(talking.mute, AGENT, own=True),
    "confine": Rule(talking.mute, AGENT, own=True),
    "unconfine": Rule(talking.mute, AGENT, own=True),
    "secure_pause": Rule(talking.secure_pause, AGENT, own=True),
    "dtmf": Rule(talking.dtmf, AGENT, own=True),
    "hangup": Rule(_hang_up, AGENT | EXECUTION, own=True, ended=True),
    "transfer": Rule(transfers.transfer, AGENT | EXECUTION, own=True),
    "consult": Rule(consults.consult, AGENT, own=True),
    "conference": Rule(consults.consult, AGENT, own=True),
    "consult_update": Rule(consults.update, AGENT, own=True),
    "consult_complete": Rule(consults.complete, AGENT, own=True),
    "consult_cancel": Rule(consults.cancel, AGENT, own=True),
    "wrapup": Rule(wrapup.save, AGENT, own=True, ended=True),
    "wrapup_done": Rule(wrapup.done, AGENT, own=True, ended=True),
    "wrapup_extend": Rule(wrapup.extend, AGENT, own=True, ended=True),
    "wrapup_request": Rule(wrapup.request, AGENT, own=True),
    "link": Rule(linking.link, AGENT | frozenset({"resolution"}), ended=True),
    "unlink": Rule(linking.unlink, AGENT, ended=True),
    # callbacks
    "create_callback": Rule(callbacks.create, AGENT | EXECUTION),
    "callback_created": Rule(callbacks.asked_for, AGENT | EXECUTION),
    "cancel_callback": Rule(callbacks.cancel, AGENT, ended=True),
    "dial": Rule(callbacks.dial, AGENT | CLOCK, own=True),
    "reschedule": Rule(callbacks.reschedule, AGENT),
    # supervisors and clients
    "disconnect": Rule(talking.end, AGENT),
    "end": Rule(talking.end, AGENT),
    "end_wrapup": Rule(wrapup.expire, AGENT, ended=True),
    # clock
    "timer": Rule(timers.timer, CLOCK, ended=True),
}
"""All commands that a conversation takes."""


def decide(
    state: Conversation | None, command: Command, at: int, settings: Settings = DEFAULTS
) -> tuple[ConversationEvent, ...] | Refused:
    """What a command does to a conversation at a time (UTC ms); nothing (``()``) when it is so already."""
    draft = Draft(state, command, at, settings)
    refused = _taken(draft)
    if refused is None:
        return tuple(draft.events)
    expected = command.expected_rev
    if refused.code == "wrong_state" and state is not None and expected is not None and expected < state.rev:
        return replace(refused, code="stale_revision")
    return refused


def _taken(draft: Draft) -> Refused | None:
    command, state = draft.command, draft.before
    rule = COMMANDS.get(command.name)
    if rule is None:
        return draft.refuse("wrong_state", f'a conversation knows no command "{command.name}"')
    if command.actor.kind not in rule.senders:
        return draft.refuse("forbidden", f'"{command.name}" is not for {command.actor.kind}')
    if state is None:
        if command.name not in BEGINNINGS:
            return draft.refuse("unknown_target", f"there is no conversation {command.conversation}")
        return rule.handler(draft)
    if state.state != "open" and not rule.ended:
        return draft.refuse("conversation_ended", "the conversation has ended")
    refused = _holds(draft) or _is_own(draft, own=rule.own)
    return refused or rule.handler(draft)


def _holds(draft: Draft) -> Refused | None:
    """An execution acts only while it holds the media, under the epoch it got them with."""
    command, media = draft.command, draft.state.media
    if command.actor.kind != "execution" or command.name in ("execution_ended", "execution_faulted"):
        return None
    if draft.state.state != "open":
        return draft.refuse("conversation_ended", "the conversation has ended")
    stale = command.epoch is not None and command.epoch != media.epoch
    if media.execution != command.actor.id or stale:
        return draft.refuse("not_holder", "the media are held by somebody else")
    return None


def _is_own(draft: Draft, *, own: bool) -> Refused | None:
    """Fill in whom a user speaks for, and refuse what is somebody else's."""
    command = draft.command
    if command.actor.kind != "user":
        return None
    mine = draft.state.by_user(command.actor.id)
    if command.participant is None:
        if mine is not None:
            draft.command = replace(command, participant=mine.id)
        return (
            draft.refuse("not_participant", "you do not take part in this conversation")
            if own and mine is None
            else None
        )
    named = draft.state.participant(command.participant)
    if named is None or (own and named.user_id != command.actor.id):
        return draft.refuse("not_participant", "this is not your part of the conversation")
    return None
