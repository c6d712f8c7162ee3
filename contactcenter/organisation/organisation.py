"""The organisation as a value: what it has, found by name or id, and what flows, routing and services ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from contactcenter.organisation.crm import Crm
from contactcenter.organisation.data_tables import DataTable
from contactcenter.organisation.kinds import KIND_OF_TYPE, KINDS, SECTIONS
from contactcenter.organisation.people import Group, Proficiency, User
from contactcenter.organisation.prompts import Prompt
from contactcenter.organisation.queues import Queue
from contactcenter.organisation.roles import Role, granted
from contactcenter.organisation.schedules import EmergencyGroup, Schedule, ScheduleGroup
from contactcenter.organisation.things import Thing
from dsl.expressions.values import Duration, Entity
from dsl.source.tree import Plain

AnyThing = TypeVar("AnyThing", bound=Thing)
USER_PROMPT, SYSTEM_PROMPT = "Prompt.", "PromptSystem."


@dataclass(frozen=True)
class Organisation:
    """Everything by kind (``contactcenter.organisation.kinds``), plus settings that are no lists of things.

    It is a ``Directory`` for flows (``find``, ``by_id``, ``prompt_text``, ``estimated_wait``).
    ``numbers`` maps dialled numbers to names of flows, ``sensitive_attributes`` names participant data that
    must not decide where a call goes, ``settings`` holds the other settings sections as they were written.
    """

    things: Mapping[str, tuple[Thing, ...]] = field(default_factory=dict)
    crm: Crm = field(default_factory=Crm)
    numbers: Mapping[str, str] = field(default_factory=dict)
    sensitive_attributes: frozenset[str] = frozenset()
    settings: Mapping[str, Plain] = field(default_factory=dict)
    _named: dict[tuple[str, str], list[Thing]] = field(init=False, repr=False, compare=False)
    _identified: dict[tuple[str, str], Thing] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named: dict[tuple[str, str], list[Thing]] = {}
        identified: dict[tuple[str, str], Thing] = {}
        for kind, things in self.things.items():
            for thing in things:
                identified.setdefault((kind, thing.id), thing)
                for name in _names_of(thing):
                    named.setdefault((kind, name.casefold()), []).append(thing)
        object.__setattr__(self, "_named", named)
        object.__setattr__(self, "_identified", identified)

    # Finding things.

    def all(self, kind: str) -> tuple[Thing, ...]:
        """All things of a kind in the order of the file."""
        return self.things.get(kind, ())

    def section(self, name: str) -> tuple[Thing, ...]:
        """All things of a section of the file (``queues``)."""
        return self.all(SECTIONS[name].kind) if name in SECTIONS else ()

    def thing(self, type_: str, name: str) -> Thing | None:
        """The one thing of a type code by name or id."""
        kind = KIND_OF_TYPE.get(type_)
        return None if kind is None else self.get(kind, name)

    def get(self, kind: str, name_or_id: str) -> Thing | None:
        """The thing with this id, or the one and only with this name, whatever its case (flow-format.md §9.5)."""
        by_id = self._identified.get((kind, name_or_id))
        if by_id is not None:
            return by_id
        named = self._named.get((kind, name_or_id.casefold()), [])
        return named[0] if len(named) == 1 else None

    def _typed(self, kind: str, name_or_id: str, type_: type[AnyThing]) -> AnyThing | None:
        found = self.get(kind, name_or_id)
        return found if isinstance(found, type_) else None

    def queue(self, name_or_id: str) -> Queue | None:
        """A queue by name or id."""
        return self._typed("queue", name_or_id, Queue)

    def user(self, name_or_id: str) -> User | None:
        """A user by e-mail address or id."""
        return self._typed("user", name_or_id, User)

    def role(self, name_or_id: str) -> Role | None:
        """A role by name or id; the default roles are always there."""
        return self._typed("role", name_or_id, Role)

    def prompt(self, name_or_id: str) -> Prompt | None:
        """A prompt by name or id."""
        return self._typed("prompt", name_or_id, Prompt)

    def data_table(self, name_or_id: str) -> DataTable | None:
        """A data table by name or id."""
        return self._typed("data-table", name_or_id, DataTable)

    def schedule(self, name_or_id: str) -> Schedule | None:
        """A schedule by name or id."""
        return self._typed("schedule", name_or_id, Schedule)

    def schedule_group(self, name_or_id: str) -> ScheduleGroup | None:
        """A schedule group by name or id."""
        return self._typed("schedule-group", name_or_id, ScheduleGroup)

    def emergency_group(self, name_or_id: str) -> EmergencyGroup | None:
        """An emergency group by name or id."""
        return self._typed("emergency-group", name_or_id, EmergencyGroup)

    # What flows ask: the directory.

    def entity(self, kind: str, name_or_id: str) -> Entity | None:
        """A thing as a value of the expression language."""
        thing = self.get(kind, name_or_id)
        return None if thing is None else _entity(thing)

    def find(self, kind: str, name: str) -> Entity | None:
        """The one object of a type code by name; prompts are asked for with their scope (``Prompt.Hello``)."""
        if name.startswith(SYSTEM_PROMPT) and kind == "pmt":
            return Entity("pmt", None, name)  # the system's own prompts are listed nowhere
        if kind == "pmt":
            name = name.removeprefix(USER_PROMPT)
        row = KIND_OF_TYPE.get(kind)
        named = self._named.get((row, name.casefold()), []) if row is not None else []
        return _entity(named[0]) if len(named) == 1 else None

    def by_id(self, kind: str, identity: str) -> Entity | None:
        """The object of a type code by id."""
        thing = self._identified.get((KIND_OF_TYPE.get(kind, ""), identity))
        return None if thing is None else _entity(thing)

    def prompt_text(self, name: str, language: str) -> str | None:
        """The words of a prompt (``Prompt.Hello``, ``PromptSystem.x``, or the bare name) in a language."""
        found = self.prompt(name.removeprefix(USER_PROMPT))
        return None if found is None else found.text_in(language)

    def estimated_wait(self, queue: str) -> Duration | None:
        """Nothing is waiting here; routing knows estimated waits."""
        return None

    # What the checker asks.

    def inventory_names(self) -> dict[str, frozenset[str]]:
        """Names by kind for ``dsl.Inventory``, users by e-mail address; a kind that the files say nothing about is
        left out, so that nothing is reported about it."""
        return {
            kind: frozenset(thing.username if isinstance(thing, User) else thing.name for thing in things)
            for kind, things in self.things.items()
            if things
        }

    def data_table_columns(self) -> dict[str, dict[str, str]] | None:
        """Columns, the key among them, and their type codes by table; None when there are no tables."""
        tables = [table for table in self.all("data-table") if isinstance(table, DataTable)]
        return {table.name: table.types() for table in tables} or None

    # What services ask.

    def permissions_of(self, user: str, division: str | None = None) -> frozenset[str]:
        """What a user may do in a division (``None``: in any of them), wildcards as they are in the roles."""
        found = self.user(user)
        roles = (
            (self.role(role) for role, where in found.roles if division in (None, where) or not where) if found else ()
        )
        return frozenset(permission for role in roles if role is not None for permission in role.permissions)

    def allows(self, user: str, permission: str, division: str | None = None) -> bool:
        """Whether a user holds ``domain:entity:action``."""
        return granted(self.permissions_of(user, division), permission)

    def routing_configuration(self) -> dict[str, Any]:
        """Queues, agents, skills and groups as ``routing.configuration`` reads them: plain values in the vendor's
        fields, every reference an id."""
        groups = [group for group in self.all("group") if isinstance(group, Group)]
        label = {name.casefold(): one.id for one in self.all("utilization-label") for name in (one.id, one.name)}
        return {
            "queues": [_routing_queue(queue) for queue in self.all("queue") if isinstance(queue, Queue)],
            "agents": [_routing_agent(user, groups, label) for user in self.all("user") if isinstance(user, User)],
            "groups": [_routing_group(group) for group in groups if group.type != "SKILLGROUP"],
            "skillGroups": [_routing_group(group) for group in groups if group.type == "SKILLGROUP"],
            "skills": [_reference(skill) for skill in self.all("skill")],
            "languages": [_reference(language) for language in self.all("language-skill")],
            "wrapupCodes": [_reference(code) for code in self.all("wrapup-code")],
            "labels": [{**label.data, **_reference(label)} for label in self.all("utilization-label")],
            "utilization": _utilization(self.settings.get("utilization"), label),
            "knobs": self.settings.get("routing") or {},
        }


def _names_of(thing: Thing) -> Iterable[str]:
    return (thing.username,) if isinstance(thing, User) else (thing.name,)


def _entity(thing: Thing) -> Entity:
    type_ = KINDS[thing.kind].type or thing.kind
    if isinstance(thing, User):
        return Entity(type_, thing.id, thing.name, thing.username)
    if isinstance(thing, Prompt):
        return Entity(type_, thing.id, USER_PROMPT + thing.name)
    return Entity(type_, thing.id, thing.name)


def _reference(thing: Thing) -> dict[str, Any]:
    return {"id": thing.id, "name": thing.name}


def _held(held: Iterable[Proficiency]) -> list[dict[str, Any]]:
    return [{"id": one.id, "name": one.name, "proficiency": one.proficiency, "state": one.state} for one in held]


def _routing_queue(queue: Queue) -> dict[str, Any]:
    members = [{"id": one.user, "joined": one.joined, "ringNumber": one.ring} for one in queue.members]
    return {
        **queue.settings,
        **_reference(queue),
        "division": queue.division,
        "members": members,
        "wrapupCodes": list(queue.wrapup_codes),
    }


def _routing_agent(user: User, groups: Iterable[Group], label: Mapping[str, str]) -> dict[str, Any]:
    return {
        **_reference(user),
        "username": user.username,
        "division": user.division,
        "skills": _held(user.skills),
        "languages": _held(user.languages),
        "groups": [group.id for group in groups if user.id in group.members],
        "utilization": _utilization(user.data.get("utilization"), label),
        "directRoutingBackup": dict(user.backup) or None,
        "acdAutoAnswer": user.data.get("acdAutoAnswer") is True,
    }


def _utilization(given: Plain, label: Mapping[str, str]) -> dict[str, Any]:
    """Limits with labels by id (routing.md §10); ``label`` has the ids by folded name."""
    whole = given if isinstance(given, dict) else {}
    labels = whole.get("labelUtilizations")
    if not isinstance(labels, dict):
        return whole
    by_id = {label.get(name.casefold(), name): limits for name, limits in labels.items()}
    for name, limits in by_id.items():
        named = limits.get("interruptingLabelIds") if isinstance(limits, dict) else None
        if isinstance(limits, dict) and isinstance(named, list):
            ids = [label.get(str(one).casefold(), one) for one in named]
            by_id[name] = {**limits, "interruptingLabelIds": ids}
    return {**whole, "labelUtilizations": by_id}


def _routing_group(group: Group) -> dict[str, Any]:
    return {**group.data, **_reference(group), "type": group.type, "members": list(group.members)}
