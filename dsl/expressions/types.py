"""Types of the expression language and their codes (expressions.md §5, corpus README of expressions).

A type is its ASCII code: ``str`` ``int`` ``dec`` ``bln`` ``dur`` ``dtm`` ``dat`` ``tim`` ``phn`` ``que``
``usr`` ``skl`` ``lac`` ``grp`` ``wrc`` ``cur`` ``aud`` ``com`` ``pmt`` ``jsn`` ``tsl`` ``cnl`` ``con``
``any``; other object types are ``cpx_`` plus the name in camelCase; a collection has the suffix ``_coll``. A
plain text keeps tables, snapshots and traces readable.
"""

from __future__ import annotations

from typing import NewType

Type = NewType("Type", str)

ANY = Type("any")
COLLECTION = "_coll"

UNKNOWN = frozenset({ANY, Type("any_coll")})
"""Types of values of which nothing is known before they are there."""

CODE_OF_VARIABLE: dict[str, str] = {
    "boolean": "bln",
    "communication": "com",
    "currency": "cur",
    "date": "dat",
    "dateTime": "dtm",
    "decimal": "dec",
    "duration": "dur",
    "group": "grp",
    "integer": "int",
    "json": "jsn",
    "languageSkill": "lac",
    "phoneNumber": "phn",
    "prompt": "pmt",
    "queue": "que",
    "skill": "skl",
    "string": "str",
    "time": "tim",
    "timeslot": "tsl",
    "user": "usr",
    "wrapupCode": "wrc",
}
"""Variable type names of flow-format.md §5 that have a code of their own; all others are ``cpx_<name>``."""


def collection_of(item: Type) -> Type:
    """The collection type with this item type."""
    return Type(item + COLLECTION)


def is_collection(type_: Type) -> bool:
    """Whether the type is a collection."""
    return type_.endswith(COLLECTION)


def item_of(type_: Type) -> Type:
    """The item type of a collection; the type itself otherwise."""
    return Type(type_.removesuffix(COLLECTION))


_OTHER_TYPES = frozenset("any aud com con cnl".split())


def is_type(code: str) -> bool:
    """Whether there is a type with this code; structured types may be any ``cpx_``."""
    base = code.removesuffix(COLLECTION)
    return base in _OTHER_TYPES or base in CODE_OF_VARIABLE.values() or (base.startswith("cpx_") and len(base) > 4)


def type_of_variable(name: str) -> Type:
    """The type that a variable type name of a flow file stands for (``stringCollection`` -> ``str_coll``)."""
    base = name.removesuffix("Collection")
    code = CODE_OF_VARIABLE.get(base, "cpx_" + base)
    return Type(code + COLLECTION) if base != name else Type(code)
