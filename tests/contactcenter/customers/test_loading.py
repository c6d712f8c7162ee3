from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contactcenter.customers import check_contacts, load_contacts
from contactcenter.organisation import load_organisation
from dsl.source import Source

SAMPLE = Path(__file__).parents[3] / "flows" / "crm_welcome"


def source(path: Path) -> Source:
    return Source(str(path), path.read_text(encoding="utf-8"))


@pytest.fixture
def sample(make: Any) -> Any:
    world = make((SAMPLE / "organisation.yaml").read_text(encoding="utf-8"))
    assert load_contacts(source(SAMPLE / "contacts.yaml"), world.customers) == []
    return world


def test_the_sample_contacts_have_no_findings() -> None:
    organisation = load_organisation([source(SAMPLE / "organisation.yaml")])[0]
    assert check_contacts(source(SAMPLE / "contacts.yaml"), organisation) == []


def test_the_number_of_the_sample_is_alexis_and_david_is_offered(sample: Any) -> None:
    match = sample.customers.find_by_phone("+18031230000")
    assert match.contact.name == "Alexis Moreau"
    assert [other.name for other in match.others] == ["David Moreau"]


def test_a_company_is_a_contact_without_a_name_that_belongs_to_an_account(sample: Any) -> None:
    contact = sample.customers.find_by_phone("+49407770100").contact
    assert contact.name is None
    assert sample.customers.card(contact.id).company == "Harbour Dental"


def test_loading_the_same_file_again_changes_nothing(sample: Any) -> None:
    before = sample.store.load("customers", "customers")
    assert load_contacts(source(SAMPLE / "contacts.yaml"), sample.customers) == []
    assert sample.store.load("customers", "customers") == before


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        ("{firstNam: A}", "unknown-key"),
        ("{firstName: A, workEmail: nowhere}", "bad-literal"),
        ("{firstName: A, created: yesterday}", "bad-literal"),
        ("{firstName: A, fields: {tier: [1]}}", "bad-literal"),
        ("{firstName: A, fields: {colour: red}}", "bad-literal"),
        ("{firstName: A, address: {postlCode: 1}}", "unknown-key"),
        ("just a text", "wrong-kind"),
    ],
)
def test_a_mistake_is_found_at_its_place_and_the_others_are_stored(sample: Any, contact: str, code: str) -> None:
    text = f"contacts:\n- {contact}\n- {{firstName: Right, customerNumber: 000123}}\n"
    (found,) = load_contacts(Source("contacts.yaml", text), sample.customers)
    assert (found.code, found.span.start.line) == (code, 2)
    assert [one.name for one in sample.customers.search("000123")] == ["Right"]


def test_a_contact_has_the_same_id_wherever_the_file_is_loaded(make: Any) -> None:
    text = "contacts: [{firstName: A, customerNumber: '7'}, {firstName: B, id: 11111111-1111-4111-8111-111111111111}]"
    ids = []
    for _ in range(2):
        world = make((SAMPLE / "organisation.yaml").read_text(encoding="utf-8"))
        assert load_contacts(Source("contacts.yaml", text), world.customers) == []
        ids.append([world.customers.search(name)[0].id for name in "AB"])
    assert ids[0] == ids[1]
    assert ids[0][1] == "11111111-1111-4111-8111-111111111111"


def test_a_contact_that_somebody_deleted_does_not_come_back_with_its_file(sample: Any) -> None:
    contact = sample.customers.find_by_phone("+4930901820").contact
    sample.customers.delete_contact(contact.id)
    assert load_contacts(source(SAMPLE / "contacts.yaml"), sample.customers) == []
    assert sample.customers.find_by_phone("+4930901820").contact is None
