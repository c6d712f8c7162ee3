from __future__ import annotations

import pytest

from contactcenter.customers.phones import phone_field, read_phone
from contactcenter.customers.settings import CustomerSettings

GERMAN = CustomerSettings(default_region="DE")


@pytest.mark.parametrize(
    ("text", "e164", "extension"),
    [
        ("0176/1234567", "+491761234567", None),
        ("+1 803-123-0000", "+18031230000", None),
        ("tel:+18031230000", "+18031230000", None),
        ("sip:+18031230000@trunk.example.com;user=phone", "+18031230000", None),
        ("+49 30 123456 ext 12", "+4930123456", 12),
        ("tel:+4930123456;ext=12", "+4930123456", 12),
        ("٠١٧٦ 1234567", "+491761234567", None),
        ("112", None, None),
        ("1234", None, None),
        ("anonymous", None, None),
        ("Restricted", None, None),
        ("unbekannt", None, None),
        ("sip:anonymous@anonymous.invalid", None, None),
        ("+266696687", None, None),
        ("0000000", None, None),
        ("", None, None),
        ("+1555", None, None),
    ],
)
def test_a_number_identifies_where_it_is_possible(text: str, e164: str | None, extension: int | None) -> None:
    phone = read_phone(text, GERMAN)
    assert (phone.e164, phone.extension) == (e164, extension)


def test_without_a_country_code_the_region_decides_and_the_client_may_name_another() -> None:
    assert read_phone("803-123-0000", CustomerSettings()).e164 == "+18031230000"
    written = phone_field({"display": "030 123456", "normalizationCountryCode": "DE"}, CustomerSettings())
    assert written is not None
    assert written["e164"] == "+4930123456"


def test_the_field_keeps_what_was_written_and_shows_the_international_form() -> None:
    assert phone_field("0176/1234567", GERMAN) == {
        "display": "+49 176 1234567",
        "userInput": "0176/1234567",
        "e164": "+491761234567",
        "countryCode": "DE",
    }
    assert phone_field("reception", GERMAN) == {"display": "reception", "userInput": "reception"}
