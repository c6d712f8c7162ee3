"""From YAML files to an ``Organisation``: one pass for names and ids, one for everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from contactcenter.organisation.backups import check_backups
from contactcenter.organisation.conversing import CONVERSATION_WORDS, ConversationSettings
from contactcenter.organisation.crm import Crm, read_crm
from contactcenter.organisation.data_tables import read_data_table
from contactcenter.organisation.kinds import ELSEWHERE, KINDS, SECTIONS, SETTINGS, Kind
from contactcenter.organisation.knobs import check_knobs
from contactcenter.organisation.organisation import Organisation
from contactcenter.organisation.people import User, read_group, read_user
from contactcenter.organisation.prompts import read_prompt
from contactcenter.organisation.queues import Queue, read_queue
from contactcenter.organisation.reading import Names, Reader, derived_id
from contactcenter.organisation.roles import DEFAULT_ROLES, Role, read_role
from contactcenter.organisation.routing_limits import check_limits, check_units
from contactcenter.organisation.routing_rules import DEFAULT_SHARD, check_queue, check_shards, check_utilization
from contactcenter.organisation.schedules import (
    Schedule,
    read_emergency_group,
    read_schedule,
    read_schedule_group,
)
from contactcenter.organisation.things import Thing, common, name_of, read_plain
from contactcenter.organisation.tunables import check_settings
from dsl.source import Diagnostic, Map, Node, Note, Scalar, Source, Span, finding, plain, read_yaml, sorted_unique
from dsl.source.tree import Plain

HOME = "Home"
"""The division that is always there."""

KindReader = Callable[[Map, Thing, Reader], Thing | None]
READERS: Mapping[str, KindReader] = {
    "role": read_role,
    "user": read_user,
    "group": read_group,
    "queue": read_queue,
    "prompt": read_prompt,
    "schedule": read_schedule,
    "emergency-group": read_emergency_group,
    "data-table": read_data_table,
}
"""Kinds with rules of their own; schedule groups need the schedules too, all other kinds are plain."""


def load_organisation(sources: Sequence[Source]) -> tuple[Organisation, list[Diagnostic]]:
    """The organisation of one file or of a folder of files; a section may be spread over several files."""
    names = Names()
    reader = Reader(names)
    sections = _sections(sources, reader)
    entries = {row.kind: _entries(row, _nodes_of(row, sections), reader) for row in KINDS.values()}
    names.add("division", HOME, derived_id("division", HOME))
    for name in DEFAULT_ROLES:
        names.add("role", name, derived_id("role", name))
    things: dict[str, tuple[Thing, ...]] = {}
    for kind, listed in entries.items():
        read = _schedule_groups(things) if kind == "schedule-group" else READERS.get(kind, read_plain)
        found = (read(entry.body, common(entry.body, kind, entry.name, entry.id, reader), reader) for entry in listed)
        things[kind] = tuple(thing for thing in found if thing is not None)
    things["role"] += _default_roles(things["role"])
    _check_routing(entries, things, sections, reader)
    organisation = Organisation(
        things=things,
        crm=_crm(sections, reader),
        numbers=_numbers(sections.get("numbers", []), reader),
        sensitive_attributes=_sensitive(sections.get("attributes", []), reader),
        settings={name: plain(node) for name in (*SETTINGS, *ELSEWHERE) for node in sections.get(name, [])},
    )
    return organisation, sorted_unique(reader.findings)


def _sections(sources: Sequence[Source], reader: Reader) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    known = (*SECTIONS, *SETTINGS, *ELSEWHERE)
    for source in sources:
        tree, findings = read_yaml(source, {})
        reader.findings.extend(findings)
        body = reader.mapping(tree, "an organisation file")
        if body is None:
            continue
        reader.keys(body, known, "the organisation")
        for key, node in body:
            if not (isinstance(node, Scalar) and node.value is None):
                found.setdefault(key.text, []).append(node)
    return found


def _nodes_of(row: Kind, sections: Mapping[str, list[Node]]) -> list[Node]:
    return [node for section in (row.section, *row.also) for node in sections.get(section, [])]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One item of a section after the first pass."""

    name: str
    id: str
    body: Map


def _entries(row: Kind, nodes: Sequence[Node], reader: Reader) -> list[_Entry]:
    """Names and ids of a section; a name that stands there twice is reported and the first one counts."""
    first: dict[str, Span] = {}
    entries = []
    for node in nodes:
        for item in reader.items(node, f'"{row.section}"'):
            named = name_of(item, row)
            if named is None:
                reader.report("missing-parameter", f'a {row.label} has no "{row.key}"', item.span)
                continue
            name, body = named
            if name.casefold() in first:
                notes = (Note(first[name.casefold()], "first defined here"),)
                message = f'there are two entries for the {row.label} "{name}"'
                reader.findings.append(finding("duplicate-key", message, item.span, notes=notes))
                continue
            first[name.casefold()] = item.span
            given = reader.text(body.get("id"), '"id"') if body is not None else None
            identity = given or derived_id(row.kind, name)
            reader.names.add(row.kind, name, identity)
            entries.append(_Entry(name, identity, body or Map((), item.span)))
    return entries


def _schedule_groups(things: Mapping[str, tuple[Thing, ...]]) -> KindReader:
    schedules = {thing.id: thing for thing in things["schedule"] if isinstance(thing, Schedule)}
    return lambda body, thing, reader: read_schedule_group(body, thing, reader, schedules.get)


def _check_routing(
    entries: Mapping[str, list[_Entry]],
    things: Mapping[str, tuple[Thing, ...]],
    sections: Mapping[str, list[Node]],
    reader: Reader,
) -> None:
    for entry in entries["queue"]:
        what = f'the queue "{entry.name}"'
        check_queue(entry.body, what, reader)
        check_limits(entry.body, what, reader)
        check_knobs(entry.body.get("x-callwright"), what, reader)
    limits = [(entry.body.get("utilization"), f'the user "{entry.name}"') for entry in entries["user"]]
    limits += [(node, "the organisation") for node in sections.get("utilization", [])]
    for node, whose in limits:
        check_utilization(node, whose, reader)
        check_units(node, whose, reader)
    users = [user for user in things["user"] if isinstance(user, User)]
    check_backups(users, {entry.id: entry.body for entry in entries["user"]}, reader)
    members = {entry.id: entry.body.get("members") for entry in entries["queue"]}
    queues = [(queue, members.get(queue.id)) for queue in things["queue"] if isinstance(queue, Queue)]
    for node in sections.get("routing", []):
        check_knobs(node, "the organisation", reader)
    for node in sections.get("conversations", []):
        settings = reader.mapping(node, '"conversations"')
        kind, words = ConversationSettings, CONVERSATION_WORDS
        check_settings(settings, kind, words, reader, what="the organisation", of="conversation")
    knobs = next((node for node in sections.get("routing", []) if isinstance(node, Map)), None)
    shard = knobs.get("shard") if knobs is not None else None
    check_shards(queues, shard.text if isinstance(shard, Scalar) else DEFAULT_SHARD, reader)


def _default_roles(defined: tuple[Thing, ...]) -> tuple[Thing, ...]:
    taken = {role.name.casefold() for role in defined}
    return tuple(
        Role(kind="role", id=derived_id("role", name), name=name, span=Span.whole_file("<default>"), permissions=held)
        for name, held in DEFAULT_ROLES.items()
        if name not in taken
    )


def _crm(sections: Mapping[str, list[Node]], reader: Reader) -> Crm:
    nodes = sections.get("crm", [])
    for extra in nodes[1:]:
        reader.report("duplicate-key", '"crm" stands in several files; the first one counts', extra.span)
    return read_crm(nodes[0] if nodes else None, reader)


def _numbers(nodes: Sequence[Node], reader: Reader) -> dict[str, str]:
    """``{"+49...": flow}`` or ``[{number, flow}]``."""
    found: dict[str, str] = {}
    for node in nodes:
        pairs: list[tuple[str | None, Node | None]] = []
        if isinstance(node, Map):
            pairs = [(key.text, value) for key, value in node]
        else:
            bodies = (reader.mapping(item, "a number") for item in reader.items(node, '"numbers"'))
            pairs = [(reader.text(b.get("number"), '"number"'), b.get("flow")) for b in bodies if b is not None]
        for number, flow in pairs:
            inner = flow.get("name") if isinstance(flow, Map) else flow
            name = reader.text(inner, "the flow of a number")
            if number and name:
                found[number] = name
    return found


def _sensitive(nodes: Sequence[Node], reader: Reader) -> frozenset[str]:
    """``attributes: {name: {sensitive: true}}`` or ``[{name, sensitive}]``: participant data that is marked."""
    found = set()
    for node in nodes:
        bodies: list[tuple[str | None, Map | None]] = []
        if isinstance(node, Map):
            bodies = [(key.text, reader.mapping(value, f'"{key.text}"')) for key, value in node]
        else:
            items = [reader.mapping(item, "an attribute") for item in reader.items(node, '"attributes"')]
            bodies = [(reader.text(body.get("name"), '"name"'), body) for body in items if body is not None]
        for name, body in bodies:
            if name and body is not None and reader.boolean(body.get("sensitive"), '"sensitive"'):
                found.add(name)
    return frozenset(found)


def conversation_settings(organisation: Organisation) -> ConversationSettings:
    """How conversations go, the usual way where the file says nothing; raises ``msgspec.ValidationError``."""
    return msgspec.convert(settings_of(organisation, "conversations"), ConversationSettings, strict=False)


def settings_of(organisation: Organisation, section: str) -> Mapping[str, Plain]:
    """A settings section as a mapping, empty where the file has none."""
    found = organisation.settings.get(section)
    return found if isinstance(found, dict) else {}
