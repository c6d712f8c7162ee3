"""Phone numbers as identity: E.164 where a number is *possible*; being *valid* never matters (customers.md §1.2).

Numbering plans lag behind reality and sample numbers are real customers in tests: ``+1 803-123-0000`` is not
valid for the library and is an identifier all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import decimal

import msgspec

from contactcenter.customers.settings import CustomerSettings

WITHHELD = frozenset(
    "anonymous restricted unavailable private unknown unbekannt withheld blocked invalid +266696687 266696687".split()
)
"""What arrives instead of a number when the caller hides it (§4.5); 266696687 is ANONYMOUS on a keypad."""

_SCHEME = re.compile(r"(tel|sips?):", re.IGNORECASE)
_EXTENSION = re.compile(r";ext=(\d{1,11})", re.IGNORECASE)
MAX_DISPLAY = 512


class Phone(msgspec.Struct, frozen=True):
    """A number as read: ``e164`` is None where it cannot identify anybody."""

    display: str
    e164: str | None = None
    country_code: str | None = None
    extension: int | None = None


def read_phone(text: str, settings: CustomerSettings, region: str | None = None) -> Phone:
    """Normalise what was written, dialled or signalled."""
    bare = _bare(text)
    digits = re.sub(r"\D", "", bare)
    if not digits or is_withheld(bare) or is_withheld(text):
        return Phone(text)
    if not bare.startswith("+") and len(digits) < settings.min_digits:
        return Phone(text)  # a short code: with a region 112 would become +49112
    return _parse(text, bare, region or settings.default_region)


def is_withheld(text: str) -> bool:
    """Whether this stands for a number that is not told."""
    word = text.strip().casefold()
    digits = re.sub(r"\D", "", word)
    return not word or word in WITHHELD or (len(digits) > 1 and len(set(digits)) == 1 and digits == word.lstrip("+"))


def _bare(text: str) -> str:
    """Without scheme, host and parameters; digits of any script as ASCII."""
    found = text.strip()
    extension = _EXTENSION.search(found)
    scheme = _SCHEME.match(found)
    if scheme:
        found = found[scheme.end() :].partition("@")[0].partition(";")[0]
        found += f" ext {extension[1]}" if extension else ""
    return "".join(_ascii(char) for char in found).strip()


def _ascii(char: str) -> str:
    digit = decimal(char, None)
    return char if digit is None else str(digit)


def _parse(text: str, bare: str, region: str) -> Phone:
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    try:
        number = phonenumbers.parse(bare, region.upper())
    except phonenumbers.NumberParseException:
        return Phone(text)
    if not phonenumbers.is_possible_number(number):
        return Phone(text)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if is_withheld(e164):
        return Phone(text)
    extension = int(number.extension) if number.extension else None
    shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return Phone(shown, e164, phonenumbers.region_code_for_number(number) or None, extension)


def phone_field(value: Mapping[str, Any] | str, settings: CustomerSettings) -> dict[str, Any] | None:
    """The wire object of a phone field from what a client wrote; None when it is empty."""
    given: Mapping[str, Any] = {"display": value} if isinstance(value, str) else value
    written = str(given.get("userInput") or given.get("display") or given.get("e164") or "").strip()
    if not written:
        return None
    region = str(given.get("normalizationCountryCode") or "") or None
    phone = read_phone(written, settings, region)
    extension = given.get("extension", phone.extension)
    found = {
        "display": phone.display,
        "userInput": written,
        "e164": phone.e164,
        "countryCode": phone.country_code,
        "extension": extension,
        "acceptsSms": given.get("acceptsSms"),
        "normalizationCountryCode": region,
    }
    return {key: part for key, part in found.items() if part is not None}
