"""What the organisation says about its CRM: custom fields of contacts and records, and objects of its own.

Fields stand under ``crm.fields`` or ``crm.contact.fields`` (contacts), ``crm.<record type>.fields``, or in
``crm.objects.<name>``; the flags are those of customers.md §3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from contactcenter.organisation.reading import Reader
from dsl.source import Map, Node, Scalar, Seq, did_you_mean, plain
from dsl.source.tree import Plain

MAX_FIELDS = 64
MAX_OBJECTS = 20
MAX_NAME = 32
RESERVED = ("vip_checkbox", "customer_number_identifier")
"""Wire names of the predefined fields VIP status and customer number (customers.md §1.1)."""

CORE_TYPES = {
    "text": "str",
    "longtext": "str",
    "url": "str",
    "identifier": "str",
    "enum": "str",
    "tag": "str_coll",
    "integer": "int",
    "number": "dec",
    "date": "str",
    "datetime": "str",
    "checkbox": "bln",
}
"""Core types of the vendor and the type codes that flows see."""

SPELLINGS = {
    "string": "text",
    "textarea": "longtext",
    "dropdown": "enum",
    "decimal": "number",
    "boolean": "checkbox",
    "stringcollection": "tag",
    "tags": "tag",
}
_NAME = re.compile(r"[A-Za-z0-9_]{1,32}\Z")
FIELD_KEYS = tuple("name label type options default description required sensitive showToAgent enabled order".split())
STANDARD_RECORDS = ("contact", "account", "case", "lead", "task")


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field that the administrator defines: ``type`` is a core type; ``key`` is its name on the wire."""

    name: str
    type: str
    label: str = ""
    options: tuple[str, ...] = ()
    default: Plain = None
    required: bool = False
    sensitive: bool = False
    show_to_agent: bool = True
    enabled: bool = True

    @property
    def key(self) -> str:
        """``<name>_<core type>``, as the vendor stores it."""
        return f"{self.name}_{self.type}"


@dataclass(frozen=True, slots=True)
class CustomObject:
    """A record type of the organisation's own: the field that titles it, and its status values in order."""

    name: str
    label: str
    fields: tuple[CustomField, ...] = ()
    title: str | None = None
    status: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crm:
    """The CRM part of the organisation; ``fields`` is by record type, ``settings`` are all other keys as they are."""

    enabled: bool = True
    fields: Mapping[str, tuple[CustomField, ...]] = field(default_factory=dict)
    objects: Mapping[str, CustomObject] = field(default_factory=dict)
    unique_fields: tuple[str, ...] = ()
    settings: Mapping[str, Plain] = field(default_factory=dict)


def read_crm(node: Node | None, reader: Reader) -> Crm:
    """The section ``crm``."""
    body = reader.mapping(node, '"crm"')
    if body is None:
        return Crm()
    reader.keys(body, ("enabled", "unique_fields", "fields", "objects", *STANDARD_RECORDS), '"crm"')
    fields: dict[str, tuple[CustomField, ...]] = {}
    for record in STANDARD_RECORDS:
        inner = reader.mapping(body.get(record), f'"{record}"')
        listed = (body.get("fields") if record == "contact" else None) or (inner.get("fields") if inner else None)
        fields[record] = read_fields(listed, f"a {record}", reader)
    objects = {}
    for key, value in reader.mapping(body.get("objects"), '"objects"') or ():
        details = reader.mapping(value, f'the object "{key.text}"')
        if details is not None:
            objects[key.text] = _object(key.text, details, reader)
            fields[key.text] = objects[key.text].fields
    if len(objects) > MAX_OBJECTS:
        message = f"{len(objects)} custom objects; {MAX_OBJECTS} are possible"
        reader.report("out-of-range", message, body.span)
    unique = (reader.text(item, "a field") for item in reader.items(body.get("unique_fields"), '"unique_fields"'))
    return Crm(
        enabled=reader.boolean(body.get("enabled"), '"enabled"') is not False,
        fields=fields,
        objects=objects,
        unique_fields=tuple(name for name in unique if name),
        settings={key.text: plain(value) for key, value in body},
    )


def _object(name: str, body: Map, reader: Reader) -> CustomObject:
    what = f'the object "{name}"'
    reader.keys(body, ("label", "schema", "fields", "title", "status"), what)
    schema = reader.mapping(body.get("schema"), f'"schema" of {what}')
    fields = read_fields(body.get("fields") or (schema.get("fields") if schema else None), what, reader)
    title = reader.text(body.get("title"), f'"title" of {what}')
    if title is not None and title not in {one.name for one in fields}:
        help_ = did_you_mean(title, [one.name for one in fields])
        reader.report("bad-literal", f'{what} has no field "{title}"', (body.get("title") or body).span, help_)
    states = (reader.text(item, "a status") for item in reader.items(body.get("status"), f'"status" of {what}'))
    label = reader.text(body.get("label"), '"label"') or name
    return CustomObject(name, label, fields, title, tuple(state for state in states if state))


def read_fields(node: Node | None, what: str, reader: Reader) -> tuple[CustomField, ...]:
    """A list of fields, or in short a mapping from names to types; at most 64 (customers.md §3)."""
    found: dict[str, CustomField] = {}
    entries: list[tuple[Scalar | None, Node]] = []
    if isinstance(node, Map):
        entries = [(Scalar(key.text, key.text, "plain", key.span), value) for key, value in node]
    else:
        entries = [(None, item) for item in reader.items(node, f"the fields of {what}")]
    for key, item in entries:
        one = _field(key, item, what, reader)
        if one is None:
            continue
        if one.name in found:
            reader.report("duplicate-key", f'{what} has the field "{one.name}" twice', item.span)
        found[one.name] = one
    if len(found) > MAX_FIELDS and node is not None:
        message = f"{what} has {len(found)} custom fields; {MAX_FIELDS} are possible"
        help_ = "disabled fields count as long as they hold data; standard and predefined fields do not count"
        span = node.items[MAX_FIELDS].span if isinstance(node, Seq) else node.span
        reader.report("out-of-range", message, span, help_)
    return tuple(found.values())


def _field(key: Scalar | None, node: Node, what: str, reader: Reader) -> CustomField | None:
    body = node if isinstance(node, Map) else None
    named = key or (body.get("name") if body else node)
    name = reader.text(named, f"the name of a field of {what}")
    if name is None or named is None:
        reader.report("missing-parameter", f"a field of {what} has no name", node.span)
        return None
    if not _NAME.match(name):
        help_ = f"letters, digits and underscores, at most {MAX_NAME}"
        reader.report("bad-literal", f'"{name}" cannot name a field', named.span, help_)
        return None
    if name in RESERVED:
        reader.report("bad-literal", f'"{name}" is the reserved name of a predefined field', named.span)
        return None
    if body is not None:
        reader.keys(body, FIELD_KEYS, f'the field "{name}"')
    written = body.get("type") if body else (node if key is not None else None)
    options = (
        reader.text(item, "an option") for item in reader.items(body.get("options") if body else None, "options")
    )
    flags = {flag: reader.boolean(body.get(flag), f'"{flag}"') if body else None for flag in FIELD_KEYS[6:10]}
    default = body.get("default") if body else None
    label = body.get("label") if body else None
    return CustomField(
        name=name,
        type=_core_type(written, name, reader),
        label=(label.text if isinstance(label, Scalar) else "") or name,
        options=tuple(option for option in options if option),
        default=None if default is None else plain(default),
        required=flags["required"] is True,
        sensitive=flags["sensitive"] is True,
        show_to_agent=flags["showToAgent"] is not False,
        enabled=flags["enabled"] is not False,
    )


def _core_type(node: Node | None, name: str, reader: Reader) -> str:
    word = reader.text(node, f'the type of "{name}"')
    if word is None or node is None:
        return "text"
    folded = SPELLINGS.get(word.casefold().replace(" ", ""), word.casefold())
    if folded in CORE_TYPES:
        return folded
    help_ = did_you_mean(word, [*CORE_TYPES, *SPELLINGS])
    reader.report("bad-literal", f'the field "{name}" cannot be of type "{word}"', node.span, help_)
    return "text"
