"""The action catalogue: what every action is called, takes, and leads to (flow-format.md §9, §10.1).

The catalogue is data (``catalogue.txt``): the loader, the checker, the compiler's general emitter, the JSON Schema,
the docs and ``explain`` all come from it. A new action that needs the world is a line there; one that the machine
runs itself is a line and an emitter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

FLOW_TYPES: Mapping[str, str] = {
    "inboundCall": "voice",
    "outboundCall": "voice",
    "secureCall": "voice",
    "inqueueCall": "voice",
    "voicemail": "voice",
    "workflow": "work",
    "workitem": "work",
    "inboundShortMessage": "text",
    "inboundChat": "text",
    "inboundEmail": "mail",
    "inqueueEmail": "mail",
    "inqueueShortMessage": "text",
    "botFlow": "bot",
    "digitalBot": "bot",
    "commonModule": "module",
    "surveyInvite": "survey",
    "voiceSurvey": "unknown",
    "voice": "unknown",
    "emailSend": "unknown",
    "inqueueWorkitem": "unknown",
}
"""Root keys and the family of each; ``unknown`` ones are loaded and checked, not run (flow-format.md §2)."""


_UNITS = ((60_000, "min"), (1000, "s"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its kind (a type code, ``>code``, ``=words``, or a shape), whether it must be there, its range, and
    what it is where nobody says it; both of a duration in ms."""

    name: str
    kind: str
    required: bool = False
    low: int | None = None
    high: int | None = None
    default: int | bool | str | None = None

    @property
    def is_duration(self) -> bool:
        """Whether its range and default are ms."""
        return self.kind in ("dur", "playStyle")

    @property
    def limits(self) -> str:
        """Its range in words, "1 s to 99 s"; empty where there is none."""
        low, high = (None if end is None else self.text_of(end) for end in (self.low, self.high))
        if low and high:
            return f"{low} to {high}"
        return f"{low} or more" if low else f"{high} or less" if high else ""

    def beyond(self, number: Any) -> str | None:
        """What is wrong with a number, or a duration in ms, that is out of range; None of any other value."""
        if not isinstance(number, (int, float, Decimal)) or isinstance(number, bool):
            return None
        if (self.low is None or number >= self.low) and (self.high is None or number <= self.high):
            return None
        return f'"{self.name}" is {self.text_of(number)}, it must be {self.limits}'

    def text_of(self, value: Any) -> str:
        """A value of it as an author would say it."""
        if not self.is_duration:
            return str(value).lower() if isinstance(value, bool) else str(value)
        unit, name = next(((ms, name) for ms, name in _UNITS if value and value % ms == 0), (1, "ms"))
        return f"{value // unit} {name}" if value else "0 s"

    @property
    def is_output(self) -> bool:
        """Whether it names the variable that a result goes into."""
        return self.kind.startswith(">")

    @property
    def words(self) -> tuple[str, ...]:
        """The words that a bare parameter may be."""
        return tuple(self.kind[1:].split(",")) if self.kind.startswith("=") else ()


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action of the catalogue; ``open_outputs`` where authors name outputs themselves,
    ``open_parameters`` where the rest is kept unread."""

    key: str
    status: str
    port: str | None
    operation: str | None
    ends: bool
    families: frozenset[str]
    parameters: Mapping[str, Parameter]
    outputs: tuple[str, ...]
    open_outputs: bool = False
    open_parameters: bool = False
    renamed: Mapping[str, str] | None = None
    needs: tuple[str, ...] = ()
    """Capabilities that the adapter must have (telephony.md §3.4)."""

    served: bool = True
    """Whether a live flow gets an answer: a foreign service, or one that the house has not yet, is not there."""

    @property
    def harmless_output(self) -> str:
        """The output that is taken where nobody answers in a rehearsal: what is looked for is not found, what is to be
        done succeeds."""
        return next(
            (
                path
                for path in ("notFound", "noIntent", "inactive", "closed", "success", "noInput")
                if path in self.outputs
            ),
            "",
        )

    def renamed_from(self, name: str) -> str | None:
        """The proper name of an older spelling."""
        return (self.renamed or {}).get(name)


_PARAMETER = re.compile(r"([\w*]+):(=?[^!(=]+)(!)?(?:\((-?\d+)?\.\.(-?\d+)?\))?(?:=(\w+))?\Z")
_HEADING = re.compile(r"# \d+\.\d+ (.+)")
_FAMILIES = frozenset({"voice", "mail", "text", "bot", "work", "queue"})


@lru_cache(maxsize=1)
def actions() -> Mapping[str, ActionSpec]:
    """Every action by its key, in the order of the catalogue."""
    text = files("dsl.actions").joinpath("catalogue.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {spec.key: spec for spec in map(_read, lines)}


@lru_cache(maxsize=1)
def sections() -> Mapping[str, tuple[str, ...]]:
    """The actions by what they are for, under the numbered headings of the catalogue."""
    found: dict[str, list[str]] = {}
    for line in files("dsl.actions").joinpath("catalogue.txt").read_text(encoding="utf-8").splitlines():
        if heading := _HEADING.match(line):
            found[heading[1]] = []
        elif line.strip() and not line.startswith("#"):
            found[list(found)[-1]].append(line.partition("|")[0].strip())
    return {heading: tuple(keys) for heading, keys in found.items()}


def _read(line: str) -> ActionSpec:
    key, status, parameters, outputs = (part.strip() for part in line.split("|"))
    words = status.split()
    target = next((word for word in words if "." in word), None)
    port, _, operation = (target or "").partition(".")
    entries = parameters.split()
    names = outputs.split()
    return ActionSpec(
        key=key,
        status=words[0],
        port=port or None,
        operation=operation or None,
        ends="ends" in words,
        families=frozenset(words) & _FAMILIES,
        parameters={p.name: p for p in (_parameter(entry) for entry in entries if ":" in entry) if p.name != "*"},
        outputs=tuple(name for name in names if name != "*"),
        open_outputs="*" in names,
        open_parameters=any(entry.startswith("*:") for entry in entries),
        renamed=dict(entry.split(">") for entry in entries if ":" not in entry),
        needs=tuple(word[1:] for word in words if word.startswith("+")),
        served=words[0] != "P" and "unserved" not in words,
    )


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.match(text)
    if match is None:
        raise ValueError(f"cannot read the parameter {text!r}")
    name, kind, required, low, high, default = match.groups()
    least, most = int(low) if low else None, int(high) if high else None
    return Parameter(name, kind, bool(required), least, most, _default(default))


def _default(text: str | None) -> int | bool | str | None:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text and text.isdigit() else text


MENU_CHOICES: Mapping[str, str] = {
    "menuDisconnect": "disconnect",
    "menuTask": "",
    "menuTransferToAcd": "transferToAcd",
    "menuJumpToTask": "jumpToTask",
    "menuJumpToMenu": "jumpToMenu",
    "menuSubMenu": "",
    "menuRepeatMenu": "",
    "menuPreviousMenu": "",
    "menuReturnToAgent": "returnToAgent",
    "menuDialByExtension": "dialByExtension",
    "menuTransferToUser": "transferToUser",
    "menuTransferToGroup": "transferToGroup",
    "menuTransferToNumber": "transferToNumber",
    "menuTransferToVoicemail": "transferToVoicemail",
    "menuTransferToFlow": "transferToFlow",
    "menuTransferToFlowSecure": "transferToFlowSecure",
}
"""Menu choices and the action that each takes; empty for those that the menu does itself (flow-format.md
§10.1)."""

RENAMED_CHOICE_KEYS: Mapping[str, str] = {
    "dtmfIsGlobal": "globalDtmf",
    "speechRecTermsAreGlobal": "globalSpeechRecTerms",
}
"""Keys of menu choices by their names in the SDK (flow-format.md §8)."""

CHOICE_KEYS = frozenset(
    {"name", "refId", "dtmf", "globalDtmf", "globalSpeechRecTerms", "speechRecTerms", *RENAMED_CHOICE_KEYS}
)
"""Keys that every menu choice has."""

MENU_ONLY = frozenset({"menu", "task", "repeatMenu"})
"""SDK actions that exist behind menu choices only."""
