"""The customer card of what the built-in CRM keeps: contacts, and records that belong to them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callwright.inventory import surroundings_of
from callwright.project import load_project
from callwright.samples import sample
from callwright.serving.cards import KIND, Cards
from contactcenter.customers import Customers
from contactcenter.customers.contacts import Contact
from contactcenter.customers.records import Record, create_record
from contactcenter.customers.settings import settings_from
from store import MemoryStore


@pytest.fixture
def cards() -> Cards:
    organisation = surroundings_of(load_project(sample("crm_welcome"))[0]).organisation
    assert organisation is not None
    return Cards(Customers(MemoryStore(), settings_from(organisation), lambda: 1_800_000_000_000), organisation)


@pytest.fixture
def contact(cards: Cards) -> Contact:
    return cards.customers.create_contact({"firstName": "Emma", "lastName": "Woodhouse", "workPhone": "+49301234567"})


def record(cards: Cards, **fields: Any) -> Record:
    return cards.customers.write(lambda unit: create_record(unit, "case", {"subject": "No dial tone", **fields}))


def card(cards: Cards, reference: str) -> dict[str, Any]:
    found = asyncio.run(cards.card(reference))
    assert found is not None
    return dict(found)


def test_a_case_shows_itself_and_below_it_the_contact_with_its_notes(cards: Cards, contact: Contact) -> None:
    case = record(cards, contactId=contact.id, priority="high")
    cards.customers.add_note(contact.id, "Prefers mornings.")
    shown = card(cards, case.ref)
    assert (shown["title"], shown["subtitle"]) == ("No dial tone", f"Case · {case.number} · open · since 2027-01-15")
    facts = {field["label"]: field["value"] for field in shown["fields"]}
    assert (facts["Priority"], facts["Contact"], facts["Phone"]) == ("high", "Emma Woodhouse", "+49 30 1234567")
    assert [note["text"] for note in shown["notes"]] == ["Prefers mornings."]


def test_a_note_on_a_case_goes_to_its_contact(cards: Cards, contact: Contact) -> None:
    assert cards.contact_of(record(cards, contactId=contact.id).ref) == contact.id
    assert cards.contact_of(KIND + contact.id) == contact.id
    assert cards.contact_of(record(cards).ref) is None


def test_a_case_of_nobody_has_a_card_of_its_own(cards: Cards) -> None:
    shown = card(cards, record(cards).ref)
    assert (shown["title"], shown["history"]) == ("No dial tone", [])


def test_a_record_that_is_gone_does_not_exist_and_one_of_another_crm_is_believed(cards: Cards) -> None:
    assert not cards.exists("builtin:case:nowhere")
    assert cards.exists(record(cards).ref)
    assert cards.exists("salesforce:Contact:0035g00000XyZabAAF")
