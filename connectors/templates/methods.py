"""Java methods that templates may call on texts, lists and objects (data-actions.md §4.3).

One table per kind of value; what is not in it does not exist. Positions count UTF-16 units in Java; here they count
code points, which differs only behind characters beyond the basic plane.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from connectors.templates.values import RenderError, Value, equal, text_of

Method = Callable[..., Value]

MAX_ITEMS = 10_000
"""Items that a template may gather in a list or an object of its own."""


@lru_cache(maxsize=256)
def _pattern(expression: str) -> Any:
    """A Java pattern in RE2, which runs in linear time whatever the caller says."""
    import re2

    try:
        options = re2.Options()
        options.log_errors = False
        return re2.compile(expression, options=options)
    except Exception:  # re2's own error type is not exported by every build
        raise RenderError(f'the pattern "{expression}" has no equivalent here') from None


def _replacement(text: str) -> str:
    """Java's ``$1`` and ``\\$`` in a replacement, in Python's form."""
    parts = re.split(r"\\(.)|\$([0-9])", text, flags=re.DOTALL)
    out = []
    for index in range(0, len(parts), 3):
        out.append(parts[index].replace("\\", "\\\\"))
        if index + 1 < len(parts):
            escaped, group = parts[index + 1], parts[index + 2]
            out.append(f"\\{group}" if group is not None else escaped.replace("\\", "\\\\"))
    return "".join(out)


def _substring(text: str, start: Value, end: Value = None) -> Value:
    first, last = _position(start), len(text) if end is None else _position(end)
    if not 0 <= first <= last <= len(text):
        raise RenderError(f"substring({first}, {last}) lies outside a text of {len(text)} characters")
    return text[first:last]


def _position(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RenderError("a position is a whole number")
    return value


def _wanted(value: Value) -> str:
    if value is None:
        raise RenderError("a text method was given null")
    return text_of(value)


def _split(text: str, pattern: Value, most: Value = 0) -> Value:
    limit = _position(most)
    parts = list(_pattern(_wanted(pattern)).split(text, max(0, limit - 1)))
    while limit == 0 and parts and not parts[-1]:
        parts.pop()
    return [part or "" for part in parts]


TEXT_METHODS: Mapping[str, Method] = {
    "concat": lambda text, other: text + _wanted(other),
    "contains": lambda text, other: _wanted(other) in text,
    "endsWith": lambda text, other: text.endswith(_wanted(other)),
    "equals": lambda text, other: text == other,
    "equalsIgnoreCase": lambda text, other: isinstance(other, str) and text.casefold() == other.casefold(),
    "indexOf": lambda text, other, start=0: text.find(_wanted(other), max(0, _position(start))),
    "isEmpty": lambda text: not text,
    "lastIndexOf": lambda text, other: text.rfind(_wanted(other)),
    "length": len,
    "matches": lambda text, pattern: _pattern(_wanted(pattern)).fullmatch(text) is not None,
    "replace": lambda text, old, new: text.replace(_wanted(old), _wanted(new)),
    "replaceAll": lambda text, old, new: _pattern(_wanted(old)).sub(_replacement(_wanted(new)), text),
    "replaceFirst": lambda text, old, new: _pattern(_wanted(old)).sub(_replacement(_wanted(new)), text, count=1),
    "split": _split,
    "startsWith": lambda text, other: text.startswith(_wanted(other)),
    "substring": _substring,
    "toLowerCase": str.lower,
    "toString": lambda text: text,
    "toUpperCase": str.upper,
    "trim": lambda text: text.strip("".join(map(chr, range(33)))),
}


def _add(items: list[Value], item: Value) -> Value:
    if len(items) >= MAX_ITEMS:
        raise RenderError(f"a list of the template grows beyond {MAX_ITEMS:,} items")
    items.append(item)
    return True


def _put(entries: dict[str, Value], key: Value, value: Value) -> Value:
    if len(entries) >= MAX_ITEMS:
        raise RenderError(f"an object of the template grows beyond {MAX_ITEMS:,} members")
    before = entries.get(text_of(key))
    entries[text_of(key)] = value
    return before


LIST_METHODS: Mapping[str, Method] = {
    "add": _add,
    "contains": lambda items, other: any(equal(item, other) for item in items),
    "get": lambda items, at: _item(items, at),
    "isEmpty": lambda items: not items,
    "size": len,
    "toString": text_of,
}

DICT_METHODS: Mapping[str, Method] = {
    "containsKey": lambda entries, key: key in entries,
    "get": lambda entries, key: entries.get(text_of(key)),
    "isEmpty": lambda entries: not entries,
    "keySet": list,
    "put": _put,
    "size": len,
    "toString": text_of,
    "values": lambda entries: list(entries.values()),
}

OTHER_METHODS: Mapping[str, Method] = {"toString": text_of, "equals": lambda value, other: equal(value, other)}


def _item(items: list[Value], at: Value) -> Value:
    position = _position(at)
    if not 0 <= position < len(items):
        raise RenderError(f"there is no item {position} in a list of {len(items)}")
    return items[position]


def methods_of(value: Value) -> Mapping[str, Method]:
    """The methods that a value has."""
    if isinstance(value, str):
        return TEXT_METHODS
    if isinstance(value, list):
        return LIST_METHODS
    return DICT_METHODS if isinstance(value, dict) else OTHER_METHODS


KNOWN_METHODS = frozenset().union(TEXT_METHODS, LIST_METHODS, DICT_METHODS)
"""Every method name that some value has."""
