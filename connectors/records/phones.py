"""A caller's number as CRMs may have stored it, and whether a stored number is the caller's (crm-apis.md §2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

WITHHELD = frozenset(
    "anonymous restricted unavailable unknown private withheld blocked invalid anonymous.invalid".split()
)
MOST_SPELLINGS = 8
"""Spellings of one request: addresses have a length."""

FORMS = (
    "e164", "tel_e164", "digits", "national_digits", "international", "national", "nsn", "rfc3966", "idd", "compact",
)  # fmt: skip
DEFAULT_FORMS = ("e164", "tel_e164", "digits", "national_digits", "international", "national")
"""What is searched when the connection does not say ``phoneForms``."""

_SCHEME = re.compile(r"(tel|sips?):\s*", re.IGNORECASE)
_SHORT = 6


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it came: ``raw`` without scheme, and where it identifies a line ``e164`` and its ``region``."""

    raw: str
    e164: str | None = None
    region: str | None = None

    @property
    def digits(self) -> str:
        """Its digits alone."""
        return re.sub(r"\D", "", self.e164 or self.raw)


def read_number(text: str, region: str | None = None) -> Number | None:
    """The number in an ANI, a SIP address or a stored field; None when it is withheld or empty. Never raises.

    ``region`` (ISO country) reads numbers without a country code. Short codes keep their digits.
    """
    bare = _bare(text)
    if not bare or bare.casefold() in WITHHELD:
        return None
    digits = re.sub(r"\D", "", bare)
    signs = sum(char.isalnum() for char in bare)  # letters stand for digits: 1-800-FLOWERS
    if len(digits) < 3 or (signs <= _SHORT and not bare.startswith("+")):
        return Number(bare)
    import phonenumbers

    try:
        parsed = phonenumbers.parse(bare, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        return Number(bare)
    if not phonenumbers.is_possible_number(parsed):
        return Number(bare)
    code = phonenumbers.region_code_for_number(parsed)
    code = code or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return Number(bare, phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), code)


def _bare(text: str) -> str:
    found = unicodedata.normalize("NFKC", unquote(text.strip())).strip()
    scheme = _SCHEME.match(found)
    if scheme is None:
        return found
    rest = found[scheme.end() :]
    if scheme.group(1).lower() == "tel":
        return f"tel:{rest}" if "phone-context" in rest else rest
    return re.split(r"[;?]", rest.partition("@")[0])[0].partition(":")[0]


def spellings(number: Number, forms: Iterable[str] = DEFAULT_FORMS) -> list[str]:
    """Ways in which the number may be stored, likeliest first, each once, at most eight."""
    if number.e164 is None:
        return list(dict.fromkeys(text for text in (number.raw, number.digits) if text))[:MOST_SPELLINGS]
    import phonenumbers
    from phonenumbers import PhoneNumberFormat as Format

    parsed = phonenumbers.parse(number.e164)
    national = phonenumbers.format_number(parsed, Format.NATIONAL)
    significant = phonenumbers.national_significant_number(parsed)
    written = {
        "e164": number.e164,
        "tel_e164": f"tel:{number.e164}",
        "digits": number.digits,
        "national_digits": re.sub(r"\D", "", national),
        "nsn": significant,
        "international": phonenumbers.format_number(parsed, Format.INTERNATIONAL),
        "national": national,
        "rfc3966": phonenumbers.format_number(parsed, Format.RFC3966),
        "idd": f"00{number.digits}",
        "compact": f"+{parsed.country_code} {significant}",
    }
    return list(dict.fromkeys(written[form] for form in forms if form in written))[:MOST_SPELLINGS]


def is_same(stored: str, number: Number) -> bool:
    """Whether a stored text is that number, however it is written; one without country code is read in its country."""
    found = read_number(stored, number.region)
    if found is None:
        return False
    if number.e164 is not None and found.e164 is not None:
        return found.e164 == number.e164
    if number.e164 is None:
        return found.digits == number.digits if number.digits else found.raw.casefold() == number.raw.casefold()
    # short for a number, but whole numbers of small countries are as short
    return found.digits in {re.sub(r"\D", "", text) for text in spellings(number, ["national", "nsn"])}


def any_same(stored: Sequence[object], number: Number) -> bool:
    """Whether one of several stored fields, or an entry of one that is a list, is that number."""
    texts = (text for field in stored for text in (field if isinstance(field, list) else (field,)))
    return any(is_same(text, number) for text in texts if isinstance(text, str))
