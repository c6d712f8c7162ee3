"""The function catalogue: every function with its overloads, read from ``signatures.txt`` (functions.md §2).

The catalogue is data. A new function is its lines in that file and an implementation under its name in
``dsl.expressions.library``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from dsl.expressions.types import COLLECTION, Type

SIGNATURE_TYPES = {
    "Bool": "bln",
    "Int": "int",
    "Dec": "dec",
    "Cur": "cur",
    "Str": "str",
    "DateTime": "dtm",
    "Dur": "dur",
    "Phone": "phn",
    "User": "usr",
    "Queue": "que",
    "Skill": "skl",
    "LangSkill": "lac",
    "Group": "grp",
    "Wrapup": "wrc",
    "Prompt": "pmt",
    "Audio": "aud",
    "Json": "jsn",
    "Comm": "com",
    "Date": "dat",
    "Time": "tim",
    "Timeslot": "tsl",
    "EmailAddress": "cpx_emailAddress",
    "AgentScore": "cpx_agentScorePair",
    "Schedule": "cpx_schedule",
    "ScheduleGroup": "cpx_scheduleGroup",
    "EmergencyGroup": "cpx_emergencyGroup",
    "Grammar": "cpx_grammar",
    "UtilizationLabel": "cpx_utilizationLabel",
    "BoolFormat": "cst_Bool",
    "CurrencyFormat": "cst_Currency",
    "DateFormat": "daf",
    "NumberFormat": "cst_Number",
    "StringFormat": "stf",
    "TimeFormat": "cst_Time",
    "PhoneFormat": "cst_PhoneNumber",
    "TimePart": "cst_TimePart",
    "LanguageContext": "cst_Language",
    "Any": "any",
}
"""Type names of the signatures and their codes; ``cst_*`` are the constants of ``Format`` and ``Language``."""

_LINE = re.compile(r"(\w+)\((.*)\) -> (\S+)(\s+internal)?\Z")
_PARAMETER = re.compile(r"(\w+): ([^?.{ ]+)(\?)?(\.\.\.)?\s*(?:\{([^}]*)\})?\Z")
_RANGE = re.compile(r"(-?\d+)?\.\.(-?\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: the codes it takes, and its flags. ``code`` is the one type, or one of the special words:
    ``NOT_SET`` (only a bare NOT_SET), ``Part`` and ``Format`` (several types), ``Each`` (any type of its own).
    """

    name: str
    code: str
    optional_value: bool = False
    repeats: bool = False
    low: int | None = None
    high: int | None = None
    nonzero: bool = False
    literal: bool = False
    listed: str | None = None

    @property
    def is_generic(self) -> bool:
        """Whether it shares the overload's one variable type."""
        return self.code in ("any", "any_coll")


@dataclass(frozen=True, slots=True)
class Overload:
    """One overload; ``key`` names its implementation (``Append.2``)."""

    function: str
    number: int
    parameters: tuple[Parameter, ...]
    result: Type
    internal: bool = False

    @property
    def key(self) -> str:
        """Function name and number of the overload."""
        return f"{self.function}.{self.number}"

    def parameter(self, index: int) -> Parameter:
        """The parameter that takes argument ``index``; the last one may repeat."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        """Whether it can be called with this many arguments."""
        least = len(self.parameters)
        return count >= least if self.parameters and self.parameters[-1].repeats else count == least

    def __str__(self) -> str:
        shown = ", ".join(
            f"{p.name}: {spoken(p.code)}{'?' if p.optional_value else ''}{'...' if p.repeats else ''}"
            for p in self.parameters
        )
        return f"{self.function}({shown})"


_SPOKEN = {code: name for name, code in SIGNATURE_TYPES.items()}
_FULL = {
    "Bool": "Boolean",
    "Int": "Integer",
    "Dec": "Decimal",
    "Cur": "Currency",
    "Str": "String",
    "Dur": "Duration",
    "Phone": "PhoneNumber",
    "LangSkill": "LanguageSkill",
    "Wrapup": "WrapupCode",
    "Comm": "Communication",
    "AgentScore": "AgentScorePair",
    "Each": "Any",
}


def spoken(code: str) -> str:
    """A type code as authors know the type (``str_coll`` -> ``String collection``)."""
    if "|" in code:
        return " or ".join(map(spoken, code.split("|")))
    base = code.removesuffix(COLLECTION)
    name = _SPOKEN.get(base, base)
    name = _FULL.get(name, name)
    if base.startswith("cpx_") and name == base:
        name = base[4:5].upper() + base[5:]
    return f"{name} collection" if base != code else name


@lru_cache(maxsize=1)
def functions() -> Mapping[str, tuple[Overload, ...]]:
    """All functions by their name in lower case; overloads in the order of the file."""
    found: dict[str, list[Overload]] = {}
    for line in files("dsl.expressions").joinpath("signatures.txt").read_text(encoding="utf-8").splitlines():
        match = _LINE.match(line.strip())
        if match is None:
            continue
        name, parameters, result, internal = match.groups()
        overloads = found.setdefault(name.lower(), [])
        overloads.append(
            Overload(name, len(overloads) + 1, _parameters(parameters), Type(_code(result)), internal=bool(internal))
        )
    return {name: tuple(overloads) for name, overloads in found.items()}


@lru_cache(maxsize=1024)
def overload_of(key: str) -> Overload:
    """The overload with this key (``Append.2``)."""
    function, _, number = key.rpartition(".")
    return functions()[function.lower()][int(number) - 1]


@lru_cache(maxsize=1)
def sections() -> Mapping[str, tuple[str, ...]]:
    """The functions by what they are for, under the headings of the file; each under the first it appears in."""
    text = files("dsl.expressions").joinpath("signatures.txt").read_text(encoding="utf-8")
    found: dict[str, dict[str, None]] = {}
    seen: set[str] = set()
    for line in text.partition("\n\n")[2].splitlines():
        if line.startswith("# "):
            found[line[2:]] = {}
        elif (match := _LINE.match(line.strip())) is not None and match[1] not in seen:
            seen.add(match[1])
            found[list(found)[-1]][match[1]] = None
    return {heading.removesuffix(" (newer)"): tuple(names_) for heading, names_ in found.items()}


def _parameters(text: str) -> tuple[Parameter, ...]:
    pieces = re.split(r", (?=\w+:)", text) if text else []
    return tuple(_parameter(piece.strip()) for piece in pieces)


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.match(text)
    if match is None:
        raise ValueError(f"cannot read the parameter {text!r}")
    name, type_, optional, repeats, constraints = match.groups()
    parts = [part.strip() for part in (constraints or "").split(",") if part.strip()]
    low = high = None
    for part in parts:
        range_ = _RANGE.match(part)
        if range_:
            low = int(range_[1]) if range_[1] else None
            high = int(range_[2]) if range_[2] else None
    listed = next((part for part in parts if part in ("ISO4217", "SupportedTTSLangs", "DialingCodes")), None)
    code = "pmt|aud" if type_ == "Prompt|Audio" else type_ if type_ in _SPECIAL else _code(type_)
    return Parameter(name, code, bool(optional), bool(repeats), low, high, "≠0" in parts, "literal" in parts, listed)


_SPECIAL = frozenset({"NOT_SET", "Part", "Format", "Each"})


def _code(name: str) -> str:
    base = name.removesuffix("[]")
    return SIGNATURE_TYPES[base] + (COLLECTION if base != name else "")


def names() -> list[str]:
    """Every function's name in its proper spelling."""
    return [overloads[0].function for overloads in functions().values()]
