"""The port ``lookups``, answered in the same turn: data tables, finds, schedules (flow-format.md §9.4 to §9.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from contactcenter.organisation.organisation import SYSTEM_PROMPT, USER_PROMPT, Organisation
from contactcenter.organisation.schedules import EmergencyGroup, ScheduleGroup, evaluate, local_time
from dsl.expressions.values import Entity
from interpreter.commands import Request
from interpreter.ports import Answer

Outcome = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""Path, outputs, failure outputs: what a port answers."""

NOT_FOUND: Outcome = ("notFound", {}, {})

_FIND_TYPES = {
    "schedule": "cpx_schedule",
    "scheduleGroup": "cpx_scheduleGroup",
    "emergencyGroup": "cpx_emergencyGroup",
    "grammar": "cpx_grammar",
    "utilizationLabel": "cpx_utilizationLabel",
}


class Lookups:
    """The request port ``lookups`` over an organisation.

    ``now`` gives UTC ms. ``organisation`` may be replaced at any time; the next request sees the new one.
    """

    def __init__(self, organisation: Organisation, now: Callable[[], int]) -> None:
        self.organisation = organisation
        self._now = now

    def see(self, organisation: Organisation) -> None:
        """From now on answer from this organisation."""
        self.organisation = organisation

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer a look-up at once; what nobody knows takes the failure path."""
        answer(*self._look_up(request.operation, request.inputs))

    def cancel(self, execution: str, request_id: str) -> None:
        """Nothing is ever open."""

    def _look_up(self, operation: str, inputs: Mapping[str, Any]) -> Outcome:
        if operation == "data_table":
            return self._data_table(inputs)
        if operation == "schedule":
            return self._schedule(inputs.get("evaluationType") or {})
        if operation == "schedule_group":
            return self._schedule_group(inputs)
        if operation == "users_by_id":
            return self._users(inputs.get("findIds") or ())
        word, _, how = operation.partition("_by_")
        if how == "name":
            return _found(self._by_name(word, inputs.get("findName")))
        if how == "id":
            identity = inputs.get("findId")
            type_ = _FIND_TYPES.get(word, word)
            return _found(self.organisation.by_id(type_, identity) if identity else None)
        return _failure("not.found", f'nothing answers the look-up "{operation}"')

    def _by_name(self, word: str, name: str | None) -> Entity | None:
        if not name or not name.strip():
            return None
        name = name.strip()
        organisation = self.organisation
        if word == "userPrompt":
            return organisation.find("pmt", USER_PROMPT + name.removeprefix(USER_PROMPT))
        if word == "systemPrompt":
            return organisation.find("pmt", SYSTEM_PROMPT + name.removeprefix(SYSTEM_PROMPT))
        return organisation.find(_FIND_TYPES.get(word, word), name)

    def _users(self, ids: tuple[str | None, ...]) -> Outcome:
        """Aligned one to one with the ids, NOT_SET where there is nobody."""
        found = tuple(self.organisation.by_id("usr", one) if one else None for one in ids)
        there = sum(user is not None for user in found)
        path = "notFound" if there == 0 else "found" if there == len(ids) else "partiallyFound"
        return (path, {"findResult": found}, {})

    def _data_table(self, inputs: Mapping[str, Any]) -> Outcome:
        """The row under a key; empty cells are NOT_SET."""
        named = inputs.get("dataTable") or {}
        name = named.get("table") if isinstance(named, Mapping) else named
        table = self.organisation.data_table(str(name))
        if table is None:
            return _failure("DataTablesTableNotFoundException", f'there is no data table "{name}"')
        row = table.rows.get(str(inputs.get("lookupValue")))
        if row is None:
            return NOT_FOUND
        return (
            "found",
            {table.key: inputs["lookupValue"], **{column: row.get(column) for column in table.columns}},
            {},
        )

    def _instant(self, at: datetime | None) -> datetime:
        """The time that was asked for; without one, now."""
        return at if at is not None else datetime.fromtimestamp(self._now() / 1000, UTC)

    def _schedule(self, asked: Mapping[str, Any]) -> Outcome:
        selected = asked.get("selected")
        if not isinstance(selected, Entity):
            return ("inactive", {}, {})
        organisation = self.organisation
        name = selected.id or selected.name
        if asked.get("kind") == "emergencyGroup":
            group = organisation.emergency_group(name)
            return ("active" if group is not None and group.enabled else "inactive", {}, {})
        schedule = organisation.schedule(name)
        local = local_time(
            self._instant(asked.get("at")), asked.get("zone") or (schedule.time_zone if schedule else "UTC")
        )
        if local is None:
            return _failure("bad.timezone", f'unknown time zone "{asked.get("zone")}"')
        return ("active" if schedule is not None and schedule.is_active(local) else "inactive", {}, {})

    def _schedule_group(self, inputs: Mapping[str, Any]) -> Outcome:
        organisation = self.organisation
        group, emergency = inputs.get("scheduleGroup"), inputs.get("emergencyGroup")
        found: ScheduleGroup | None = organisation.schedule_group(group.id or group.name) if group else None
        switch: EmergencyGroup | None = (
            organisation.emergency_group(emergency.id or emergency.name) if emergency else None
        )
        state, names = evaluate(found, switch, self._instant(inputs.get("evaluate")))
        return (state, {"inServiceSchedules": names}, {})


def _found(entity: Entity | None) -> Outcome:
    return NOT_FOUND if entity is None else ("found", {"findResult": entity}, {})


def _failure(kind: str, message: str) -> Outcome:
    return ("failure", {}, {"errorType": kind, "errorCode": kind, "errorMessage": message, "userMessage": message})
