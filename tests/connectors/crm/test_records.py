"""Numbers as they come and as they are stored, references, and the pages of records."""

from __future__ import annotations

from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.records import pop_url, read_ref, types_of
from connectors.records.phones import FORMS, is_same, read_number, spellings


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("tel:+13175550125", None, "+13175550125"),
        ("tel: +13175550125", None, "+13175550125"),
        ("tel:+1-201-555-0123;ext=12", None, "+12015550123"),
        ("+1 317 555 0125 x12", None, "+13175550125"),
        ("tel:555-0100;phone-context=+1-914", None, "+19145550100"),
        ("+49 (30) 123-456", None, "+4930123456"),
        ("030 123456", "DE", "+4930123456"),
        ("0049 30 123456", "DE", "+4930123456"),
        ("+44 (0)20 7946 0018", None, "+442079460018"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("911", "US", None),
        ("tel:911", "US", None),
        ("+1555", None, None),
        ("+390612345678", None, "+390612345678"),
        ("sip:+4930123456@host;user=phone", None, "+4930123456"),
        ("sip:+4930123456:secret@host:5060", None, "+4930123456"),
        ("tel%3A%2B4930123456", None, "+4930123456"),
        ("sip:ada@example.com", None, None),
        ("０３０ 123456", "DE", "+4930123456"),
    ],
)
def test_a_number_is_read_as_the_reference_says(text: str, region: str | None, e164: str | None) -> None:
    number = read_number(text, region)
    assert number is not None
    assert number.e164 == e164


@pytest.mark.parametrize(
    "text", ["", " ", "anonymous", "tel:anonymous", "Restricted", "sip:anonymous@anonymous.invalid"]
)
def test_a_withheld_number_is_none(text: str) -> None:
    assert read_number(text) is None


EXAMPLES = sorted(
    {
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        if (number := phonenumbers.example_number(region)) is not None
    }
)


def test_a_number_is_known_again_in_every_form_that_has_a_country() -> None:
    for e164 in EXAMPLES:
        number = read_number(e164)
        assert number is not None
        for text in spellings(number, ["e164", "tel_e164", "international", "rfc3966", "compact"]):
            assert is_same(text, number), (e164, text)


def test_a_number_without_its_country_is_known_again_in_the_callers_country() -> None:
    missed = []
    for e164 in EXAMPLES:
        number = read_number(e164)
        assert number is not None
        missed += [text for text in spellings(number, ["national", "national_digits"]) if not is_same(text, number)]
    assert missed == []


@settings(max_examples=100)
@given(st.sampled_from(EXAMPLES), st.lists(st.sampled_from([*FORMS, "nonsense"]), max_size=12))
def test_spellings_are_few_and_each_is_there_once(e164: str, forms: list[str]) -> None:
    number = read_number(e164)
    assert number is not None
    found = spellings(number, forms)
    assert len(found) == len(set(found)) <= 8


@given(st.text(max_size=30))
def test_reading_a_number_never_raises(text: str) -> None:
    number = read_number(text, "DE")
    if number is not None:
        spellings(number)
        is_same(text, number)


def test_strangers_are_not_the_same() -> None:
    number = read_number("+4930123456")
    assert number is not None
    for text in ("+4930123457", "030 12345", "", "anonymous", "+1 30 123456", "123456"):
        assert not is_same(text, number)


def test_a_reference_is_split_at_its_first_two_colons() -> None:
    ref = read_ref("crm:contact:a:b")
    assert ref is not None
    assert (ref.connector, ref.type, ref.id, str(ref)) == ("crm", "contact", "a:b", "crm:contact:a:b")
    assert read_ref("crm:contact") is None


PAGES = [
    ("type: salesforce-datadip\n    origin: https://acme--dev.sandbox.my.salesforce.com", "0035g00000XyZabAAF",
     "https://acme--dev.sandbox.lightning.force.com/lightning/r/Contact/0035g00000XyZabAAF/view"),
    ("type: microsoft-dynamics-data-actions\n    origin: https://acme.crm.dynamics.com",
     "11111111-2222-4333-8444-555555555555",
     "https://acme.crm.dynamics.com/main.aspx?pagetype=entityrecord&etn=contact&id=11111111-2222-4333-8444-555555555555"),
    ("type: zendesk-data-actions\n    origin: https://acme.zendesk.com", "7", "https://acme.zendesk.com/agent/users/7"),
    ("type: servicenow\n    origin: https://acme.service-now.com", "0" * 32,
     "https://acme.service-now.com/nav_to.do?uri=sys_user.do%3Fsys_id%3D" + "0" * 32),
    ("type: hubspot\n    origin: https://api.hubapi.com\n    portalId: 42", "7",
     "https://app.hubspot.com/contacts/42/record/0-1/7"),
    ("type: generic-rest\n    origin: https://crm.example\n    popUrl: 'https://crm.example/ui/{type}/{id}'", "a:b",
     "https://crm.example/ui/contact/a%3Ab"),
]  # fmt: skip


@pytest.mark.parametrize(("yaml", "id_", "url"), PAGES, ids=[page[2].split("/")[2] for page in PAGES])
def test_the_page_of_a_record(yaml: str, id_: str, url: str, connected: Any) -> None:
    connection = connected(f"  CRM:\n    {yaml}\n")
    contact = types_of(connection)["contact"]
    assert pop_url(connection, contact, id_) == url
    for wrong in ("/../x", "%2F", "javascript:alert(1)?", "a b", "x#y", ""):
        assert pop_url(connection, contact, wrong) is None


def test_a_page_is_https_or_nothing(connected: Any) -> None:
    connection = connected(
        "  CRM:\n    type: generic-rest\n    origin: https://crm.example\n    popUrl: 'javascript:alert({id})'\n"
    )
    assert pop_url(connection, types_of(connection)["contact"], "1") is None
