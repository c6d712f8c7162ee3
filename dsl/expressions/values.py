"""Run-time values of the expression language (expressions.md §5).

NOT_SET of every type is Python's ``None``. Booleans, integers, texts are ``bool``, ``int``, ``str``; Decimal is
``decimal.Decimal`` in a 40-digit context; DateTime is an aware UTC ``datetime`` with seconds; Date and Time are
``datetime.date`` and ``datetime.time``; collections are tuples and never ``None``. The rest are the small frozen
records below.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import msgspec

DECIMAL_DIGITS = 40
MAX_INT = 999_999_999_999_999
MAX_TEXT = 1_000_000
DECIMAL = Context(prec=DECIMAL_DIGITS, rounding=ROUND_HALF_UP)
"""The context of all decimal arithmetic."""

MOST_PLACES = 28
WIDE = Context(prec=2 * DECIMAL_DIGITS + MOST_PLACES)
"""The context for writing a number down: none of its digits is lost to padding."""


def with_places(value: Decimal, places: int, rounding: str = ROUND_DOWN) -> Decimal:
    """A number with exactly so many decimal places, at most 28 and never below none; a zero has no sign."""
    step = Decimal(1).scaleb(-max(0, min(places, MOST_PLACES)))
    result = value.quantize(step, rounding=rounding, context=WIDE)
    return result if result else result.copy_abs()


class Duration(msgspec.Struct, frozen=True, order=True):
    """A length of time in integer milliseconds; a day is 86,400 s."""

    ms: int


class Currency(msgspec.Struct, frozen=True):
    """An amount and an ISO 4217 code; each may be NOT_SET."""

    amount: Decimal | None
    code: str | None


class PhoneNumber(msgspec.Struct, frozen=True):
    """A phone number or SIP address as it came (``raw``) with its parts (expressions.md §5.4)."""

    raw: str
    scheme: str | None = None
    uri: str | None = None
    e164: str | None = None


class Entity(msgspec.Struct, frozen=True):
    """An organisation object: ``kind`` is its type code (``que``, ``skl``, ``usr``, ``pmt`` ...).

    Two entities are the same when their ids are; where an organisation gives none, by name. ``username`` is the
    e-mail address of a user, ``properties`` whatever else the type offers (a prompt's text, say).
    """

    kind: str
    id: str | None
    name: str
    username: str | None = None
    properties: Mapping[str, Any] = {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entity) or self.kind != other.kind:
            return False
        if self.id is not None and other.id is not None:
            return self.id == other.id
        return self.name.casefold() == other.name.casefold()

    def __hash__(self) -> int:
        return hash((self.kind, self.name.casefold()))


class Json(msgspec.Struct, frozen=True):
    """Any JSON value; ``Json(None)`` is JSON null, NOT_SET is ``None``."""

    value: Any


class Structure(msgspec.Struct, frozen=True):
    """A structured value (``cpx_externalContact`` ...): its type code and its properties by name."""

    kind: str
    properties: Mapping[str, Any]


class Timeslot(msgspec.Struct, frozen=True):
    """An appointment: a start and a length."""

    start: Any  # an aware datetime; msgspec's own type would re-check it on every construction
    duration: Duration


class Secure(msgspec.Struct, frozen=True):
    """A value that must not be seen: never in snapshots, traces, logs, or routing.

    ``repr`` gives nothing away.
    """

    value: Any

    def __repr__(self) -> str:
        return "Secure(***)"


# Audio and communications: trees of what is to be said, put into words when it is known in which language.


class Spoken(msgspec.Struct, frozen=True, tag="spoken", omit_defaults=True):
    """Something to say: ``kind`` = text, number, ordinal, digits, currency, date, time, datetime, duration, bool,
    percent, phone, characters, range; ``value`` its plain value, ``format`` a constant (``shortYear``), ``places``
    decimal places.
    """

    kind: str
    value: Any
    language: str | None = None
    format: str | None = None
    places: int | None = None
    context: tuple[str, ...] = ()


class Played(msgspec.Struct, frozen=True, tag="played", omit_defaults=True):
    """A recorded prompt: ``name`` with its scope (``Prompt.Hello``) and its words, where they are known."""

    name: str
    text: str | None = None


class Blank(msgspec.Struct, frozen=True, tag="blank"):
    """Silence."""

    ms: int


class Markup(msgspec.Struct, frozen=True, tag="markup"):
    """SSML; text channels show it without its tags."""

    ssml: str


Part = Spoken | Played | Blank | Markup


class Audio(msgspec.Struct, frozen=True, tag="audio", omit_defaults=True):
    """What is heard: parts in order, and whether the caller may interrupt, where that is said; else the caller may."""

    parts: tuple[Part, ...]
    barge_in: bool | None = None


class Communication(msgspec.Struct, frozen=True, tag="communication"):
    """What a bot or digital channel tells: parts in order."""

    parts: tuple[Part, ...]
