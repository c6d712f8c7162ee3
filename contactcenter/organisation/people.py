"""Users with their roles, skills and languages, and the groups they are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contactcenter.organisation.kinds import KINDS
from contactcenter.organisation.reading import Reader
from contactcenter.organisation.roles import grants_of
from contactcenter.organisation.things import METADATA, Thing, extended
from dsl.source import Map, Node, Seq
from dsl.source.tree import Plain

MAX_PROFICIENCY = 5.0
SKILL_STATES = ("active", "inactive", "deleted")
GROUP_TYPES = ("GROUP", "TEAM", "SKILLGROUP")

USER_KEYS = (
    *METADATA,
    *"username email roles skills languages groups title department state locale language addresses extension".split(),
    *"phoneNumbers primaryContactInfo utilization acdAutoAnswer station preferredName manager timeZone".split(),
    "directRoutingBackup",
)

BACKUP_KEYS = ("userId", "queueId", "waitForAgent", "agentWaitSeconds", "backedUpUsers", "selfUri")


@dataclass(frozen=True, slots=True)
class Proficiency:
    """A held skill or language: its id, 0.0 to 5.0, and whether it counts (routing.md §2)."""

    id: str
    name: str
    proficiency: float = 0.0
    state: str = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Thing):
    """A person; ``username`` is the e-mail address that flows and members lists use.

    ``roles`` pairs role ids with the division they hold in (``None``: in every division). ``backup`` is who stands in
    where a call is routed directly, in the vendor's fields with ids (routing.md §7).
    """

    username: str
    roles: tuple[tuple[str, str | None], ...] = ()
    skills: tuple[Proficiency, ...] = ()
    languages: tuple[Proficiency, ...] = ()
    backup: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Thing):
    """A group, team or skill group; ``members`` are ids of users."""

    type: str = "GROUP"
    members: tuple[str, ...] = ()


def read_user(body: Map, thing: Thing, reader: Reader) -> User:
    """A user; ``thing.name`` is the user name here, the display name stands under ``name``."""
    what = f'the user "{thing.name}"'
    reader.keys(body, USER_KEYS, what)
    roles = []
    for item in reader.items(body.get("roles"), f'"roles" of {what}'):
        if isinstance(item, Seq):
            reader.report("wrong-kind", "a role is a name", item.span)
            continue
        role, division = grants_of(item, reader)
        if role is not None:
            roles.append((role, division))
    return extended(
        thing,
        User,
        name=reader.text(body.get("name"), f'"name" of {what}') or thing.name,
        username=thing.name,
        roles=tuple(roles),
        skills=_held(body.get("skills"), "skill", what, reader),
        languages=_held(body.get("languages"), "language-skill", what, reader),
        backup=_backup(reader.mapping(body.get("directRoutingBackup"), f'"directRoutingBackup" of {what}'), reader),
    )


def _backup(body: Map | None, reader: Reader) -> Mapping[str, Plain]:
    if body is None:
        return {}
    reader.keys(body, BACKUP_KEYS, '"directRoutingBackup"')
    settings: dict[str, Plain] = {
        "userId": reader.reference(body.get("userId"), "user"),
        "queueId": reader.reference(body.get("queueId"), "queue"),
        "waitForAgent": reader.boolean(body.get("waitForAgent"), '"waitForAgent"'),
        "agentWaitSeconds": reader.number(body.get("agentWaitSeconds"), '"agentWaitSeconds"', 60, 864_000),
    }
    return {name: value for name, value in settings.items() if value is not None}


def _held(node: Node | None, kind: str, what: str, reader: Reader) -> tuple[Proficiency, ...]:
    found: dict[str, Proficiency] = {}
    for item in reader.items(node, f"the {KINDS[kind].label}s of {what}"):
        identity = reader.reference(item, kind)
        if identity is None:
            continue
        details = item if isinstance(item, Map) else None
        level = reader.number(details.get("proficiency"), '"proficiency"', 0, MAX_PROFICIENCY) if details else None
        state = reader.one_of(details.get("state"), '"state"', SKILL_STATES) if details else None
        if details is not None:
            reader.keys(details, (*METADATA, "proficiency", "state", "skillUri", "languageUri"), f"a skill of {what}")
        if identity in found:
            reader.report("duplicate-skill", f"{what} lists a {KINDS[kind].label} twice", item.span)
        name = reader.names.name(kind, identity)
        found[identity] = Proficiency(identity, name, 0.0 if level is None else float(level), state or "active")
    return tuple(found.values())


def read_group(body: Map, thing: Thing, reader: Reader) -> Group:
    """``{name, type, members}``; a skill group's conditions are kept for routing."""
    what = f'the group "{thing.name}"'
    known = (*METADATA, "type", "members", "skillConditions", "visibility", "memberCount", "ownerIds", "addresses")
    reader.keys(body, known, what)
    return extended(
        thing,
        Group,
        type=reader.one_of(body.get("type"), f'"type" of {what}', GROUP_TYPES) or _usual_type(body),
        members=reader.references(body.get("members"), "user", f'"members" of {what}'),
    )


def _usual_type(body: Map) -> str:
    return "SKILLGROUP" if "skillConditions" in body else "GROUP"
