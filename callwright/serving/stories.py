"""The stories of a node's live calls: event lines from what flows do, what happens to conversations, and what is logged
(authoring.md §8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from callwright.numbers import bare
from callwright.serving.cards import KIND
from callwright.story import CallStory, Sink, Told, wire_time
from contactcenter.conversations import Conversation, ConversationEvent, Interaction
from contactcenter.customers import Link
from interpreter.ports import Clock
from web.desk.screenpop import Pop

_OFFERS = {"accepted": "offer.accepted", "declined": "offer.declined", "timed_out": "offer.expired"}
_ENDS = {"endpoint": ("hangup", "caller"), "peer": ("hangup", "agent"), "client": ("hangup", "agent")}


class LiveStories:
    """Tells of every call of a node, a line as soon as it happened.

    ``agent`` gives an agent's name by id, ``pop`` the record that the desk opens for a conversation.
    """

    def __init__(self, tell: Sink, clock: Clock, agent: Callable[[str], str], *, verbose: bool = False) -> None:
        self.tell = tell
        self.clock = clock
        self.agent = agent
        self.verbose = verbose
        self.pop: Callable[[Conversation], Pop] | None = None
        self._stories: dict[str, CallStory] = {}

    def story(self, call: str) -> CallStory:
        """The story of one call, begun when it is first heard of."""
        if call not in self._stories:
            self._stories[call] = CallStory(call, self.tell, self.verbose)
        return self._stories[call]

    def traced(self, conversation: str, execution: str, element: Mapping[str, Any]) -> None:
        """A flow has done something (``Surroundings.traced``)."""
        self.story(conversation).traced(element)

    def heard(self, event: ConversationEvent, state: Conversation) -> None:
        """Something has happened to a conversation, durably (``Conversations.subscribe``)."""
        story = self.story(state.id)
        for name, fields in self._meanings(event, state):
            story.line(name, event.at, **fields)

    def logged(self, interaction: Interaction, link: Link | None) -> None:
        """A call is in its contact's history (``CustomerLinks``)."""
        story = self.story(interaction.conversation_id)
        del self._stories[story.call]
        record = KIND + link.contact_id if link is not None else None
        story.line("interaction.logged", self.clock.now(), record=record, interaction=interaction.conversation_id)

    def _meanings(self, event: ConversationEvent, state: Conversation) -> Iterator[Told]:
        match event.type:
            case "ConversationStarted" if state.callback is not None:
                callback = state.callback
                place, due = callback.place, wire_time(callback.due)
                yield "callback.requested", {"number": callback.number, "queue": place.queue_name, "due": due}
            case "LegAdded" if state.callback is not None:
                yield "callback.dialled", {"number": state.callback.number, "attempt": state.callback.attempts}
            case "ConversationStarted":
                flow = state.executions[0].flow if state.executions else None
                yield "call.received", {"from": bare(state.ani or ""), "to": bare(state.dnis or ""), "flow": flow}
            case "OfferMade":
                offer = event.data["offer"]
                made = self._offer(state, offer["agent_id"], offer["reservation_id"])
                yield "offer.made", {**made, "expires": wire_time(offer["deadline"])}
            case "OfferEnded" if event.data["how"] in _OFFERS:
                fields = self._offer(state, event.data["agent_id"], event.data["reservation_id"])
                yield _OFFERS[event.data["how"]], fields
            case "ScreenPop" if "agent" in event.data:
                yield "screen.popped", {"agent": self.agent(event.data["agent"]), **self._popped(event, state)}
            case "WrapupSaved" if not event.data.get("provisional"):
                user = state.participant(event.participant)
                agent = self.agent(user.user_id) if user is not None and user.user_id else None
                note = event.data.get("notes") or ""
                yield "wrapup.completed", {"agent": agent, "code": event.data.get("name"), "note": note}
            case "ConversationEnded":
                end, by = _end(event.data, state)
                yield (
                    "call.ended",
                    {
                        "end": end,
                        "by": by,
                        "outcome": event.data["outcome"],
                        "duration_ms": event.at - state.start,
                    },
                )

    def _popped(self, event: ConversationEvent, state: Conversation) -> dict[str, Any]:
        if self.pop is None:
            return {"record": event.data.get("record"), "reason": event.data.get("reason")}
        pop = self.pop(state)
        return {"record": pop.target if pop.kind == "record" else None, "reason": pop.reason}

    def _offer(self, state: Conversation, agent: str, reservation: str) -> dict[str, Any]:
        entry = state.queue_entry or state.last_place
        place = entry.place if entry is not None else None
        data = state.attributes
        return {
            "queue": place.queue_name if place else None,
            "agent": self.agent(agent),
            "skills": list(place.skill_names) if place else [],
            "language": place.language_name if place else None,
            "priority": place.priority if place else 0,
            "tier": data.get("crm.tier"),
            "name": data.get("crm.name"),
            "record": state.crm_record,
            "offer": reservation,
        }


def _end(data: Mapping[str, Any], state: Conversation) -> tuple[str, str | None]:
    """How and by whom, in the words of event lines."""
    if data["outcome"] == "self_service":
        return "disconnect", "flow"
    if data["outcome"] == "transferred_out":
        return "number", "flow"
    if data["outcome"] == "failed":
        return "error", None
    return _ENDS.get(str(data.get("disconnect_type")), ("hangup", None))
