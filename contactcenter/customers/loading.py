"""Contacts of a project: ``contacts.yaml``, for samples and rehearsals.

``contacts`` is a list in the vendor's field names or in plain ones; ``created`` says when somebody became a
customer (the order of the file decides among equals), ``company`` names an account, ``fields`` holds custom fields.
An ``id`` is kept; without one it comes from the customer number, so that the same file gives the same references.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from contactcenter.customers import writing
from contactcenter.customers.custom_fields import PREDEFINED
from contactcenter.customers.fields import ADDRESS, WRITABLE, read_fields
from contactcenter.customers.problems import CustomerError
from contactcenter.customers.records import create_record, records
from contactcenter.customers.service import Customers, wire_fields
from contactcenter.customers.settings import CustomerSettings, settings_from
from contactcenter.customers.unit import Actor, Unit
from contactcenter.customers.wire import from_iso
from contactcenter.organisation import Organisation, derived_id
from dsl.source import (
    Diagnostic,
    Map,
    Node,
    Scalar,
    Seq,
    Source,
    Span,
    did_you_mean,
    finding,
    plain,
    read_yaml,
)

LOADER = Actor("contacts.yaml", None, "file")
_OWN_KEYS = ("created", "company", "customerNumber", "vip", "fields", "phone", "email", "id")


def check_contacts(source: Source, organisation: Organisation) -> list[Diagnostic]:
    """What is wrong with a file of contacts; nothing is stored."""
    return _read(source, settings_from(organisation))[1]


def load_contacts(source: Source, customers: Customers) -> list[Diagnostic]:
    """Store the contacts of a file, those that are right; a contact that is there already is not made again.

    The same file again changes nothing: a contact is known by its customer number, else by name and creation.
    """
    entries, findings = _read(source, customers.settings)
    for span, entry in entries:
        try:
            customers.write(lambda unit, entry=entry: _store(unit, entry), LOADER)  # type: ignore[misc]
        except CustomerError as error:
            findings.append(finding("bad-literal", error.message, span))
    return findings


def _store(unit: Unit, entry: Mapping[str, Any]) -> None:
    given = {name: value for name, value in entry.items() if name not in ("created", "company", "id")}
    created = from_iso(str(entry["created"])) if entry.get("created") else None
    fields = read_fields(wire_fields(given, unit.settings), unit.settings)
    company = entry.get("company")
    if company:
        known = [one for one in records(unit, type_="account", text=str(company)) if one.title == company]
        account = known[0] if known else create_record(unit, "account", {"name": company})
        fields["externalOrganization"] = {"id": account.id}
    identity = _identity(entry)
    loaded_before = identity is not None and unit.contact(identity) is not None
    if not loaded_before and not _is_known(unit, fields, created):
        writing.create(unit, fields, created_at=created, identity=identity)


def _identity(entry: Mapping[str, Any]) -> str | None:
    """The id that the file gives, or one made of the customer number: the same wherever the file is loaded."""
    number = entry.get("customerNumber")
    return str(entry["id"]) if entry.get("id") else derived_id("contact", str(number)) if number else None


def _is_known(unit: Unit, fields: Mapping[str, Any], created: int | None) -> bool:
    from contactcenter.customers import tables

    number = writing.value_at(fields, "customerNumber")
    for one in unit.contacts_where(tables.contact.c.deleted_at.is_(None)):
        if number is not None:
            if writing.value_at(one.fields, "customerNumber") == number:
                return True
        elif one.fields == fields and created in (None, one.created_at):
            return True
    return False


def _read(source: Source, settings: CustomerSettings) -> tuple[list[tuple[Span, Mapping[str, Any]]], list[Diagnostic]]:
    tree, findings = read_yaml(source, {})
    listed = tree.get("contacts") if isinstance(tree, Map) else tree
    if tree is not None and not isinstance(listed, Seq):
        findings.append(finding("wrong-kind", 'a file of contacts holds a list "contacts"', tree.span))
    entries: list[tuple[Span, Mapping[str, Any]]] = []
    for item in listed.items if isinstance(listed, Seq) else ():
        found = _check(item, settings)
        if not found and isinstance(item, Map):
            entries.append((item.span, {key.text: _value(key.text, node) for key, node in item}))
        findings.extend(found)
    return entries, findings


def _check(item: Node, settings: CustomerSettings) -> list[Diagnostic]:
    if not isinstance(item, Map):
        return [finding("wrong-kind", "a contact is a mapping", item.span)]
    found = []
    custom = settings.custom("contact")
    known = [*_OWN_KEYS, *WRITABLE, *ADDRESS, *custom, *PREDEFINED]
    for key, node in item:
        if key.text not in known:
            help_ = did_you_mean(key.text, known)
            found.append(finding("unknown-key", f'a contact has no "{key.text}"', key.span, help=help_))
        elif key.text in ("created", "id", "company"):
            found += _check_own(key.text, node)
        else:
            value = {key.text: _value(key.text, node)}
            try:
                read_fields(wire_fields(value, settings), settings)
            except CustomerError as error:
                found.append(finding("bad-literal", error.message, node.span))
        wrong = any(one.span == node.span for one in found)
        if isinstance(node, Map) and (key.text == "address" or (wrong and key.text in ("fields", "customFields"))):
            below = list(ADDRESS) if key.text == "address" else [*custom, *PREDEFINED]
            found = _below(found, key.text, node, below)
    return found


def _below(found: list[Diagnostic], name: str, node: Map, known: Iterable[str]) -> list[Diagnostic]:
    """What is found with the keys of an address or of custom fields named; the values are nobody's then."""
    code = "unknown-key" if name == "address" else "bad-literal"
    told = [
        finding(code, f'"{name}" has no "{key.text}"', key.span, help=did_you_mean(key.text, known))
        for key, _ in node
        if key.text not in known
    ]
    return [one for one in found if one.span != node.span or not told] + told


def _value(name: str, node: Node) -> Any:
    """The value of a key; what must be a text keeps the zeros that it was written with."""
    is_text = isinstance(node, Scalar) and node.value is not None and name in ("customerNumber", "created", "phone")
    return node.text if is_text and isinstance(node, Scalar) else plain(node)


def _check_own(name: str, node: Node) -> list[Diagnostic]:
    text = node.text if isinstance(node, Scalar) else None
    if text is None:
        return [finding("wrong-kind", f'"{name}" is a text', node.span)]
    if name == "created":
        try:
            from_iso(text)
        except ValueError:
            help_ = "write a time such as 2026-02-04T09:00:00Z"
            return [finding("bad-literal", f'"{text}" is no time', node.span, help=help_)]
    return []
