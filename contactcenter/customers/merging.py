"""Merging contacts into a new one, showing beforehand what comes out, and undoing it (customers.md §6).

A merge makes a new row; its inputs stay and point at it, from older to newer, so that the graph of merges is
a forest by construction. Nothing that refers to a contact is ever rewritten: reads go through the canonical id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from contactcenter.customers.contacts import RANK, Contact
from contactcenter.customers.fields import MAX_LIST, WRITABLE
from contactcenter.customers.identifiers import EMAIL_SLOTS, PHONE_SLOTS
from contactcenter.customers.problems import BadRequestError, ClashError
from contactcenter.customers.settings import CustomerSettings

MIN_INPUTS, MAX_INPUTS = 2, 25
OVERRIDE = "override"
_LISTS = ("externalIds", "appleOpaqueIds")
_SLOTS: tuple[tuple[tuple[str, ...], str], ...] = ((PHONE_SLOTS, "phone number"), (EMAIL_SLOTS, "e-mail address"))


class Plan(msgspec.Struct, frozen=True):
    """What a merge would give: the fields, where each comes from, what stood against it, what did not fit."""

    type: str
    fields: Mapping[str, Any]
    sources: Mapping[str, str]
    conflicts: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


def check_ids(ids: Sequence[str]) -> None:
    """2 to 25 different ids."""
    if not MIN_INPUTS <= len(ids) <= MAX_INPUTS:
        raise BadRequestError(f"a merge takes {MIN_INPUTS} to {MAX_INPUTS} contacts, not {len(ids)}")
    if len(set(ids)) != len(ids):
        raise BadRequestError("a contact cannot be merged with itself")


def check_heads(contacts: Sequence[Contact], members: int, settings: CustomerSettings) -> None:
    """Only heads are merged, inside one division, and a set has its limit; ``members`` counts all inputs' sets."""
    aliases = [contact for contact in contacts if not contact.is_head]
    if aliases:
        details = [{"entityId": contact.head_id, "entityName": contact.id} for contact in aliases]
        raise ClashError("only canonical contacts can be merged", details=details)
    if settings.divisions and len({contact.division for contact in contacts}) > 1:
        raise BadRequestError("contacts of several divisions cannot be merged")
    if members + 1 > settings.merge_max_set:
        raise BadRequestError(f"the merge set would have {members + 1} members; {settings.merge_max_set} are possible")


def plan(contacts: Sequence[Contact], override: Mapping[str, Any]) -> Plan:
    """The most recently modified contact that has a value gives it; an override comes before all."""
    ordered = sorted(contacts, key=lambda one: (one.modified_at, one.modified_seq), reverse=True)
    fields: dict[str, Any] = {}
    sources: dict[str, str] = {}
    conflicts: list[Mapping[str, Any]] = []
    for name in sorted(WRITABLE - {"customFields", *_LISTS}):
        _choose(name, ordered, override, fields, sources, conflicts)
    warnings = _keep_slots(ordered, fields, sources)
    for name in _LISTS:
        warnings += _unite(name, ordered, override, fields, sources)
    custom: dict[str, Any] = {}
    parts = [(one.id, one.custom) for one in ordered]
    for key in sorted({key for _, part in parts for key in part} | set(override.get("customFields") or {})):
        candidates = [(OVERRIDE, override.get("customFields") or {}), *parts]
        given = [(owner, part[key]) for owner, part in candidates if part.get(key) is not None]
        custom[key] = given[0][1]
        sources[f"customFields.{key}"] = given[0][0]
        _note_conflict(f"customFields.{key}", [pair for pair in given if pair[0] != OVERRIDE], conflicts)
    if custom:
        fields["customFields"] = custom
    type_ = max((one.type for one in contacts), key=lambda one: RANK[one])
    return Plan(type_, fields, sources, tuple(conflicts), tuple(warnings))


def _choose(
    name: str,
    ordered: Sequence[Contact],
    override: Mapping[str, Any],
    fields: dict[str, Any],
    sources: dict[str, str],
    conflicts: list[Mapping[str, Any]],
) -> None:
    given = [(one.id, one.fields[name]) for one in ordered if one.fields.get(name) is not None]
    _note_conflict(name, given, conflicts)
    if override.get(name) is not None:
        given.insert(0, (OVERRIDE, override[name]))
    if given:
        sources[name], fields[name] = given[0]


def _note_conflict(name: str, given: Sequence[tuple[str, Any]], conflicts: list[Mapping[str, Any]]) -> None:
    if any(value != given[0][1] for _, value in given[1:]):
        values = [{"contactId": owner, "value": value} for owner, value in given]
        conflicts.append({"field": name, "values": values})


def _keep_slots(ordered: Sequence[Contact], fields: dict[str, Any], sources: dict[str, str]) -> list[str]:
    """A number or address that lost its slot moves to a free one; with none left it stays as an identifier (§6.2)."""
    warnings = []
    for slots, word in _SLOTS:
        kept = {_value(fields[slot]) for slot in slots if slot in fields}
        for one in ordered:
            for slot in slots:
                value = one.fields.get(slot)
                if value is None or _value(value) in kept:
                    continue
                free = next((other for other in slots if other not in fields), None)
                if free is None:
                    warnings.append(f"the {word} {_value(value)} stays an identifier only: no field is free")
                else:
                    fields[free], sources[free] = value, one.id
                kept.add(_value(value))
    return warnings


def _value(value: Any) -> str:
    return str(value.get("e164") or value.get("display")) if isinstance(value, Mapping) else str(value)


def _unite(
    name: str,
    ordered: Sequence[Contact],
    override: Mapping[str, Any],
    fields: dict[str, Any],
    sources: dict[str, str],
) -> list[str]:
    united: list[Any] = list(override.get(name) or ())
    for one in ordered:
        united += [item for item in one.fields.get(name) or () if item not in united]
    if united:
        fields[name] = united[:MAX_LIST]
        sources[name] = OVERRIDE if override.get(name) else ordered[0].id
    return [f"{item.get('value')} stays an identifier only: {name} is full" for item in united[MAX_LIST:]]


def point_at(contacts: Iterable[Contact], inputs: Iterable[str], output: str) -> list[Contact]:
    """All members of the inputs' sets with the output as their canonical contact."""
    merged = set(inputs)
    return [
        replace(one, canonical_id=output, merged_to=output if one.id in merged else one.merged_to) for one in contacts
    ]


def release_inputs(members: Sequence[Contact], output: Contact) -> list[Contact]:
    """The set without its output: every input heads its own subtree again (§6.5)."""
    by_id = {one.id: one for one in members if one.id != output.id}
    freed = {identity: replace(by_id[identity], merged_to=None) for identity in output.merged_from}
    everybody = {**by_id, **freed}
    heads = {identity: _head_of(identity, everybody) for identity in everybody}
    sizes = {head: sum(other == head for other in heads.values()) for head in set(heads.values())}
    return [
        replace(one, canonical_id=heads[identity] if sizes[heads[identity]] > 1 else None)
        for identity, one in everybody.items()
    ]


def _head_of(identity: str, contacts: Mapping[str, Contact]) -> str:
    following = contacts[identity].merged_to
    return identity if following is None else _head_of(following, contacts)
