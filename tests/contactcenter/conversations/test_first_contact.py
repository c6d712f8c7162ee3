"""First-contact resolution on hand-made weeks (routing.md §18)."""

from __future__ import annotations

from typing import Any

import pytest

from contactcenter.conversations import Interaction, first_contacts
from contactcenter.conversations.history import AgentVisit, QueueVisit

DAY, HOUR, SECOND = 86_400_000, 3_600_000, 1_000
NOW = 100 * DAY


def row(name: str, start: int, contact: str | None = "emma", **fields: Any) -> Interaction:
    """An answered call of five minutes."""
    queue, code = fields.pop("queue", "gold"), fields.pop("code", "done")
    end = start + 300_000
    given: dict[str, Any] = {
        "conversation_id": name,
        "rev": 1,
        "media": "call",
        "direction": "inbound",
        "start": start,
        "connected": start,
        "end": end,
        "closed": end,
        "customer_address": None,
        "ani": None,
        "dnis": None,
        "contact_id": contact,
        "link_how": None,
        "flow_path": ("Welcome",),
        "queues": (QueueVisit(queue, queue, start, start, "answered"),),
        "agents": (AgentVisit("ada", "Ada", start, start, end, wrapup=code),),
        "outcome": "answered",
        "disconnect_type": None,
        "attributes": {},
        "crm_record": None,
        "transfers": 0,
        "divisions": (),
        "cost": {},
    }
    return Interaction(**{**given, **fields})


def counted(*rows: Interaction, merged: bool = False, now: int = NOW, **rules: Any) -> tuple[int, int, int]:
    """First, resolved, pending; with ``merged`` Emil is Emma."""
    heads = {"emil": "emma"} if merged else {}
    found = first_contacts(rows, lambda one: heads.get(one, one), 0, NOW, now, **rules).whole
    return found.first, found.resolved, found.pending


BEGAN = 10 * DAY
ENDED = BEGAN + 300_000
FIRST = row("first", BEGAN)


@pytest.mark.parametrize(
    ("later", "resolved"),
    [
        (row("again", ENDED + 7 * DAY - SECOND), 0),
        (row("again", ENDED + 7 * DAY), 0),
        (row("again", ENDED + 7 * DAY + SECOND), 1),
        (row("again", ENDED + DAY, outcome="abandoned"), 0),
        (row("again", ENDED + DAY, media="chat"), 0),
        (row("again", ENDED + DAY, contact="other"), 1),
        (row("again", ENDED + DAY, contact=None), 1),
        (row("called back", ENDED + DAY, direction="outbound", media="callback"), 1),
        (row("task", ENDED + DAY, media="workitem"), 1),
    ],
)
def test_whoever_comes_again_within_a_week_was_not_served_at_first(later: Interaction, resolved: int) -> None:
    found = first_contacts([FIRST, later], lambda one: one, 0, BEGAN + 1, NOW).whole
    assert (found.first, found.resolved) == (1, resolved)


def test_only_the_first_of_a_row_counts(  # the second had one in the days before
) -> None:
    assert counted(FIRST, row("second", BEGAN + 6 * DAY), row("third", BEGAN + 12 * DAY)) == (1, 0, 0)
    assert counted(FIRST, row("second", ENDED + 8 * DAY)) == (2, 2, 0)
    assert counted(row("lost", BEGAN - DAY, outcome="abandoned"), FIRST) == (0, 0, 0)


def test_what_is_younger_than_a_week_is_pending_whatever_followed() -> None:
    assert counted(FIRST, now=ENDED + 7 * DAY - SECOND) == (0, 0, 1)
    assert counted(FIRST, row("again", ENDED + DAY), now=ENDED + 2 * DAY) == (0, 0, 1)
    assert counted(FIRST, now=ENDED + 7 * DAY) == (1, 1, 0)


def test_a_merge_changes_the_figure_and_its_undoing_restores_it() -> None:
    rows = (FIRST, row("again", ENDED + DAY, contact="emil"))
    assert counted(*rows) == (2, 2, 0)
    assert counted(*rows, merged=True) == (1, 0, 0)
    assert counted(*rows) == (2, 2, 0)


@pytest.mark.parametrize(
    ("scope", "elsewhere", "same"),
    [("any", 0, 0), ("queue", 1, 0), ("wrapup", 1, 0)],
)
def test_what_counts_as_again_may_be_narrowed(scope: str, elsewhere: int, same: int) -> None:
    other = row("again", ENDED + DAY, queue="silver", code="other")
    assert counted(FIRST, other, scope=scope)[1] == elsewhere
    assert counted(FIRST, row("again", ENDED + DAY), scope=scope)[1] == same


def test_it_is_told_by_queue_agent_code_and_flow_of_the_first_contact() -> None:
    figures = first_contacts([FIRST, row("who", BEGAN, contact=None)], lambda one: one, 0, NOW, NOW).figures()
    one = {"first": 1, "resolved": 1, "pending": 0, "percent": 100.0}
    assert figures == {
        **one,
        "without_contact": 1,
        "queues": {"gold": one},
        "agents": {"ada": one},
        "wrapup_codes": {"done": one},
        "flows": {"Welcome": one},
    }


def test_nothing_to_divide_by_has_no_percentage() -> None:
    assert first_contacts([], lambda one: one, 0, NOW, NOW).figures()["percent"] is None
