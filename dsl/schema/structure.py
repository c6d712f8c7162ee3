"""Settings of a flow, from the tables that the loader tells strangers with."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.load.structure import PLACEHOLDERS, Each, Items, Names, Part
from dsl.schema.parts import ANYTHING, FLAG, TEXT, Schema, listed, one_key, record, ref, short
from dsl.schema.values import name_of

_LEAVES: Mapping[str, Schema] = {
    "": ANYTHING,
    "text": TEXT,
    "flag": ref("shape.flag"),
    "screenPop": ref("shape.screenPop"),
}
"""Leaves that are not the code of a type."""


def schema_of(part: Part) -> Schema:
    """What may stand at such a place."""
    if isinstance(part, str):
        return _LEAVES[part] if part in _LEAVES else ref(name_of(part))
    if isinstance(part, Each):
        return short("null", schema=listed(schema_of(part.part)))
    if isinstance(part, Items):
        return short("null", schema=listed(one_key({key: schema_of(below) for key, below in part.parts.items()})))
    nothing = dict.fromkeys(PLACEHOLDERS, FLAG)
    if isinstance(part, Names):
        return short("null", schema=record(nothing, rest=schema_of(part.each)))
    return record({**{key: schema_of(below) for key, below in part.parts.items()}, **nothing}, nullable=True)
