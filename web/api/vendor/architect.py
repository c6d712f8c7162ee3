"""What flows are made of: schedules and their groups, emergency groups, data tables, published flows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contactcenter.organisation import DataTable, EmergencyGroup, Schedule, ScheduleGroup
from contactcenter.organisation.data_tables import TYPES, Cell
from dsl.zones import zone_of
from web.api.vendor.message import (
    API,
    Answer,
    ApiError,
    Call,
    PublicApi,
    iso,
    named,
    not_found,
    page,
    reference,
    thing_json,
)

_TYPE_NAMES = {code: word for word, code in TYPES.items()}


def _local(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}"


def schedule_json(api: PublicApi, schedule: Schedule) -> dict[str, Any]:
    """The vendor's schedule: local times without a zone."""
    rule = {"rrule": schedule.rule} if schedule.rule else {}
    times = {"start": _local(schedule.start), "end": _local(schedule.end), "state": "active"}
    return {**thing_json(api, schedule, "architect/schedules"), **times, **rule}


def schedules(api: PublicApi, call: Call) -> Any:
    """GET /architect/schedules."""
    found = named(call, api.organisation.all("schedule"))
    return page(call, (schedule_json(api, one) for one in found if isinstance(one, Schedule)))


def schedule(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /architect/schedules/{id}."""
    found = api.organisation.schedule(identity)
    if found is None:
        raise not_found(f"schedule {identity}")
    return schedule_json(api, found)


def group_json(api: PublicApi, group: ScheduleGroup) -> dict[str, Any]:
    """The vendor's schedule group."""

    def listed(schedules: tuple[Schedule, ...]) -> list[dict[str, Any]]:
        return [reference(one.id, "architect/schedules", one.name) for one in schedules]

    return {
        **thing_json(api, group, "architect/schedulegroups"),
        "state": "active",
        "timeZone": group.time_zone,
        "openSchedules": listed(group.open),
        "closedSchedules": listed(group.closed),
        "holidaySchedules": listed(group.holiday),
    }


def schedule_groups(api: PublicApi, call: Call) -> Any:
    """GET /architect/schedulegroups."""
    found = named(call, api.organisation.all("schedule-group"))
    return page(call, (group_json(api, one) for one in found if isinstance(one, ScheduleGroup)))


def schedule_group(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /architect/schedulegroups/{id}."""
    found = api.organisation.schedule_group(identity)
    if found is None:
        raise not_found(f"schedule group {identity}")
    return group_json(api, found)


def emergency_json(api: PublicApi, group: EmergencyGroup) -> dict[str, Any]:
    """The vendor's emergency group."""
    calls = group.data.get("emergencyCallFlows") or []
    base = thing_json(api, group, "architect/emergencygroups")
    return {**base, "state": "active", "enabled": group.enabled, "emergencyCallFlows": calls}


def _emergency(api: PublicApi, identity: str) -> EmergencyGroup:
    found = api.organisation.emergency_group(identity)
    if found is None:
        raise not_found(f"emergency group {identity}")
    return found


def emergency_groups(api: PublicApi, call: Call) -> Any:
    """GET /architect/emergencygroups."""
    found = named(call, api.organisation.all("emergency-group"))
    return page(call, (emergency_json(api, one) for one in found if isinstance(one, EmergencyGroup)))


def emergency_group(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /architect/emergencygroups/{id}."""
    return emergency_json(api, _emergency(api, identity))


async def switch_emergency(api: PublicApi, call: Call, identity: str) -> Any:
    """PUT /architect/emergencygroups/{id}: throws the switch; names and flows belong to the organisation's files."""
    group, enabled = _emergency(api, identity), call.fields.get("enabled")
    if not isinstance(enabled, bool):
        raise ApiError(400, "bad.request", "enabled is true or false.")
    await asyncio.to_thread(api.live.switch, group, enabled=enabled)
    return emergency_json(api, _emergency(api, identity))


def _table(api: PublicApi, identity: str) -> DataTable:
    found = api.organisation.data_table(identity)
    if found is None:
        raise not_found(f"data table {identity}")
    return found


def table_json(api: PublicApi, table: DataTable) -> dict[str, Any]:
    """The vendor's data table with its schema; the key's property is always called ``key``."""
    properties = {
        column.name: {"title": column.name, "type": _TYPE_NAMES[column.type]} for column in table.columns.values()
    }
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["key"],
        "properties": {"key": {"title": table.key, "type": "string"}, **properties},
        "additionalProperties": False,
    }
    return {**thing_json(api, table, "flows/datatables"), "schema": schema}


def tables(api: PublicApi, call: Call) -> Any:
    """GET /flows/datatables."""
    found = named(call, api.organisation.all("data-table"))
    return page(call, (table_json(api, one) for one in found if isinstance(one, DataTable)))


def table(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /flows/datatables/{id}."""
    return table_json(api, _table(api, identity))


def row_json(table: DataTable, key: str) -> dict[str, Any]:
    """A row: ``key`` and its cells."""
    cells = table.rows[key]
    return {"key": key, **{name: _plain(cells[name]) for name in table.columns if name in cells}}


def _plain(cell: Cell) -> str | int | float | bool:
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return cell


def rows(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /flows/datatables/{id}/rows: keys only, or with ``showbrief=false`` whole rows."""
    found = _table(api, identity)
    brief = call.query.get("showbrief", "true").casefold() != "false"
    return page(call, ({"key": key} if brief else row_json(found, key) for key in sorted(found.rows)))


def row(api: PublicApi, call: Call, identity: str, key: str) -> Any:
    """GET /flows/datatables/{id}/rows/{key}."""
    found = _table(api, identity)
    if key not in found.rows:
        raise not_found(f'row "{key}" in the data table {found.name}')
    brief = call.query.get("showbrief", "true").casefold() != "false"
    return {"key": key} if brief else row_json(found, key)


async def add_row(api: PublicApi, call: Call, identity: str) -> Any:
    """POST /flows/datatables/{id}/rows."""
    found, key = _table(api, identity), _key(call)
    if key in found.rows:
        raise ApiError(409, "conflict", f'The data table {found.name} has a row "{key}" already.')
    await asyncio.to_thread(api.live.write_row, found, key, _cells(found, call.fields))
    return row_json(_table(api, identity), key)


async def write_row(api: PublicApi, call: Call, identity: str, key: str) -> Any:
    """PUT /flows/datatables/{id}/rows/{key}: the whole row anew."""
    found = _table(api, identity)
    if key not in found.rows:
        raise not_found(f'row "{key}" in the data table {found.name}')
    await asyncio.to_thread(api.live.write_row, found, key, _cells(found, call.fields))
    return row_json(_table(api, identity), key)


async def delete_row(api: PublicApi, call: Call, identity: str, key: str) -> Any:
    """DELETE /flows/datatables/{id}/rows/{key}."""
    found = _table(api, identity)
    if key not in found.rows:
        raise not_found(f'row "{key}" in the data table {found.name}')
    await asyncio.to_thread(api.live.delete_row, found, key)
    return Answer(204)


def _key(call: Call) -> str:
    key = next((value for name, value in call.fields.items() if name.casefold() == "key"), None)
    if not isinstance(key, str) or not key:
        raise ApiError(400, "bad.request", 'A row has a text as its "key".')
    return key


def _cells(table: DataTable, given: Mapping[str, Any]) -> dict[str, Cell]:
    """The cells of a row in the types of their columns; raises ``ApiError``."""
    cells: dict[str, Cell] = {name: column.default for name, column in table.columns.items() if column.default}
    for name, value in given.items():
        if name.casefold() in ("key", table.key.casefold()):
            continue
        column = table.columns.get(name)
        if column is None:
            raise ApiError(400, "bad.request", f'The data table {table.name} has no column "{name}".')
        if value is None:
            cells.pop(name, None)
            continue
        cells[name] = _cell(value, column.type, name)
    return cells


def _cell(value: Any, type_: str, name: str) -> Cell:
    if type_ == "bln" and isinstance(value, bool):
        return value
    if type_ == "str" and isinstance(value, str):
        return value
    if not isinstance(value, bool):
        if type_ == "int" and isinstance(value, int):
            return value
        if type_ == "dec" and isinstance(value, int | float):
            return Decimal(str(value))
    raise ApiError(400, "bad.request", f'The value of "{name}" is not of type {_TYPE_NAMES[type_]}.')


def flows(api: PublicApi, call: Call) -> Any:
    """GET /flows: the published ones."""
    wanted = call.query.get("name", "").casefold().strip("*")
    found = sorted((name, kind) for name, kind in api.flows if wanted in name.casefold())
    return page(
        call, ({**reference(flow_id(name), "flows", name), "type": kind, "active": True} for name, kind in found)
    )


def flow_id(name: str) -> str:
    """The id of a published flow, the same on every node."""
    return str(uuid5(NAMESPACE_URL, f"callwright:flow:{name.casefold()}"))


def time_zones(api: PublicApi, call: Call) -> Any:
    """GET /timezones: ids and what they are off UTC now, in minutes."""
    return page(call, _zones(api.now()))


def _zones(now: int) -> Iterator[dict[str, Any]]:
    from zoneinfo import available_timezones

    for name in sorted(available_timezones()):
        zone = zone_of(name)
        offset = datetime.fromtimestamp(now / 1000, zone).utcoffset() if zone is not None and "/" in name else None
        if offset is not None:
            minutes = round(offset.total_seconds() / 60)
            yield {"id": name, "name": name, "offset": minutes, "selfUri": f"{API}/timezones/{name}"}


def date(api: PublicApi, call: Call) -> Any:
    """GET /date."""
    return {"currentDate": iso(api.now())}
