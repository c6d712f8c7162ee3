"""Callbacks at the desk, on a whole node in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from callwright.serving.appointments import wall_time
from contactcenter.conversations import Conversation
from tests.callwright.serving.test_callbacks import ask
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time

MIRA = "+4930901820"
BERLIN = "Europe/Berlin"
HOUR_MS = 3_600_000
Play = Callable[[Callable[[VirtualNode], Awaitable[None]]], None]


@pytest.fixture
def play(project: Path) -> Play:
    return lambda scene: in_virtual_time(project, scene)


def berlin(node: VirtualNode, hours: float) -> str:
    """In so many hours, as clocks in Berlin tell it."""
    return wall_time(node.center.clock.now() + round(hours * HOUR_MS), BERLIN)


def callbacks(node: VirtualNode) -> list[Conversation]:
    return [state for state in node.center.conversations.open() if state.callback is not None]


def planned(node: VirtualNode) -> list[dict[str, Any]]:
    return list(node.center.supervisor.overview()["callbacks"])


def test_the_alert_shows_number_due_time_in_the_customers_zone_and_note(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        await ask(node, attributes={"callback.note": "Slow since Monday"})
        shown = (await node.until("Ada", "alerting"))["callback"]
        assert shown["numbers"] == [MIRA]
        assert (shown["zone"], shown["note"], shown["attempt"]) == (BERLIN, "Slow since Monday", 0)
        assert shown["due"] == berlin(node, 0)

    play(scene)


def test_an_agent_puts_it_off_to_a_time_of_the_customers_clock(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        callback = await ask(node)
        await node.answered("Ada")
        wanted = berlin(node, 3)
        off = await node.does("Ada", "reschedule", callback, at=wanted, zone=BERLIN, number="12")
        assert off.body["message"] == "12 is no telephone number; write it like +49 30 901820."
        off = await node.does("Ada", "reschedule", callback, at=wanted, zone=BERLIN, number="030 901821")
        assert off.status == 200
        (state,) = callbacks(node)
        assert state.callback is not None
        assert (wall_time(state.callback.due, BERLIN), state.callback.number) == (wanted, "+4930901821")

    play(scene)


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        ({"at": "soon"}, 400, "Say when: a day and a time."),
        ({"at": "2020-01-01T10:00", "zone": BERLIN}, 409, "The time of a callback lies in the past."),
        ({"at": "2026-06-01T10:00", "zone": "Mars"}, 400, 'There is no time zone "Mars". Write it like Europe/Berlin.'),
    ],
)
def test_a_time_that_cannot_be_is_said(play: Play, args: dict[str, Any], status: int, said: str) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        callback = await ask(node)
        await node.answered("Ada")
        off = await node.does("Ada", "reschedule", callback, **args)
        assert (off.status, off.body["message"]) == (status, said)

    play(scene)


def test_nobody_else_puts_off_what_is_not_theirs(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        callback = await ask(node, after_s=3600)
        off = await node.does("Ben", "reschedule", callback, at=berlin(node, 3), zone=BERLIN)
        assert off.status == 404
        assert (await node.does("Ben", "callback.cancel", callback)).status == 403

    play(scene)


def test_after_a_call_the_agent_plans_a_callback_for_the_same_customer(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, phone = await node.call(MIRA)
        plan = (await node.answered("Ada"))["plan"]
        assert plan == {"number": MIRA, "zone": BERLIN}
        phone.leave()
        await node.until("Ada", "acw")
        made = await node.does(
            "Ada", "callback.schedule", call, **plan, at=berlin(node, 24), note="Ask whether it is fast now"
        )
        assert made.status == 200
        (state,) = callbacks(node)
        assert state.attribute("callback.note") == "Ask whether it is fast now"
        assert state.crm_record
        await asyncio.sleep(1)
        assert state.customer is not None
        assert [(one["customer"], one["stage"]) for one in planned(node)] == [("Mira Okafor, +49 30 901820", "planned")]
        assert (await node.does("Ada", "wrapup.save", call, code="Follow-up")).status == 200

    play(scene)


def test_a_second_one_about_the_same_time_is_asked_about_first(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(MIRA)
        plan = (await node.answered("Ada"))["plan"]
        at = berlin(node, 24)
        assert (await node.does("Ada", "callback.schedule", call, **plan, at=at)).status == 200
        again = await node.does("Ada", "callback.schedule", call, **plan, at=berlin(node, 25))
        due = at.replace("T", " ")
        assert (again.status, again.body["message"]) == (
            409,
            f"There is a callback for this customer already, at {due} ({BERLIN}).",
        )
        both = await node.does("Ada", "callback.schedule", call, **plan, at=berlin(node, 25), allowDuplicate="on")
        assert both.status == 200
        assert len(callbacks(node)) == 2

    play(scene)


def test_a_time_at_which_the_queue_is_closed_is_answered_with_the_next_opening(play: Play, project: Path) -> None:
    organisation = project / "organisation.yaml"
    hours = """
schedules: [{name: Never on a day, start: 2026-01-05T01:00:00, end: 2026-01-05T02:00:00, rrule: FREQ=DAILY}]
scheduleGroups: [{name: Nights, timeZone: Europe/Berlin, openSchedules: [Never on a day]}]
"""
    text = organisation.read_text(encoding="utf-8") + hours
    text = text.replace("name: Priority\n", "name: Priority\n    x-callwright: {callback_hours: Nights}\n", 1)
    organisation.write_text(text, encoding="utf-8")

    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(MIRA)
        plan = (await node.answered("Ada"))["plan"]
        noon = berlin(node, 24)[:11] + "12:00"
        refused = await node.does("Ada", "callback.schedule", call, **plan, at=noon)
        opens = refused.body["suggested"]
        assert (refused.status, refused.body["message"]) == (
            409,
            f"Priority is closed then. It opens at {wall_time(opens, BERLIN).replace('T', ' ')} (Europe/Berlin).",
        )
        assert wall_time(opens, BERLIN).endswith("T01:00")
        insisted = await node.does("Ada", "callback.schedule", call, **plan, at=noon, allowClosed="on")
        assert insisted.status == 409, "only a supervisor insists"
        assert callbacks(node) == []
        made = await node.does("Ada", "callback.schedule", call, **plan, at=wall_time(opens, BERLIN))
        assert made.status == 200
        (state,) = callbacks(node)
        assert state.callback is not None
        assert state.callback.due == opens

    play(scene)
