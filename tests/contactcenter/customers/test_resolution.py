"""Who is calling? (customers.md §4, §5; tests 3, 9, 21, 23, 27 of its list)"""

from __future__ import annotations

from typing import Any

import pytest

from contactcenter.customers import Actor, Entry

SHARED = "+1 803-123-0000"
AGENT = Actor("ada", "call-1", "desk")


def test_a_number_of_two_belongs_to_the_first_created(shared_number: Any) -> None:
    world, alexis, david = shared_number
    link, match = world.customers.resolve_call("call-1", "tel:+18031230000")
    assert (link.contact_id, link.how) == (alexis.id, "first_of_many")
    assert match.outcome == "several"
    assert [other.id for other in match.others] == [david.id]
    assert link.explain.candidates == (david.id,)
    assert link.explain.since == alexis.created_at


def test_the_agent_relinks_this_call_and_the_next_one_is_alexis_again(shared_number: Any) -> None:
    world, alexis, david = shared_number
    world.customers.resolve_call("call-1", SHARED)
    link = world.customers.relink("call-1", david.id, AGENT)
    assert (link.contact_id, link.how, link.level) == (david.id, "agent", "verified")
    assert world.customers.link_of("call-1").contact_id == david.id
    following, _ = world.customers.resolve_call("call-2", SHARED)
    assert (following.contact_id, following.how) == (alexis.id, "first_of_many")


def test_after_alexis_is_deleted_the_number_is_davids(shared_number: Any) -> None:
    world, alexis, david = shared_number
    world.customers.delete_contact(alexis.id)
    link, match = world.customers.resolve_call("call-1", SHARED)
    assert (link.contact_id, link.how, match.outcome) == (david.id, "single", "found")


def test_after_alexis_gives_the_number_up_it_is_davids(shared_number: Any) -> None:
    world, alexis, david = shared_number
    world.customers.replace_contact(alexis.id, {"firstName": "Alexis"})
    assert world.customers.find_by_phone(SHARED).contact.id == david.id
    world.clock.forward(days=1)
    world.customers.replace_contact(alexis.id, {"firstName": "Alexis", "cellPhone": SHARED})
    assert world.customers.find_by_phone(SHARED).contact.id == david.id


def test_writing_the_same_value_again_does_not_lose_the_date(shared_number: Any) -> None:
    world, alexis, _ = shared_number
    world.customers.replace_contact(alexis.id, {"firstName": "Alexis", "otherPhone": "1 (803) 123 0000"})
    world.customers.replace_contact(alexis.id, {"firstName": "Alex", "otherPhone": "+18031230000"})
    assert world.customers.find_by_phone(SHARED).contact.id == alexis.id


def test_at_the_same_instant_the_lower_sequence_is_first_even_if_the_clock_goes_back(world: Any) -> None:
    first = world.create("First", "2026-02-04T09:00:00Z", workPhone=SHARED)
    world.create("Second", "2026-02-04T09:00:00Z", workPhone=SHARED)
    assert world.customers.find_by_phone(SHARED).contact.id == first.id


def test_an_unknown_number_becomes_an_identified_contact_that_the_next_call_finds(world: Any) -> None:
    link, match = world.customers.resolve_call("call-1", "+49 30 901820")
    made = world.customers.contact(link.contact_id)
    assert (link.how, match.outcome, made.type) == ("created", "unknown", "Identified")
    again, _ = world.customers.resolve_call("call-2", "+4930901820")
    assert (again.contact_id, again.how) == (made.id, "single")
    assert world.customers.contact(made.id).type == "Identified"


def test_what_an_agent_links_becomes_curated_and_is_then_found_by_name(world: Any) -> None:
    link, _ = world.customers.resolve_call("call-1", "+49 30 901820")
    assert world.customers.search("+4930901820") == []
    world.customers.relink("call-1", link.contact_id, AGENT)
    assert [one.id for one in world.customers.search("+4930901820")] == [link.contact_id]


@pytest.mark.parametrize("number", ["anonymous", "Restricted", "", "sip:anonymous@anonymous.invalid", "0000000", "112"])
def test_a_withheld_number_is_nobodys_and_makes_nobody(world: Any, number: str) -> None:
    world.create("Alexis", workPhone="112", lastName="anonymous")
    link, match = world.customers.resolve_call("call-1", number)
    assert (link, match.outcome, match.contact) == (None, "unknown", None)


def test_creation_can_be_switched_off(world: Any) -> None:
    link, match = world.customers.resolve_call("call-1", "+4930901820", create=False)
    assert (link, match.outcome) == (None, "unknown")


def test_a_switchboard_shared_by_many_identifies_nobody_but_lists_candidates(world: Any) -> None:
    made = [world.create(f"P{number}", workPhone=SHARED) for number in range(20)]
    assert world.customers.find_by_phone(SHARED).outcome == "several"
    made.append(world.create("One more", workPhone=SHARED))
    match = world.customers.find_by_phone(SHARED)
    assert (match.outcome, match.contact) == ("unknown", None)
    assert [one.id for one in match.others] == [one.id for one in made[:10]]
    assert world.customers.resolve_call("call-1", SHARED)[0] is None


def test_not_this_person_is_remembered_for_that_pair(shared_number: Any) -> None:
    world, alexis, david = shared_number
    world.customers.not_this_person(alexis.id, "Phone", "+18031230000", AGENT)
    assert world.customers.find_by_phone(SHARED).contact.id == david.id


def test_a_contact_made_during_a_call_is_linked_and_gets_the_earlier_unlinked_calls(world: Any) -> None:
    number = "+4930901820"
    world.customers.log(
        Entry(id="interaction:old", kind="interaction", at=world.clock.at, ended_at=world.clock.at, address=number)
    )
    world.clock.forward(days=1)
    contact = world.customers.create_contact({"lastName": "Okafor", "cellPhone": number}, AGENT, conversation="call-1")
    assert world.customers.link_of("call-1").contact_id == contact.id
    card = world.customers.card(contact.id)
    assert [entry["id"] for entry in card.history] == ["interaction:old"]
    later, _ = world.customers.resolve_call("call-2", number)
    assert (later.contact_id, later.how) == (contact.id, "single")


def test_a_flow_links_by_reference(shared_number: Any) -> None:
    world, _, david = shared_number
    link = world.customers.link_by_flow("call-1", f"builtin:contact:{david.id}")
    assert (link.contact_id, link.how, link.level) == (david.id, "flow", "claimed")
    assert world.customers.link_by_flow("call-1", "salesforce:Contact:1") is None
    assert world.customers.link_by_flow("call-1", "builtin:contact:nobody") is None


@pytest.mark.parametrize(("days", "alive"), [(59.999, True), (60, False)])
def test_an_identified_contact_is_forgotten_after_sixty_days(world: Any, days: float, *, alive: bool) -> None:
    link, _ = world.customers.resolve_call("call-1", "+4930901820")
    world.clock.forward(days=days)
    again, _ = world.customers.resolve_call("call-2", "+4930901820")
    assert (again.contact_id == link.contact_id) is alive


def test_the_sweeper_takes_the_expired_and_leaves_the_rest(world: Any) -> None:
    world.create("Curated")
    gone, _ = world.customers.resolve_call("call-1", "+4930901820")
    world.clock.forward(days=30)
    kept, _ = world.customers.resolve_call("call-2", "+4930901821")
    world.clock.forward(days=30)
    assert world.customers.sweep() == 1
    assert world.customers.sweep() == 0
    assert world.customers.contact(kept.contact_id).id == kept.contact_id
    with pytest.raises(Exception, match=gone.contact_id):
        world.customers.contact(gone.contact_id)


def test_a_contact_that_an_agent_linked_never_expires(world: Any) -> None:
    link, _ = world.customers.resolve_call("call-1", "+4930901820")
    world.clock.forward(days=59)
    world.customers.relink("call-1", link.contact_id, AGENT)
    world.clock.forward(days=500)
    assert world.customers.contact(link.contact_id).type == "Curated"


def test_mail_chat_and_phone_know_the_same_person_by_their_own_keys(world: Any) -> None:
    mira = world.create("Mira", workEmail="Mira@Example.com", workPhone="+4930901820")
    mail, _ = world.customers.resolve("mail-1", [("Email", "mira@EXAMPLE.com")])
    chat, _ = world.customers.resolve("chat-1", [("Email", "nobody@example.com"), ("Phone", "+4930901820")])
    assert (mail.contact_id, chat.contact_id) == (mira.id, mira.id)


def test_a_cookie_alone_makes_an_ephemeral_contact(world: Any) -> None:
    link, _ = world.customers.resolve("web-1", [("Cookie", "c-1")])
    assert world.customers.contact(link.contact_id).type == "Ephemeral"


@pytest.mark.parametrize("address", ["noreply@example.com", "postmaster@example.com"])
def test_role_mailboxes_identify_nobody(world: Any, address: str) -> None:
    assert world.customers.resolve("mail-1", [("Email", address)])[0] is None
