"""A caller's number as flows hold it, as it is looked up, and as people read it."""

from __future__ import annotations


def uri(number: str) -> str:
    """A number as the URI that ``Call.Ani`` holds; what is no number (a withheld one) stays as it is."""
    return f"tel:{number}" if number[:1] in "+0123456789" and number else number


def bare(number: str) -> str:
    """A number without the scheme and host of its URI (``tel:+49…`` and ``sip:+49…@host`` become ``+49…``)."""
    return number.removeprefix("tel:").removeprefix("sip:").partition("@")[0]


def readable(address: str | None) -> str:
    """A number in international form; empty when it is withheld."""
    import phonenumbers

    number = bare(address or "")
    if not number.startswith("+"):
        return number if number[:1].isdigit() else ""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
