"""Schedules, data tables and emergency groups: what is changed is what flows see."""

from __future__ import annotations

from typing import Any

import pytest

from contactcenter.organisation.live import LiveOrganisation
from tests.callwright.vendor_api.node import TABLE, Node


async def test_schedules_and_groups_have_the_vendors_form(node: Node) -> None:
    _, found = await node.ask("GET", "/api/v2/architect/schedules?name=op*")
    (schedule,) = found["entities"]
    assert (schedule["start"], schedule["end"]) == ("2026-01-01T08:00:00.000", "2026-01-01T18:00:00.000")
    _, group = await node.ask("GET", f"/api/v2/architect/schedulegroups/{node.id('schedule-group', 'Hours')}")
    assert [one["id"] for one in group["openSchedules"]] == [schedule["id"]]


async def test_a_row_that_was_written_is_what_flows_look_up_and_outlives_a_restart(node: Node) -> None:
    rows = f"/api/v2/flows/datatables/{TABLE}/rows"
    assert (await node.ask("PUT", f"{rows}/k1", {"key": "k1", "AttributeValue": "on", "Limit": 3}))[0] == 200
    assert (await node.ask("POST", rows, {"key": "k2", "AttributeValue": "new"}))[0] == 200
    assert (await node.ask("POST", rows, {"key": "k2"}))[0] == 409
    brief = await node.ask("GET", f"{rows}/k1")
    assert brief == (200, {"key": "k1"})
    assert (await node.ask("GET", f"{rows}/k1?showbrief=false"))[1] == {"key": "k1", "AttributeValue": "on", "Limit": 3}
    again = LiveOrganisation(node.center.organisation, node.center.store).current.data_table("Flags")
    now = node.center.api.organisation.data_table("Flags")
    assert again is not None
    assert now is not None
    assert again.rows == now.rows
    assert (await node.ask("DELETE", f"{rows}/k2"))[0] == 204
    assert (await node.ask("GET", f"{rows}/k2"))[0] == 404


@pytest.mark.parametrize("row", [{"key": "x", "Nope": 1}, {"key": "x", "Limit": "much"}, {"AttributeValue": "a"}, []])
async def test_a_row_that_does_not_fit_its_table_is_refused(row: Any, node: Node) -> None:
    status, body = await node.ask("POST", f"/api/v2/flows/datatables/{TABLE}/rows", row)
    assert (status, body["code"]) == (400, "bad.request")


async def test_an_emergency_is_switched_on(node: Node) -> None:
    path = f"/api/v2/architect/emergencygroups/{node.id('emergency-group', 'Fire')}"
    assert (await node.ask("PUT", path, {"name": "Fire", "enabled": True}))[1]["enabled"] is True
    group = node.center.api.organisation.emergency_group("Fire")
    assert group is not None
    assert group.enabled
