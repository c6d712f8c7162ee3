"""The story of a trace in plain sentences, one line per action (authoring.md §7).

``00:04.2  menu Main: pressed 2 -> Billing`` reads like what happened; the trace elements stay the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Element = Mapping[str, Any]


def narrate(elements: Iterable[Element]) -> Iterator[str]:
    """One line per element, with the time since the first one."""
    begun: int | None = None
    for element in elements:
        begun = element["t"] if begun is None else begun
        yield f"{_clock(element['t'] - begun)}  {sentence(element)}"


def _clock(ms: int) -> str:
    minutes, rest = divmod(max(ms, 0), 60_000)
    return f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000 // 100}"


def sentence(element: Element) -> str:
    """What one element says."""
    teller = _TELLERS.get(element.get("kind", ""), _plainly)
    told = _cut_off(element) if "ended" in element else teller(element)
    name = element.get("name") or element.get("kind") or "flow"
    parts = [f"{name}: {told}" if told else str(name)]
    if element.get("error"):
        parts.append(f"failed: {element['error']['message']}{_place(element['error'])}")
    elif element.get("changed"):
        parts.append(", ".join(f"{variable} = {_short(value)}" for variable, value in element["changed"].items()))
    if element.get("warning"):
        parts.append(str(element["warning"]))
    return "; ".join(parts)


def _place(error: Mapping[str, Any]) -> str:
    return f" (line {error['line']}, column {error['column']})" if "line" in error else ""


def _plainly(element: Element) -> str:
    out = element.get("out")
    heard = f'said "{element["text"]}"' if element.get("text") else ""
    return " ".join(piece for piece in (heard, f"-> {out}" if out else "") if piece)


def _cut_off(element: Element) -> str:
    ways = {"hangup": "the caller hung up", "connected": "an agent answered"}
    said = f'said "{element["text"]}", then ' if element.get("text") else ""
    return said + ways.get(element["ended"], f"the flow ended ({element['ended']})")


def _menu(element: Element) -> str:
    return f'said "{element.get("text", "")}"'


def _choice(element: Element) -> str:
    words = {"no_input": "nothing was pressed", "no_match": "no such choice"}
    out = str(element.get("out"))
    return words.get(out, f"-> {out}")


def _collect(element: Element) -> str:
    asked = f'asked "{element["text"]}", ' if element.get("text") else ""
    why = {"no_input": "nothing was pressed", "no_match": "too few or wrong keys"}.get(element.get("why", ""))
    pressed = f"pressed {element['digits']}" if element.get("digits") else why or "no answer"
    return f"{asked}{pressed} -> {element.get('out')}"


def _data_action(element: Element) -> str:
    out, ms = element.get("out"), element.get("ms", 0)
    how = {"success": "answered", "timeout": "did not answer in time"}.get(str(out), "failed")
    return f"{element.get('action', 'the data action')} {how} after {ms / 1000:g} s -> {out}"


def _transfer(element: Element) -> str:
    inputs = element.get("inputs") or {}
    queue = _short(inputs.get("queue")) if inputs.get("queue") else "the target"
    return f"to {queue} was refused" if element.get("out") else f"to {queue} was accepted"


def _attributes(element: Element) -> str:
    return ", ".join(f"{name} = {_short(value)}" for name, value in (element.get("result") or {}).items())


def _stale(element: Element) -> str:
    return f"{element.get('result')} came too late and was ignored"


_TELLERS: Mapping[str, Callable[[Element], str]] = {
    "menu": _menu,
    "choice": _choice,
    "collectInput": _collect,
    "callData": _data_action,
    "callDataSecure": _data_action,
    "transferToAcd": _transfer,
    "setParticipantData": _attributes,
    "stale": _stale,
}


def _short(value: Any) -> str:
    """A trace value in a few words."""
    if value is None:
        return "NOT_SET"
    if isinstance(value, Mapping):
        inner = next(iter(value.values()), None) if len(value) == 1 else value.get("name", value)
        return _short(inner) if isinstance(inner, (Mapping, str)) else str(inner)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_short(item) for item in value) + "]"
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
