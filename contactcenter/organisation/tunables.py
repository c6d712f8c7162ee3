"""Settings of ours in the organisation, held against the struct that they become."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from contactcenter.organisation.reading import Reader
from dsl.source import Map, Node, did_you_mean, plain


def check_settings(
    node: Node | None,
    kind: type[msgspec.Struct],
    words: Mapping[str, tuple[str, ...]],
    reader: Reader,
    *,
    what: str,
    of: str,
) -> None:
    """Settings that there are not, and values that they cannot have.

    ``words`` are the settings that are one of a few words; ``what`` names their holder, ``of`` what they are about.
    """
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in node if isinstance(node, Map) else ():
        if key.text not in types:
            help_ = did_you_mean(key.text, types)
            reader.report("unknown-key", f'{what} has no {of} setting "{key.text}"', key.span, help_)
        elif key.text in words:
            reader.one_of(value, f'"{key.text}" of {what}', words[key.text])
        else:
            _check_value(key.text, value, types[key.text], what, reader)


def _check_value(name: str, value: Node, kind: object, what: str, reader: Reader) -> None:
    given = plain(value)
    try:
        msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError:
        reader.report("bad-literal", f'"{name}" of {what} must be {_wanted(kind)}', value.span)
        return
    if isinstance(given, int | float) and given < 0:
        reader.report("out-of-range", f'"{name}" of {what} must not be negative', value.span)


def _wanted(kind: object) -> str:
    if kind is bool:
        return "true or false"
    if kind is str:
        return "a text"
    if kind is int:
        return "a whole number"
    return "a list of {expression or agents, wait_s}" if "Step" in str(kind) else "a number"
