"""Run-time values of the expression language (expressions.md §5).

NOT_SET of every type is Python's ``None``. Booleans, integers, texts are ``bool``, ``int``, ``str``; Decimal
is ``decimal.Decimal`` in a 40-digit context; DateTime is an aware UTC ``datetime`` with seconds; Date and
Time are ``datetime.date`` and ``datetime.time``; collections are tuples and never ``None``. The rest are the
small frozen records below.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

DECIMAL_DIGITS = 40
MAX_INT = 999_999_999_999_999


class Duration(msgspec.Struct, frozen=True, order=True):
    """A length of time in integer milliseconds; a day is 86,400 s."""

    ms: int


class Currency(msgspec.Struct, frozen=True):
    """An amount and an ISO 4217 code; each may be NOT_SET."""

    amount: Decimal | None
    code: str | None


class Entity(msgspec.Struct, frozen=True):
    """An organisation object: ``kind`` is its type code (``que``, ``skl``, ``usr``, ``pmt`` ...).

    Two entities are the same when their ids are; where an organisation gives none, by name. ``username`` is
    the e-mail address of a user, ``properties`` whatever else the type offers (a prompt's text, say).
    """

    kind: str
    id: str | None
    name: str
    username: str | None = None
    properties: Mapping[str, Any] = {}


class Json(msgspec.Struct, frozen=True):
    """Any JSON value; ``Json(None)`` is JSON null, NOT_SET is ``None``."""

    value: Any


class Structure(msgspec.Struct, frozen=True):
    """A structured value (``cpx_externalContact`` ...): its type code and its properties by name."""

    kind: str
    properties: Mapping[str, Any]


class Secure(msgspec.Struct, frozen=True):
    """A value that must not be seen: never in snapshots, traces, logs, or routing.

    ``repr`` gives nothing away.
    """

    value: Any

    def __repr__(self) -> str:
        return "Secure(***)"
