"""All conversations, for any node of an installation (DESIGN.md "Many machines").

A call is decided for on the node that it comes in on. Commands from everywhere else are carried there, and sent again
with the same ``command_id``, to whoever decides then, when no answer comes. Reads are answered from what was read
along.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

import msgspec

from contactcenter.conversations.case import Then
from contactcenter.conversations.elsewhere import Elsewhere
from contactcenter.conversations.homes import Held
from contactcenter.conversations.messages import Answer, Command, Done, Refused
from contactcenter.conversations.recovery import Legs, Recovery
from contactcenter.conversations.service import NOT_OWNER, Conversations
from contactcenter.conversations.state import Conversation
from contactcenter.conversations.writing import pause
from contactcenter.routing.shared import Carry
from interpreter.ports import Clock
from store import StoreError

log = logging.getLogger(__name__)

PATIENCE_MS = 5_000
"""How long a command looks for the node that decides: a few leases."""

FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 25, 200
RENEWALS = 3
"""How often a lease is renewed within its time."""

_ANSWER: Any = Done | Refused  # the tagged union as msgspec takes it

Dropped = Callable[[list[str]], None]
"""``dropped(conversations)``: another node has them now; what was alive of them here is to end without a word."""


class Tenants(Protocol):
    """What else is at home somewhere and moves with its home: workflows."""

    async def take_up(self, home: str) -> None:
        """This node has the home now."""

    def drop(self, home: str) -> None:
        """Another node has the home now."""

    def live_in(self, home: str) -> bool:
        """Whether there are any in a home of this node."""

    def homes_of_all(self) -> set[str]:
        """All homes that have any, on whatever node. Blocks."""


class SharedConversations:
    """A node's part in all conversations: decides for those of its homes (``local``), and finds the others."""

    def __init__(self, local: Conversations, carry: Carry, tenants: Tenants, *, legs: Legs, dropped: Dropped) -> None:
        self.tenants = tenants
        self.local = local
        self.homes = local.homes
        self.elsewhere = Elsewhere(local.store)
        self._carry = carry
        self._legs, self._dropped = legs, dropped
        self._clock: Clock = local.around.clock
        self._lease_ms = self.homes.ownership.lease_ms
        self._taking: dict[str, asyncio.Task[None]] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._renewed = 0
        self.around = local.around
        self.call = local.call
        self.subscribe = local.subscribe
        self.state = local.state
        self.read = local.read
        local.elsewhere = self.post
        self._sending: set[asyncio.Task[None]] = set()

    # Its life.

    async def start(self) -> None:
        """Begin a home, and take up the conversations of homes that nobody has."""
        await self._settle_in()
        free = {state.home for state in await asyncio.to_thread(self.local.stored)}
        free |= await asyncio.to_thread(self.tenants.homes_of_all)
        free.update(await asyncio.to_thread(self.homes.look))
        await asyncio.gather(*(self._take_over(home) for home in free if not self._is_somebodys(home)))
        self._keeping = asyncio.create_task(self._keep())

    def _is_somebodys(self, home: str) -> bool:
        return home in self.homes.held or home in self.homes.others

    async def close(self) -> None:
        """Finish what was begun and let others take over; open conversations stay as they are stored."""
        for task in (self._keeping, *self._taking.values()):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self.local.close()
        for held in tuple(self.homes.held.values()):
            empty = self._is_empty(held.name)
            with contextlib.suppress(StoreError):
                if not empty:
                    await asyncio.to_thread(self.homes.renew, held, self._clock.now())
                await asyncio.to_thread(self.homes.leave, held, empty=empty)

    async def _settle_in(self) -> None:
        held = await asyncio.to_thread(self.homes.begin, str(uuid4()), self._clock.now())
        assert held is not None, "the name of a new home is new"
        self.homes.own, self.homes.held[held.name] = held.name, held

    # Leases.

    async def _keep(self) -> None:
        """Renew what is ours and look at what is the others': some times a lease, and when one of theirs runs out."""
        while True:
            await self._pause_until_due()
            try:
                await self._renew()
                await self._look()
            except StoreError as error:
                log.warning("the leases of conversations cannot be read: %s", error)

    async def _pause_until_due(self) -> None:
        wait = self._lease_ms // RENEWALS
        left = [lease.left + 1 for lease in self.homes.others.values()]
        await self._pause(max(1, min(wait, *left)) if left else wait)

    async def _renew(self) -> None:
        now = self._clock.now()
        if now - self._renewed < self._lease_ms // RENEWALS:
            return
        for held in tuple(self.homes.held.values()):
            if not await asyncio.to_thread(self.homes.renew, held, now):
                self._lose(held)
        self._renewed = now
        if self.homes.own not in self.homes.held:
            await self._settle_in()
        await self._leave_empty_homes()

    def _lose(self, held: Held) -> None:
        """This node was away for longer than its lease, and another one has taken over."""
        log.warning("the conversations of home %s are another node's now", held.name)
        del self.homes.held[held.name]
        self._dropped(self.local.drop(held.name))
        self.tenants.drop(held.name)

    async def _leave_empty_homes(self) -> None:
        for held in tuple(self.homes.held.values()):
            if held.settled and held.name != self.homes.own and self._is_empty(held.name):
                del self.homes.held[held.name]
                await asyncio.to_thread(self.homes.leave, held, empty=True)

    def _is_empty(self, home: str) -> bool:
        return not self.tenants.live_in(home) and all(state.home != home for state in self.local.open())

    async def _look(self) -> None:
        for home in await asyncio.to_thread(self.homes.look):
            if home not in self._taking:
                task = self._taking[home] = asyncio.create_task(self._take_over(home))
                task.add_done_callback(lambda _, home=home: self._taking.pop(home, None))  # type: ignore[misc]
        if self._is_alone:
            self.elsewhere.forget()
        else:
            await self.elsewhere.catch_up()

    @property
    def _is_alone(self) -> bool:
        """Whether this node decides for everything; after a lease may have run out (it hung) it does not know."""
        return not self._taking and self.homes.has_all(self._clock.now())

    async def _take_over(self, home: str) -> None:
        held = None
        try:
            held = await asyncio.to_thread(self.homes.take, home, self._clock.now())
            if held is not None:
                self.homes.held[home] = held
                taken = await Recovery(self.local, held).run(self._legs)
                if self.homes.held.get(home) is held:
                    await self.tenants.take_up(home)
                log.info("home %s with %s open conversations is this node's now", home, taken)
        except Exception as error:  # whatever it is, the home must not stay with a node that cannot have it
            log.warning("home %s cannot be taken over yet: %s", home, error, exc_info=not isinstance(error, StoreError))
            if held is not None and self.homes.held.get(home) is held:
                self._lose(held)

    # The face.

    def open(self) -> tuple[Conversation, ...]:
        """All conversations that are not closed, on any node; those of others as of the last ``fresh``."""
        ours = {state.id: state for state in self.local.open() if self.local.is_current(state)}
        theirs = (state for state in self.elsewhere.states.values() if state.id not in ours)
        return (*ours.values(), *theirs)

    async def fresh(self) -> None:
        """Whatever any node has committed before is in ``open`` afterwards."""
        if not self._is_alone:
            await self.elsewhere.catch_up()

    def post(self, command: Command, then: Then | None = None) -> None:
        """Send a command; ``then`` gets its answer."""
        if self.local.has(command.conversation):
            self.local.post(command, then)
            return

        async def send() -> None:
            answer = await self.send(command)
            if then is not None:
                then(answer)

        task = asyncio.get_running_loop().create_task(send())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def send(self, command: Command) -> Answer:
        """Have a command carried out by whoever decides; the same ``command_id`` gives the same answer, once.

        ``Refused("unavailable")`` when nobody could be asked for some leases. Never raises for what a sender did.
        """
        deadline, pause = self._clock.now() + PATIENCE_MS, FIRST_PAUSE_MS
        while True:
            answer = await self._try(command, deadline)
            if answer != NOT_OWNER:
                return answer
            if self._clock.now() + pause >= deadline:
                return Refused("unavailable", "nobody answers for this conversation at the moment")
            await self._pause(pause)
            pause = min(2 * pause, LONGEST_PAUSE_MS)
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self.homes.look)

    async def _try(self, command: Command, deadline: int) -> Answer:
        try:
            address = await self.address_of(command.conversation)
        except StoreError as error:
            return Refused("unavailable", str(error))
        if address is None:
            return await self.local.send(command)
        if not address:
            return NOT_OWNER
        patience = min(deadline - self._clock.now(), self._lease_ms)  # after that, somebody else may decide
        try:
            told = await self._carry(address, msgspec.json.encode(command), max(1, patience))
            answer: Answer = msgspec.json.decode(told, type=_ANSWER)
        except (OSError, TimeoutError, msgspec.MsgspecError) as error:
            log.info("%s does not answer for conversation %s: %s", address, command.conversation, error)
            return NOT_OWNER
        return answer

    async def address_of(self, conversation: str) -> str | None:
        """Where a conversation is decided: None for here, empty when nobody does at the moment. Raises ``StoreError``.

        One that is closed, or that nobody knows, is decided here as well as anywhere.
        """
        known = None if self.local.has(conversation) else self.elsewhere.states.get(conversation)
        state = known or await self.local.read(conversation)
        if state is None or state.state == "closed" or self.homes.holds(state.home, self._clock.now()):
            return None
        return self.homes.address(state.home)

    async def find(self, conversation: str) -> str | None:
        """As ``address_of``, after a while for the conversation to be taken over if nobody decides for it."""
        until = self._clock.now() + PATIENCE_MS
        while (address := await self.address_of(conversation)) == "" and self._clock.now() < until:
            await self._pause(LONGEST_PAUSE_MS)
        return address

    async def answer(self, body: bytes) -> bytes:
        """What another node gets for the command that it has carried here."""
        try:
            command = msgspec.json.decode(body, type=Command)
        except msgspec.MsgspecError as error:
            return msgspec.json.encode(Refused("error", f"no command can be read: {error}"))
        here = await self.address_of(command.conversation) is None
        return msgspec.json.encode(await self.local.send(command) if here else NOT_OWNER)

    async def _pause(self, ms: int) -> None:
        await pause(self._clock, ms)
