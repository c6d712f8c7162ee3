"""What follows from durable events in this process: legs, prompts, bridges, executions (conversations.md §0.5, §4).

Everything here happens after the commit. The old holder of the media is silenced before the new one speaks, in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contactcenter.conversations.case import Case, LegListener
from contactcenter.conversations.executions import ExecutionDocuments, Parked
from contactcenter.conversations.ids import derived
from contactcenter.conversations.lines import Bridges, Devices, Directory, Leg, Programs, Waiting
from contactcenter.conversations.messages import Actor, Answer, Command, ConversationEvent, Refused
from contactcenter.conversations.ports import ConversationRequests, RoutingRequests
from contactcenter.conversations.seat import Seat, SeatedHost, SeatedMedia
from contactcenter.conversations.settings import Settings
from contactcenter.conversations.state import EVERYBODY, Conversation, ExecutionRecord
from interpreter.commands import Background, End, HangUp, Text
from interpreter.execution import Execution, Ports
from interpreter.media import LiveMedia
from interpreter.ports import Clock, RequestPort
from interpreter.step import Executable
from store import Fence

HOLD_MUSIC = "PromptSystem.on_hold_music"
Traced = Callable[[str, str, Mapping[str, Any]], None]
"""``traced(conversation, execution, element)``."""


@dataclass(slots=True)
class Surroundings:
    """What conversations are wired to; ``requests`` are further ports of executions (data actions, look-ups ...)."""

    clock: Clock
    programs: Programs
    directory: Directory
    devices: Devices
    bridges: Bridges
    requests: Mapping[str, RequestPort]
    waiting: Waiting | None = None
    traced: Traced | None = None
    executions: ExecutionDocuments | None = None


class Effects:
    """Carries out what events ask for."""

    def __init__(
        self,
        around: Surroundings,
        settings: Settings,
        post: Callable[[Command, Callable[[Answer], None] | None], None],
        new_id: Callable[[], str],
        fence: Callable[[str], Fence],
    ) -> None:
        self.fence = fence
        self.around = around
        self.settings = settings
        self.post = post
        self.new_id = new_id
        self._handlers: Mapping[str, Callable[[Case, ConversationEvent, Conversation | None], None]] = {
            "ParticipantAdded": self._participant_added,
            "LegAdded": self._participant_added,
            "LegChanged": self._leg_changed,
            "CallbackCreated": self._callback_created,
            "OfferMade": self._offer_made,
            "ExecutionStarted": self._execution_started,
            "ExecutionFaulted": self._execution_faulted,
            "MediaHeld": self._media_held,
            "Bridged": self._bridged,
            "TransferChanged": self._transfer_changed,
            "ConversationEnded": self._ended,
        }

    def carry_out(self, case: Case, events: Iterable[ConversationEvent], before: Conversation | None) -> None:
        """Everything that a commit's events ask for, in their order."""
        self._part(case, before)
        for event in events:
            handler = self._handlers.get(event.type)
            if handler is not None:
                handler(case, event, before)

    def _part(self, case: Case, before: Conversation | None) -> None:
        """A bridge that does not hold the media any more is taken down first."""
        bridge = before.media.bridge if before is not None else None
        if bridge is not None and case.state is not None and case.state.media.bridge != bridge:
            self.around.bridges.part(bridge)

    # Legs.

    def attach(self, case: Case, identity: str, leg: Leg) -> LegListener:
        """Hold a leg and hear it."""
        listener = self.listener(case, identity)
        leg.media.listener = listener
        case.legs[identity] = leg
        return listener

    def listener(self, case: Case, identity: str) -> LegListener:
        """What hears a leg."""
        return LegListener(case, identity, lambda command: self.post(command, None), self.new_id)

    def _participant_added(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        """A leg that begins by dialling: a third party's, or a call of a callback."""
        state = case.state
        participant = state.participant(event.participant) if state else None
        leg = participant.leg if participant else None
        if state is None or participant is None or leg is None or leg.initial_state != "dialing":
            return
        called = state.callback.number if state.callback and participant.purpose == "customer" else participant.address
        if called:
            report = self.listener(case, leg.id)
            self._placed(case, leg.id, self.around.devices.dial(called, case.id, leg.id, report), report)

    def _placed(self, case: Case, identity: str, leg: Leg | None, report: LegListener) -> None:
        if leg is None:
            report.failed(identity, "uncallable")
        else:
            leg.media.listener = report
            case.legs[identity] = leg

    def _leg_changed(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        state, leg = event.data.get("state"), event.leg or ""
        participant = case.state.by_leg(leg) if case.state else None
        if state in ("contacting", "connected") and participant is not None and participant.user_id:
            self.ring(case, leg, participant.user_id)
        elif state == "disconnected":
            self._release(case, leg)

    def take_up(self, case: Case) -> None:
        """The legs of another process are here now: those in the bridge hear each other again."""
        state = case.state
        bridge = state.media.bridge if state is not None else None
        if state is None or bridge is None:
            return
        inside: dict[str, Leg] = {}
        for participant in state.talking(EVERYBODY):
            leg = participant.leg
            if leg is not None and leg.id in case.legs and not leg.held:
                inside[leg.id] = case.legs[leg.id]
        self.around.bridges.join(bridge, inside)

    def ring(self, case: Case, leg: str, user: str) -> None:
        """Place an agent's leg, once; after a restart with the same id again."""
        if leg not in case.legs:
            report = self.listener(case, leg)
            self._placed(case, leg, self.around.devices.place(user, case.id, leg, report), report)

    def _release(self, case: Case, identity: str) -> None:
        held = case.legs.get(identity)
        if held is None:
            return
        is_customer = held is case.customer_leg
        del case.legs[identity]
        if not held.media.ended:
            held.media.release()
            said = case.goodbye or (case.seat.hanging_up if case.seat else None)
            held.media.send(said if said is not None and is_customer else HangUp())

    def _offer_made(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        """Where the queue answers automatically, the offer is accepted for the agent (routing.md §12)."""
        offer = event.data["offer"]
        if offer.get("auto_answer"):
            reservation, agent = offer["reservation_id"], offer["agent_id"]
            accept = Command(
                command_id=derived(reservation, "auto"),
                conversation=case.id,
                name="accept",
                actor=Actor("user", agent),
                args={"reservation_id": reservation},
            )
            self.post(accept, None)

    def _callback_created(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        """An agent was faster than the flow that booked the callback (race 7)."""
        if case.state is not None and case.state.has_agent:
            self.cancel_callbacks(case.state)

    def cancel_callbacks(self, state: Conversation) -> None:
        """The caller has an agent now: nobody needs to call back any more. Repeating it is harmless."""
        for identity in state.callbacks:
            cancel = Command(
                command_id=derived(state.id, "connected_meanwhile", identity),
                conversation=identity,
                name="cancel_callback",
                actor=Actor("client"),
                args={"reason": "connected_meanwhile"},
            )
            self.post(cancel, None)

    # Who may be heard.

    def _media_held(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        self._hold(case.customer_leg, event.data.get("music"))

    def _hold(self, leg: Leg | None, music: str | None = None) -> None:
        if leg is not None and not leg.media.ended:
            leg.media.release()
            leg.media.send(Background(hold_music=music or HOLD_MUSIC))

    def _bridged(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        """Those in the bridge hear each other, everybody else who is connected hears hold audio."""
        assert case.state is not None
        if case.state.has_agent:
            self.cancel_callbacks(case.state)
        inside: dict[str, Leg] = {}
        for participant in case.state.participants:
            leg = participant.leg
            held = case.legs.get(leg.id) if leg is not None and participant.talking else None
            if held is None or leg is None:
                continue
            if participant.id in event.data["participants"]:
                held.media.release()
                held.media.queue.clear()
                held.media.send(Background(stop=True))
                inside[leg.id] = held
            else:
                self._hold(held)
        self.around.bridges.join(event.data["bridge_id"], inside)

    # Executions.

    def _execution_started(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        state = case.state
        if state is not None and state.running is not None and state.running.id == event.data["id"]:
            self.start(case, state, state.running)

    def start(self, case: Case, state: Conversation, record: ExecutionRecord, stored: Parked | None = None) -> None:
        """Start an execution, or take it up again from what was stored of it, after a restart."""
        executable = self._executable(state, record)
        caller = case.customer_leg
        if caller is not None:
            caller.media.release()
        seat = Seat(
            conversation=case.id,
            execution=record.id,
            epoch=state.media.epoch,
            state=lambda: case.state or state,
            post=self.post,
            directory=self.around.directory,
            live=caller.media if caller else None,
            now=self.around.clock.now,
        )
        case.seat = seat
        if executable is None:
            self._lost(seat, f'the flow "{record.flow}" is not published')
            return
        handed = {} if record.invocation is None else {"Flow.InvocationData": record.invocation}
        self._run(seat, executable, state, stored, handed)

    def _executable(self, state: Conversation, record: ExecutionRecord) -> Executable | None:
        programs = self.around.programs
        first = state.executions[0].id == record.id
        by_number = programs.for_number(state.dnis) if first and state.dnis else None
        fits = by_number is not None and by_number.program.flow == record.flow
        return by_number if fits else programs.named(record.flow)

    def _run(
        self,
        seat: Seat,
        executable: Executable,
        state: Conversation,
        stored: Parked | None,
        builtins: Mapping[str, str],
    ) -> None:
        live = seat.live
        media = SeatedMedia(seat) if live is not None else None
        requests: dict[str, RequestPort] = {
            **self.around.requests,
            "routing": RoutingRequests(seat),
            "conversation": ConversationRequests(seat),
        }
        host = SeatedHost(seat, self.around.waiting)
        executions = self.around.executions
        store = executions.under(self.fence(state.home)) if executions is not None else None
        ports = Ports(self.around.clock, media, requests, host, store)
        execution = Execution(seat.execution, executable, ports, _Ends(self, seat))
        seat.running = execution
        customer = state.customer
        if stored is not None:
            execution.resume(*stored)
            return
        execution.start(
            conversation=state.id,
            ani=state.ani,
            ani_name=customer.name if customer else None,
            dnis=state.dnis,
            language=state.language,
            attributes=state.attributes,
            builtins=builtins,
            seed=int(seat.execution.replace("-", "")[:15], 16),
        )

    def _lost(self, seat: Seat, detail: str, attributes: Mapping[str, str] | None = None) -> None:
        """A flow that cannot go on must not leave the caller in silence: the number's fallback takes over (§4)."""
        seat.running = None
        seat.hanging_up = None
        args = {"execution": seat.execution, "detail": detail, "attributes": dict(attributes or {})}
        seat.send("execution_faulted", args, key="faulted")

    def over(self, seat: Seat, end: End) -> None:
        """An execution has ended by itself: what it set is flushed with what it asked for last."""
        if seat.running is None:
            return  # stopped from outside: its buffer was taken then
        seat.running = None
        attributes = dict(end.attributes)
        if end.reason == "internal-error":
            self._lost(seat, "the flow machine failed", attributes)
            return
        if seat.hanging_up is None:
            args = {"execution": seat.execution, "how": end.how, "attributes": attributes}
            seat.send("execution_ended", args, key="ended")
            return

        def answered(answer: Answer) -> None:
            if not isinstance(answer, Refused):
                return
            seat.hanging_up = None
            if seat.holds and seat.live is not None:
                seat.live.send(Background(hold_music=HOLD_MUSIC))  # somebody is about to answer (race 5)

        seat.send("hangup", {"how": end.how, "attributes": attributes}, answered, "hangup")

    def _execution_faulted(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        """If the call ends with it, the caller hears why."""
        state = case.state
        if state is not None and state.end is not None:
            announcement = state.fallback.announcement if state.fallback else None
            case.goodbye = HangUp((Text(announcement or self.settings.default_fallback, "en-us"),))

    def _transfer_changed(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        """A flow that waits for its transfer hears how it ended."""
        seat = case.seat
        if seat is None or event.data["state"] in ("Pending", "Active"):
            return
        waiting = list(seat.transfers.values())
        seat.transfers.clear()
        for over in waiting:
            over(event.data["state"])

    def _ended(self, case: Case, event: ConversationEvent, _: Conversation | None) -> None:
        for identity in tuple(case.legs):
            self._release(case, identity)

    def say_and_hang_up(self, media: LiveMedia, words: str) -> None:
        """Tell a caller who cannot be served, and hang up."""
        media.send(HangUp((Text(words, "en-us"),)))


class _Ends:
    """Hears the end and the trace of an execution."""

    def __init__(self, effects: Effects, seat: Seat) -> None:
        self.effects = effects
        self.seat = seat

    def ended(self, execution: str, end: End) -> None:
        """The execution is over."""
        self.effects.over(self.seat, end)

    def traced(self, execution: str, element: Mapping[str, Any]) -> None:
        """One trace element."""
        if self.effects.around.traced is not None:
            self.effects.around.traced(self.seat.conversation, execution, element)
