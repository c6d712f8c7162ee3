"""Data tables with their rows, schedules and their groups."""

from __future__ import annotations

import json

from callwright.importing.plan import Plan
from callwright.importing.terraform.view import View


def carry_table(view: View, plan: Plan) -> None:
    """``genesyscloud_architect_datatable``: the property ``key`` is the key, all others are columns."""
    columns: dict[str, object] = {}
    key = "key"
    for block in view.blocks("properties"):
        name, kind, title = block.text("name"), block.text("type") or "string", block.text("title")
        if name == "key":
            key = title or "key"
            continue
        column: dict[str, object] = {"type": kind}
        default = block.text("default")
        if default:
            column["default"] = _cell(default, kind)
        columns[title or name] = column
        block.leave_rest()
    entry: dict[str, object] = {"name": view.text("name"), "key": key, "columns": columns, "rows": []}
    if view.text("description"):
        entry["description"] = view.text("description")
    division = view.name_of("division_id")
    if division:
        entry["division"] = division
    plan.organisation.setdefault("dataTables", []).append(entry)
    view.leave_rest()


def _cell(text: str, kind: str) -> object:
    if kind == "boolean":
        return text.casefold() == "true"
    if kind in ("integer", "number"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def carry_table_row(view: View, plan: Plan) -> None:
    """``genesyscloud_architect_datatable_row``."""
    name, key = view.name_of("datatable_id"), view.text("key_value")
    given = view.plain("properties_json")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            view.report('"properties_json" is no JSON')
            given = {}
    tables = plan.organisation.get("dataTables", [])
    table = next((t for t in tables if isinstance(t, dict) and t["name"] == name), None)
    if not isinstance(table, dict):
        view.report(f'the data table "{name}" is not in these files; the row "{key}" is left out')
        return
    row = {str(table["key"]): key, **(given if isinstance(given, dict) else {})}
    table["rows"].append(row)
    view.leave_rest()


def carry_schedule(view: View, plan: Plan) -> None:
    """``genesyscloud_architect_schedules``: local times, an iCalendar rule."""
    entry: dict[str, object] = {
        "name": view.text("name"),
        "start": _local(view.text("start")),
        "end": _local(view.text("end")),
    }
    if view.text("rrule"):
        entry["rrule"] = view.text("rrule")
    _common(view, entry)
    plan.organisation.setdefault("schedules", []).append(entry)
    view.leave_rest()


def _local(text: str) -> str:
    """``2026-01-01T08:00:00.000000`` without the fraction."""
    return text.partition(".")[0]


def carry_schedule_group(view: View, plan: Plan) -> None:
    """``genesyscloud_architect_schedulegroups``."""
    entry: dict[str, object] = {"name": view.text("name")}
    if view.text("time_zone"):
        entry["timeZone"] = view.text("time_zone")
    for native, section in (
        ("open_schedules_id", "openSchedules"),
        ("closed_schedules_id", "closedSchedules"),
        ("holiday_schedules_id", "holidaySchedules"),
    ):
        names = view.names_of(native)
        if names:
            entry[section] = names
    _common(view, entry)
    plan.organisation.setdefault("scheduleGroups", []).append(entry)
    view.leave_rest()


def carry_emergency_group(view: View, plan: Plan) -> None:
    """``genesyscloud_architect_emergencygroup``."""
    entry: dict[str, object] = {"name": view.text("name"), "enabled": bool(view.flag("enabled"))}
    _common(view, entry)
    plan.organisation.setdefault("emergencyGroups", []).append(entry)
    view.leave_rest()


def _common(view: View, entry: dict[str, object]) -> None:
    if view.text("description"):
        entry["description"] = view.text("description")
    division = view.name_of("division_id")
    if division:
        entry["division"] = division
