"""How many customers are called at once (routing.md §15)."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contactcenter.conversations import CallbackRules, Conversation, Line, to_dial
from contactcenter.conversations.state import Callback, Leg, Participant, QueuePlace
from contactcenter.routing.configuration import Queue
from contactcenter.routing.signature import place_of

NOW = 1_800_000_000_000
STRICT = Queue(id="q", scoring_method="PriorityOnly")
place = partial(place_of, Queue(id="q"))
MINUTE = 60_000


def waiting(name: str, since: int = 0, *, priority: int = 0, leg: Leg | None = None, **rules: Any) -> Conversation:
    """A callback that could be dialled; ``leg`` is the call that is on its way already."""
    own = Leg(id="b", state="offering", initial_state="offering", media="callback")
    customer = Participant(id="p", purpose="customer", start=NOW, legs=(own, leg) if leg else (own,))
    place = QueuePlace(queue_id="q", queue_name="Q", priority=priority)
    wanted = CallbackRules(**{"customer_first": True, **rules})
    callback = Callback(numbers=("+1",), place=place, due=NOW, waits_since=NOW + since, rules=wanted)
    return Conversation(id=name, rev=1, start=NOW, media_type="callback", participants=(customer,), callback=callback)


DIALLING = Leg(id="c", state="dialing", initial_state="dialing", direction="outbound", media="call")
TALKING = Leg(id="c", state="connected", initial_state="dialing", direction="outbound", media="call")


def line(free: int, *waits: tuple[int, int], staffed: bool = True) -> Line:
    return Line([place(NOW + since, priority) for priority, since in waits], place, free, staffed)


def test_as_many_are_called_as_agents_are_free_the_oldest_first() -> None:
    assert to_dial([waiting("b", 2), waiting("a", 1), waiting("c", 3)], line(2)) == ["a", "b"]


def test_one_is_called_even_if_nobody_is_free_yet_but_none_while_nobody_works() -> None:
    assert to_dial([waiting("a"), waiting("b")], line(0)) == ["a"]
    assert to_dial([waiting("a")], line(0, staffed=False)) == []


def test_who_is_being_called_counts_and_who_talks_does_not() -> None:
    assert to_dial([waiting("x", leg=DIALLING), waiting("a")], line(1)) == []
    assert to_dial([waiting("x", leg=TALKING), waiting("a")], line(1)) == ["a"]


def test_callers_before_it_come_first_and_those_behind_it_do_not_matter() -> None:
    assert to_dial([waiting("a", 5)], line(1, (0, 1))) == []
    assert to_dial([waiting("a", 5)], line(1, (0, 9))) == ["a"]


def test_a_point_of_priority_is_a_minute_of_waiting() -> None:
    assert to_dial([waiting("a", MINUTE - 1, priority=1), waiting("b")], line(1)) == ["a"]
    assert to_dial([waiting("a", MINUTE + 1, priority=1), waiting("b")], line(1)) == ["b"]


def test_where_priority_alone_counts_no_waiting_makes_up_for_it() -> None:
    strict = partial(place_of, STRICT)
    callers = [strict(NOW - 100 * MINUTE, 0)]
    assert to_dial([waiting("a", priority=1), waiting("b", -200 * MINUTE)], Line(callers, strict, 1, True)) == ["a"]


def test_the_pace_makes_it_more_or_fewer() -> None:
    names = [waiting(name, number, pace=1.5) for number, name in enumerate("abcd")]
    assert to_dial(names, line(2)) == ["a", "b", "c"]
    assert to_dial([waiting("a", pace=0.5), waiting("b", 1, pace=0.5)], line(2)) == ["a"]


def test_agent_first_and_reserved_ones_are_routings_to_offer() -> None:
    assert to_dial([waiting("a", customer_first=False), waiting("b", reserve=True)], line(5)) == []


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 3), st.booleans()), max_size=12),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), max_size=6),
    st.integers(0, 6),
)
def test_never_too_many_and_never_out_of_order(
    asked: list[tuple[int, int, bool]], callers: list[tuple[int, int]], free: int
) -> None:
    states = [
        waiting(f"{number:02}", since, priority=priority, leg=DIALLING if busy else None)
        for number, (since, priority, busy) in enumerate(asked)
    ]
    found = to_dial(states, line(free, *callers))
    most = max(1, free)
    assert len(found) <= max(0, most - sum(busy for *_, busy in asked))
    # The naive way: everybody in one line, the first ones of which may be called.
    ready = [(place(NOW + s, p), f"{n:02}") for n, (s, p, busy) in enumerate(asked) if not busy]
    everybody = sorted([*ready, *((place(NOW + s, p), "~") for p, s in callers)])
    room = most - sum(busy for *_, busy in asked)
    naive = [name for _, name in everybody[: max(0, room)] if name != "~"]
    assert found == naive
