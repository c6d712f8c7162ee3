"""The trace: one element per executed action, made of what the machine noted (authoring.md §7).

``{t, path, name, kind, out, changed, result, error, ms, origin}``: only *changed* variables, secure values
masked. An action that waits is
one element all the same; it is given when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.expressions.kinds import type_of_value
from dsl.program import Program
from interpreter.machine import TraceEntry
from interpreter.prompts import heard

Element = dict[str, Any]
MASK = "***"
MOST_CHARACTERS = 10_000
"""Of a longer text nobody reads more, and a flow in a circle would fill the memory with it."""


@dataclass(slots=True)
class Tracer:
    """Turns raw entries into elements, across steps."""

    program: Program
    open: dict[int, Element] = field(default_factory=dict)
    last_input: Mapping[str, Any] | None = None

    def elements(self, entries: Iterable[TraceEntry], at: int) -> Iterator[Element]:
        """Elements that are over by now, in order; ``at`` is the time of the step."""
        for kind, site, data in entries:
            if kind == "act":
                self.open[site] = self.element(site, at)
            elif kind == "done":
                yield from self.close(site, at, data[0], data[1:])
            elif kind == "changed":
                self.amend(site, data)
            elif kind in ("text", "played") and site in self.open:
                self.open[site][kind] = _fact(kind, data)
            elif kind == "note" and site in self.open:
                self.open[site].update({name: _fact(name, value) for name, value in data.items()})
            elif kind == "input":
                self.last_input = data
            elif kind == "menu":
                table = self.program.menus[site]
                yield {
                    "t": data[0],
                    "path": table.element,
                    "name": table.name,
                    "kind": "menu",
                    "text": _fact("text", data[1]),
                }
            elif kind == "chosen":
                table = self.program.menus[site]
                yield {"t": at, "path": table.element, "name": table.name, "kind": "choice", "out": data}
            elif kind == "error":
                yield from self.failed(site, at, data)
            elif kind in ("stale", "adapter"):
                yield {"t": at, "path": "", "name": "", "kind": kind, "result": data}

    def element(self, site: int, at: int) -> Element:
        """A fresh element of an action."""
        action = self.program.sites[site]
        made: Element = {"t": at, "path": action.element, "name": action.name, "kind": action.kind}
        if action.origin is not None:
            origin = action.origin
            made["origin"] = {"concise": origin.concise, "name": origin.name, "step": origin.step}
        return made

    def close(self, site: int, at: int, out: str | None, changed: Sequence[Any]) -> Iterator[Element]:
        """The element of an action that is over."""
        element = self.open.pop(site, None) or self.element(site, at)  # it began before a restart
        if out is not None:
            element["out"] = out
        if self.last_input is not None and element["kind"] == "collectInput":
            element.update(self.last_input)
            self.last_input = None
        self.put(element, changed)
        element["ms"] = at - element["t"]
        yield element

    def amend(self, site: int, changed: Sequence[Any]) -> None:
        """Variables that an action's outputs went into."""
        if site in self.open:
            self.put(self.open[site], changed)

    def put(self, element: Element, written: Sequence[Any]) -> None:
        """Note the variables by name that have another value now: of each the slot, the value before, and the value."""
        secure = self.program.secure
        pairs = {
            self.name(slot): MASK if slot in secure else readable(value)
            for slot, before, value in zip(*[iter(written)] * 3, strict=True)
            if before != value
        }
        if pairs:
            element.setdefault("changed", {}).update(pairs)

    def name(self, slot: int) -> str:
        """A variable's own name."""
        return self.program.names[slot].rpartition("|")[2]

    def cut_off(self, how: str, at: int) -> Iterator[Element]:
        """What was going on when the execution ended from outside, the innermost first; ``ended`` says how."""
        for site in reversed(list(self.open)):
            element = self.open.pop(site)
            element["ended"] = how
            element["ms"] = at - element["t"]
            yield element

    def failed(self, site: int, at: int, error: Mapping[str, Any]) -> Iterator[Element]:
        """The element of the action that entered error handling."""
        element = self.open.pop(site, None) or (
            self.element(site, at) if site >= 0 else {"t": at, "path": "", "kind": "flow"}
        )
        element["error"] = dict(error)
        element["ms"] = at - element["t"]
        yield element


def _fact(name: str, value: Any) -> Any:
    """A further fact; what was heard becomes one line."""
    return readable(heard(value) if name in ("text", "played") and isinstance(value, tuple) else value)


def readable(value: Any) -> Any:
    """A value as the trace shows it: plain ones as they are, others in their JSON form, long texts cut off."""
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        return f"{value[:MOST_CHARACTERS]}... ({len(value):,} characters)"
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, dict):
        return {name: readable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [readable(item) for item in value]
    from dsl.expressions.forms import to_form

    return to_form(value, type_of_value(value))
