"""The port ``lookups``: find actions, data tables and schedules, answered in the same turn (flow-format.md §9.5, §9.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from contactcenter.organisation.organisation import Organisation
from contactcenter.organisation.schedules import UnknownZoneError, group_state, is_active, parse_instant
from dsl.expressions.values import Entity
from interpreter.commands import Request
from interpreter.ports import Answer

_BY_NAME = {
    "que": "que",
    "skl": "skl",
    "lac": "lac",
    "usr": "usr",
    "grp": "grp",
    "schedule": "cpx_schedule",
    "scheduleGroup": "cpx_scheduleGroup",
    "emergencyGroup": "cpx_emergencyGroup",
    "grammar": "cpx_grammar",
    "utilizationLabel": "cpx_utilizationLabel",
}


class Lookups:
    """Answers from an organisation; ``now`` gives UTC ms for schedules that are evaluated "now"."""

    def __init__(self, organisation: Organisation, now: Callable[[], int]) -> None:
        self.organisation = organisation
        self.now = now

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer a look-up."""
        operation, inputs = request.operation, request.inputs
        name, _, how = operation.partition("_by_")
        if how:
            self._find(name, how, inputs, answer)
        elif operation == "data_table":
            self._data_table(inputs, answer)
        elif operation == "schedule":
            self._schedule(inputs, answer)
        elif operation == "schedule_group":
            self._schedule_group(inputs, answer)
        else:
            answer("failure", {}, {"errorCode": "NotConfigured", "userMessage": f"{operation} is not answered here"})

    def cancel(self, execution: str, request_id: str) -> None:
        """Answers are given at once."""

    def _find(self, name: str, how: str, inputs: Mapping[str, Any], answer: Answer) -> None:
        if name == "users":
            self._users(inputs, answer)
            return
        text = inputs.get("findId" if how == "id" else "findName")
        kind = _BY_NAME.get(name)
        found: Entity | None = None
        if text and kind:
            found = self.organisation.by_id(kind, text) if how == "id" else self.organisation.find(kind, text)
        elif text and name in ("userPrompt", "systemPrompt"):
            scope = "Prompt" if name == "userPrompt" else "PromptSystem"
            found = self.organisation.find("pmt", f"{scope}.{text.removeprefix(scope + '.')}")
        answer("found" if found else "notFound", {"findResult": found}, {})

    def _users(self, inputs: Mapping[str, Any], answer: Answer) -> None:
        ids = inputs.get("findIds") or ()
        users = tuple(self.organisation.by_id("usr", identity) if identity else None for identity in ids)
        hits = sum(user is not None for user in users)
        path = "found" if users and hits == len(users) else "partiallyFound" if hits else "notFound"
        answer(path, {"findResult": users}, {})

    def _data_table(self, inputs: Mapping[str, Any], answer: Answer) -> None:
        table = inputs["dataTable"]["table"]
        try:
            row = self.organisation.data_table_row(table, inputs["lookupValue"])
        except KeyError:
            failure = {"errorType": "DataTablesTableNotFoundException", "errorMessage": f"there is no table {table}"}
            answer("failure", {}, failure)
            return
        if row is None:
            answer("notFound", {}, {})
            return
        answer("found", {name: _cell(value) for name, value in row.items()}, {})

    def _at(self, value: Any) -> datetime:
        return value if isinstance(value, datetime) else parse_instant(self.now())

    def _schedule(self, inputs: Mapping[str, Any], answer: Answer) -> None:
        asked = inputs["evaluationType"]
        selected = asked.get("selected")
        thing = self.organisation.thing(selected.kind, selected.name) if isinstance(selected, Entity) else None
        if thing is None:
            answer("inactive", {}, {})
            return
        if asked.get("kind") == "emergencyGroup":
            answer("active" if thing.settings.get("enabled") else "inactive", {}, {})
            return
        try:
            active = is_active(thing.settings, self._at(asked.get("at")), asked.get("zone"))
        except UnknownZoneError as error:
            answer("failure", {}, {"userMessage": f"the time zone {error} is not known"})
            return
        answer("active" if active else "inactive", {}, {})

    def _schedule_group(self, inputs: Mapping[str, Any], answer: Answer) -> None:
        def settings(value: Any) -> Mapping[str, Any] | None:
            thing = self.organisation.thing(value.kind, value.name) if isinstance(value, Entity) else None
            return thing.settings if thing else None

        schedules = {thing.name.casefold(): thing.settings for thing in self.organisation.section("schedules")}
        group, emergency = settings(inputs.get("scheduleGroup")), settings(inputs.get("emergencyGroup"))
        try:
            state, names = group_state(group, emergency, schedules, self._at(inputs.get("evaluate")))
        except UnknownZoneError as error:
            answer("failure", {}, {"userMessage": f"the time zone {error} is not known"})
            return
        answer(state, {"inServiceSchedules": names}, {})


def _cell(value: Any) -> Any:
    if value is None or value == "":
        return None
    return Decimal(str(value)) if isinstance(value, float) else value
