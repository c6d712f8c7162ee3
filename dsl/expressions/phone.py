"""Phone numbers and SIP addresses: parts and equality (expressions.md §5.4)."""

from __future__ import annotations

import re

from dsl.expressions.values import PhoneNumber

_TEL = re.compile(r"(?i:tel:)?\s*(\+?[\d\s().\-/*#;=a-zA-Z]*)\Z")
_DIGITS = re.compile(r"\D")


def read_phone(text: str) -> PhoneNumber:
    """The parts of a ``tel:``, ``sip:`` or ``sips:`` URI or of a bare number; other text has ``raw`` only."""
    stripped = text.strip()
    lowered = stripped.lower()
    if lowered.startswith(("sip:", "sips:")):
        return PhoneNumber(text, "sip", stripped)
    number = stripped[4:] if lowered.startswith("tel:") else stripped
    if not lowered.startswith("tel:") and not re.fullmatch(r"\+?[\d\s().\-/]*\d[\d\s().\-/]*", stripped):
        return PhoneNumber(text)
    uri = stripped if lowered.startswith("tel:") else f"tel:{stripped}"
    digits = _DIGITS.sub("", number.partition(";")[0])
    e164 = f"+{digits}" if number.lstrip().startswith("+") and digits else None
    return PhoneNumber(text, "tel", uri, e164)


def phone_property(phone: PhoneNumber, name: str) -> str | bool | None:
    """A property by its proper name."""
    if name in ("raw", "scheme", "uri", "e164"):
        value: str | None = getattr(phone, name)
        return value
    if name == "isTel":
        return phone.scheme == "tel"
    if name == "isSip":
        return phone.scheme == "sip"
    if name == "isGlobal":
        return phone.e164 is not None
    if phone.e164 is None:
        return None
    code, subscriber = split_code(phone.e164)
    return code if name == "dialingCode" else subscriber


def split_code(e164: str) -> tuple[str | None, str | None]:
    """Country calling code and the rest of an E.164 number."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    digits = e164[1:]
    for length in (1, 2, 3):
        if digits[:length].isdigit() and int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length], digits[length:]
    return None, digits


def phone_key(phone: PhoneNumber) -> tuple[str, str]:
    """Two numbers are equal exactly when their keys are."""
    if phone.scheme == "tel":
        return ("tel", _DIGITS.sub("", phone.e164 or phone.raw))
    if phone.scheme == "sip":
        return ("sip", (phone.uri or "").removesuffix("@"))
    return ("", phone.raw)


def country_of(number: str) -> str | None:
    """The country of an E.164 number, as two letters: where a number without a country code belongs."""
    import phonenumbers

    try:
        found: str | None = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
    return found


def valid_number(text: str, country: str | None = None) -> str | None:
    """A telephone number in E.164; None when it is none. ``country`` is ``DE`` or ``49``."""
    import phonenumbers

    region = country.strip().lstrip("+").upper() if country else None
    if region is not None and region.isdigit():
        region = phonenumbers.region_code_for_country_code(int(region))
    try:
        number = phonenumbers.parse(text.removeprefix("tel:"), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
