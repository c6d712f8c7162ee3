"""Telephones in this process, on a clock in the hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from channels.telephony import LocalBridges, ScriptedCaller, WebPhone, WebPhoneSession, spoken_ms
from channels.telephony.webphone import PATIENCE_MS
from interpreter.clock import LoopClock
from interpreter.commands import Silence, Text
from simulator.virtual_loop import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


@pytest.fixture
def clock(loop: VirtualLoop) -> LoopClock:
    return LoopClock(loop)


def say(text: str) -> tuple[Text, ...]:
    return (Text(text, "en-us"),)


def test_a_prompt_takes_as_long_as_it_takes_to_say() -> None:
    assert spoken_ms(say("Hello"), 60) == 300 + 5 * 60
    assert spoken_ms((*say("Hello"), Silence(2_000)), 0) == 2_000


def test_what_one_says_in_a_bridge_the_other_hears(clock: LoopClock) -> None:
    ada, caller = ScriptedCaller(clock, []), ScriptedCaller(clock, [])
    LocalBridges().join("b", {"a": ada, "c": caller})
    ada.say("Hello")
    assert caller.lines == [("connected", "caller"), ("caller", "Hello")]
    assert ("caller", "Hello") not in ada.lines


def test_a_closed_bridge_carries_nothing(clock: LoopClock) -> None:
    ada, caller, bridges = ScriptedCaller(clock, []), ScriptedCaller(clock, []), LocalBridges()
    bridges.join("b", {"a": ada, "c": caller})
    bridges.part("b")
    heard = list(caller.lines)
    ada.say("Hello")
    assert caller.lines == heard


def test_a_scripted_caller_presses_when_it_has_heard_what_it_waits_for(loop: VirtualLoop, clock: LoopClock) -> None:
    pressed: list[str] = []
    caller = ScriptedCaller(clock, [{"hear": "press 1"}, {"press": "1"}], pace=0)
    caller.media.pressed = pressed.append  # type: ignore[method-assign]
    caller.start()
    loop.run_until_complete(asyncio.sleep(1))
    assert pressed == []
    caller.hears(say("Please press 1."))
    loop.run_until_complete(asyncio.sleep(1))
    assert pressed == ["1"]


def test_lines_are_told_as_they_happen(loop: VirtualLoop, clock: LoopClock) -> None:
    told: list[tuple[str, str]] = []
    caller = ScriptedCaller(clock, [{"hang up": True}], on_line=lambda who, text: told.append((who, text)))
    caller.start()
    loop.run_until_complete(asyncio.sleep(1))
    assert told == caller.lines == [("caller", "hangs up")]


# The web phone.


async def heard(session: WebPhoneSession, after: int = 0) -> list[tuple[int, str]]:
    """What a page that connects hears at once."""
    found: list[tuple[int, str]] = []

    async def listen() -> None:
        async for event in session.listen(after):
            found.append((event.id, event.type))

    task = asyncio.ensure_future(listen())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return found


def test_a_page_that_connects_again_hears_only_what_it_missed(loop: VirtualLoop, clock: LoopClock) -> None:
    session = WebPhoneSession(clock)
    session.tell("say", text="one")
    first = loop.run_until_complete(heard(session))
    session.tell("say", text="two")
    missed = loop.run_until_complete(heard(session, after=first[-1][0]))
    assert (len(first), len(missed)) == (1, 1)
    assert missed[0][0] > first[0][0]


def test_events_of_a_call_that_was_taken_up_come_after_those_from_before(loop: VirtualLoop, clock: LoopClock) -> None:
    async def place(session: WebPhoneSession, number: str, dialled: str) -> str:
        return "call"

    before = WebPhoneSession(clock)
    before.tell("say", text="one")
    last = loop.run_until_complete(heard(before))[-1][0]
    loop.run_until_complete(asyncio.sleep(1))
    after = WebPhone(clock, place).take_up("call")
    after.tell("music", name="x")
    assert [kind for _, kind in loop.run_until_complete(heard(after, after=last))] == ["music"]


def test_a_call_whose_page_is_gone_ends_after_half_a_minute(loop: VirtualLoop, clock: LoopClock) -> None:
    session = WebPhoneSession(clock)
    loop.run_until_complete(asyncio.sleep(PATIENCE_MS / 1000 - 1))
    assert not session.over
    loop.run_until_complete(asyncio.sleep(2))
    assert session.over


def test_a_call_goes_on_as_long_as_a_page_listens(loop: VirtualLoop, clock: LoopClock) -> None:
    session = WebPhoneSession(clock)

    async def listen() -> None:
        async for _ in session.listen():
            pass

    async def scene() -> bool:
        task = asyncio.ensure_future(listen())
        await asyncio.sleep(10 * PATIENCE_MS / 1000)
        gone = session.over
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return gone

    assert not loop.run_until_complete(scene())
