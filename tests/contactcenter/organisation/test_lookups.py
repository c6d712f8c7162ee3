from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from contactcenter.organisation import Lookups, Organisation
from dsl.expressions.values import Entity
from interpreter.commands import Request

Load = Callable[..., Organisation]
Ask = Callable[..., tuple[str, Any, Any]]

NOON = int(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)
TEXT = """
    queues: [{name: Gold, id: q-1}]
    users: [{username: ada@example.com, name: Ada, id: u-1}]
    prompts: [{name: Hello, text: Hello}]
    dataTables: [{name: T, columns: {a: string, b: integer}, rows: [{key: K, a: x}]}]
    schedules: [{name: Day, start: 2026-06-01T08:00, end: 2026-06-01T18:00, rrule: FREQ=DAILY}]
    scheduleGroups: [{name: Office, openSchedules: [Day]}]
    emergencyGroups: [{name: Fire, enabled: true}]
"""


@pytest.fixture
def ask(load: Load) -> Ask:
    lookups = Lookups(load(TEXT), lambda: NOON)

    def ask(operation: str, **inputs: Any) -> tuple[str, Any, Any]:
        answers: list[tuple[str, Any, Any]] = []
        request = Request("1.1", "lookups", operation, inputs, 0)
        lookups.request("e", request, lambda path, outputs, failure: answers.append((path, outputs, failure)))
        (answer,) = answers
        return answer

    return ask


@pytest.mark.parametrize(
    ("operation", "name", "path"),
    [
        ("que_by_name", "GOLD", "found"),
        ("que_by_name", "Silver", "notFound"),
        ("que_by_name", "", "notFound"),
        ("que_by_name", None, "notFound"),
        ("usr_by_name", "Ada@example.com", "found"),
        ("usr_by_name", "Ada", "notFound"),
        ("userPrompt_by_name", "hello", "found"),
        ("schedule_by_name", "day", "found"),
        ("scheduleGroup_by_name", "office", "found"),
        ("emergencyGroup_by_name", "fire", "found"),
        ("grammar_by_name", "x", "notFound"),
    ],
)
def test_find_by_name_takes_found_or_not_found(ask: Ask, operation: str, name: str | None, path: str) -> None:
    assert ask(operation, findName=name)[0] == path


def test_find_by_id_knows_ids_only(ask: Ask) -> None:
    assert ask("que_by_id", findId="q-1")[1]["findResult"] == Entity("que", "q-1", "Gold")
    assert ask("que_by_id", findId="Gold")[0] == "notFound"


@pytest.mark.parametrize(
    ("ids", "path"),
    [(("u-1",), "found"), (("u-1", "u-2"), "partiallyFound"), (("u-2", None), "notFound"), ((), "notFound")],
)
def test_users_are_aligned_with_the_ids(ask: Ask, ids: tuple[str | None, ...], path: str) -> None:
    got, outputs, _ = ask("users_by_id", findIds=ids)
    assert got == path
    assert [user is not None for user in outputs["findResult"]] == [one == "u-1" for one in ids]


def test_a_data_table_gives_the_row_with_empty_cells_not_set(ask: Ask) -> None:
    assert ask("data_table", dataTable={"table": "t"}, lookupValue="K") == (
        "found",
        {"key": "K", "a": "x", "b": None},
        {},
    )
    assert ask("data_table", dataTable={"table": "T"}, lookupValue="k")[0] == "notFound"


def test_a_missing_table_is_a_failure_with_the_vendors_type(ask: Ask) -> None:
    path, _, failure = ask("data_table", dataTable={"table": "U"}, lookupValue="K")
    assert (path, failure["errorType"]) == ("failure", "DataTablesTableNotFoundException")


def test_a_schedule_is_evaluated_now_in_the_zone_that_was_asked_for(ask: Ask) -> None:
    day = Entity("cpx_schedule", None, "Day")
    assert (
        ask("schedule", evaluationType={"kind": "schedule", "selected": day, "zone": None, "at": None})[0] == "active"
    )
    tokyo = {"kind": "schedule", "selected": day, "zone": "Asia/Tokyo", "at": None}
    assert ask("schedule", evaluationType=tokyo)[0] == "inactive"


def test_an_unknown_zone_at_run_time_is_a_failure(ask: Ask) -> None:
    asked = {"kind": "schedule", "selected": Entity("cpx_schedule", None, "Day"), "zone": "Moon/Base", "at": None}
    assert ask("schedule", evaluationType=asked)[0] == "failure"


def test_a_schedule_group_tells_what_is_in_service(ask: Ask) -> None:
    office, fire = Entity("cpx_scheduleGroup", None, "Office"), Entity("cpx_emergencyGroup", None, "Fire")
    assert ask("schedule_group", scheduleGroup=office)[:2] == ("open", {"inServiceSchedules": ("Day",)})
    assert ask("schedule_group", scheduleGroup=office, emergencyGroup=fire)[0] == "emergency"
    assert ask("schedule_group")[0] == "closed"
