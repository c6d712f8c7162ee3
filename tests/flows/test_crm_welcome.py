"""The whole use case: found in the CRM, greeted by name, asked again, sent to the right queue with the right skills."""

from __future__ import annotations

from typing import Any

import pytest

from dsl.source import Severity

House = Any  # conftest.House
Change = Any  # conftest.Change

MIRA, JONAS, DENTAL, SHARED, STRANGER = (
    "+4930901820",
    "+49895550100",
    "+49407770100",
    "+1 803-123-0000",
    "+15550001",
)
NORA = "+49306660001"
CONFIRM = "hear: If that is right, press: '1'"
ASKED_FOR_NUMBER = "Please enter your six digit customer number."
ASKED_FOR_POSTCODE = "Please enter your postal code"
WITHOUT_NAME = "Welcome to Example."
CASES: dict[str, tuple[dict[str, Any], tuple[str, tuple[str, ...], int]]] = {
    "tier Gold": ({"tier": "Gold"}, ("Gold", ("Billing",), 10)),
    "a tier in other letters": ({"tier": "gold"}, ("Gold", ("Billing",), 10)),
    "tier Platinum": ({"tier": "Platinum"}, ("Gold", ("Billing",), 10)),
    "a tier without a rule": ({"tier": "Silver"}, ("General", ("Billing",), 0)),
    "no tier": ({}, ("General", ("Billing",), 0)),
    "a priority account": ({"priorityAccount": True}, ("Priority", ("Billing",), 20)),
    "no priority account": ({"priorityAccount": False, "tier": "Gold"}, ("Gold", ("Billing",), 10)),
    "two rules that match": ({"priorityAccount": True, "tier": "Gold"}, ("Priority", ("Billing",), 20)),
    "one product": ({"products": ["Fiber"]}, ("General", ("Billing", "Fiber"), 0)),
    "another product": ({"products": ["Television"]}, ("General", ("Billing",), 0)),
    "several products": ({"products": ["Mobile", "Fiber"]}, ("General", ("Billing", "Fiber", "Mobile"), 0)),
    "no product": ({"products": []}, ("General", ("Billing",), 0)),
    "NPS 2": ({"nps": 2}, ("General", ("Billing", "Retention"), 0)),
    "NPS 6": ({"nps": 6}, ("General", ("Billing", "Retention"), 0)),
    "NPS 7": ({"nps": 7}, ("General", ("Billing",), 0)),
    "NPS 9": ({"nps": 9}, ("General", ("Billing",), 0)),
    "NPS 0": ({"nps": 0}, ("General", ("Billing", "Retention"), 0)),
    "exactly five skills, the language among them": (
        {"tier": "Gold", "products": ["Fiber", "Mobile"], "nps": 1},
        ("Gold", ("Billing", "Fiber", "Mobile", "Retention"), 10),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_record_decides_queue_skills_and_priority(house: House, case: str) -> None:
    fields, wanted = CASES[case]
    contact = house.contact(NORA, **fields)
    call = house.call(NORA, CONFIRM if "tier" in fields else "")
    assert call.route == wanted
    assert call.played.rehearsal.language == "English"
    assert call.record == f"builtin:contact:{contact.id}"
    assert "Welcome back, Nora." in call.said


# Who it is.


def test_the_record_found_is_the_record_attached_and_the_one_in_the_story(house: House) -> None:
    mira = f"builtin:contact:{house.holder(MIRA).id}"
    call = house.call(MIRA, CONFIRM)
    assert call.record == mira
    assert [told["record"] for told in call.told("caller.identified")] == [mira]
    assert [told["data"]["crm.record"] for told in call.told("participant_data.set") if "crm.record" in told["data"]]
    assert call.data == {
        "crm.lookup": "found",
        "crm.record": mira,
        "crm.name": "Mira Okafor",
        "crm.tier": "Platinum",
        "crm.products": "Fiber",
        "crm.nps": "2",
        "crm.route": "1",
    }


def test_a_number_that_two_hold_is_the_first_created_and_the_other_is_offered(house: House) -> None:
    call = house.call(SHARED, CONFIRM)
    match = house.customers.find_by_phone(SHARED)
    assert match.contact is not None
    assert [match.contact.name, *(one.name for one in match.others)] == ["Alexis Moreau", "David Moreau"]
    assert call.record == f"builtin:contact:{match.contact.id}"
    assert (call.data["crm.lookup"], call.route[0]) == ("several", "Gold")
    assert "Welcome back, Alexis Moreau." in call.said


def test_the_customer_number_narrows_a_number_that_two_hold(house: House) -> None:
    call = house.call(SHARED, f"hear: {ASKED_FOR_NUMBER}, press: '100202', {CONFIRM}")
    assert (call.data["crm.lookup"], call.data["crm.name"]) == ("found", "David Moreau")
    assert "Welcome back, David Moreau." in call.said


def test_a_call_given_to_david_stays_his_and_the_next_one_is_alexis_again(house: House) -> None:
    alexis, david = house.customers.find_by_phone(SHARED).contact, house.customers.find_by_phone(SHARED).others[0]
    assert alexis is not None
    first = house.call(SHARED, CONFIRM)
    house.customers.resolve_call(first.id, SHARED)
    house.customers.link_by_flow(first.id, str(first.record))
    house.customers.relink(first.id, david.id)
    card = house.customers.card(conversation=first.id, address=SHARED)
    assert (card.contact.id, [other.id for other in card.others]) == (david.id, [alexis.id])

    second = house.call(SHARED, CONFIRM, at="2026-06-01T11:00:00Z")
    link, _ = house.customers.resolve_call(second.id, SHARED)
    assert link is not None
    assert (second.record, link.contact_id) == (f"builtin:contact:{alexis.id}", alexis.id)
    kept = house.customers.link_of(first.id)
    assert kept is not None
    assert kept.contact_id == david.id


def test_a_contact_without_a_name_is_greeted_without_one_and_keeps_its_record(house: House) -> None:
    call = house.call(DENTAL)
    assert WITHOUT_NAME in call.said
    assert call.record == f"builtin:contact:{house.holder(DENTAL).id}"
    assert call.route == ("General", ("Billing", "Mobile"), 0)
    assert call.told("caller.greeted") == [{"name": None, "text": WITHOUT_NAME}]


def test_a_withheld_number_is_not_looked_up(house: House) -> None:
    call = house.call("anonymous", f"hear: {ASKED_FOR_NUMBER}, press: '482913', {CONFIRM}")
    assert call.asked == [("Field", "482913")]
    assert "Welcome back, Jonas Lindqvist." in call.said


def test_a_number_that_no_phone_has_is_an_unknown_caller(house: House) -> None:
    call = house.call("+000", f"hear: {ASKED_FOR_NUMBER}, press: '482913', {CONFIRM}")
    assert call.data["crm.name"] == "Jonas Lindqvist"


def test_the_customer_number_is_wrong_once_and_right_the_second_time(house: House) -> None:
    script = f"hear: {ASKED_FOR_NUMBER}, press: '111111', hear: I could not find that number."
    call = house.call(STRANGER, f"{script}, hear: {ASKED_FOR_NUMBER}, press: '482913', {CONFIRM}")
    assert call.asked == [("Phone", STRANGER), ("Field", "111111"), ("Field", "482913")]
    assert call.route == ("Gold", ("Billing", "Fiber", "Mobile", "Retention"), 10)
    assert call.record == f"builtin:contact:{house.holder(JONAS).id}"
    assert ASKED_FOR_POSTCODE not in call.said


def test_who_knows_no_customer_number_is_found_by_postal_code(house: House) -> None:
    call = house.call(
        STRANGER, f"wait: no_input, wait: no_input, hear: {ASKED_FOR_POSTCODE}, press: '10115#', {CONFIRM}"
    )
    assert (call.data["crm.name"], call.route[0]) == ("Mira Okafor", "Priority")


def test_who_is_never_identified_is_asked_everything_and_goes_to_the_default_queue(house: House) -> None:
    script = f"press: '111111', hear: I could not find, press: '222222', hear: {ASKED_FOR_POSTCODE}, press: '99999#'"
    call = house.call(STRANGER, f"hear: {ASKED_FOR_NUMBER}, {script}")
    assert call.asked[1:] == [("Field", "111111"), ("Field", "222222"), ("Field", "99999")]
    assert call.route == ("General", ("Billing",), 0)
    assert call.data == {"crm.lookup": "unknown", "crm.route": "default"}
    assert WITHOUT_NAME in call.said
    assert "Welcome back" not in call.said


# The confirmed fact is denied.

DENY = "hear: If that is right, press: '2'"


def test_a_denied_record_is_dropped_and_another_one_is_taken_without_a_greeting_by_name(house: House) -> None:
    call = house.call(MIRA, f"{DENY}, hear: {ASKED_FOR_NUMBER}, press: '482913'")
    assert call.record == f"builtin:contact:{house.holder(JONAS).id}"
    assert call.route == ("Gold", ("Billing", "Fiber", "Mobile", "Retention"), 10)
    assert WITHOUT_NAME in call.said
    assert "Welcome back" not in call.said


def test_a_denied_record_is_never_taken_again(house: House) -> None:
    script = f"hear: {ASKED_FOR_NUMBER}, press: '100300', hear: I could not find, press: '100300'"
    call = house.call(MIRA, f"{DENY}, {script}, hear: {ASKED_FOR_POSTCODE}, press: '10115#'")
    assert call.data == {"crm.lookup": "unknown", "crm.route": "default"}
    assert call.route == ("General", ("Billing",), 0)
    assert WITHOUT_NAME in call.said


def test_who_denies_and_is_silent_has_no_record(house: House) -> None:
    call = house.call(MIRA, DENY)
    assert (call.record, call.route[0]) == (None, "General")
    assert "Mira" not in call.said


@pytest.mark.parametrize("answer", ["press: '1'", "press: '7'", "press: '#'", "wait: no_input"])
def test_only_a_clear_no_denies(house: House, answer: str) -> None:
    call = house.call(MIRA, f"hear: If that is right, {answer}")
    assert call.route[0] == "Priority"
    assert "Welcome back, Mira Okafor." in call.said


# The CRM does not answer as it should.

UNREACHABLE: dict[str, tuple[int | None, bytes]] = {
    "500": (500, b'{"message": "broken"}'),
    "503": (503, b""),
    "429": (429, b""),
    "garbage": (200, b"<html>it works</html>"),
    "nothing in time": (None, b""),
}


@pytest.mark.parametrize("answer", UNREACHABLE)
def test_a_crm_that_does_not_answer_is_no_unknown_caller(house: House, answer: str) -> None:
    house.answers_instead(*UNREACHABLE[answer])
    call = house.call(MIRA)
    assert call.asked == [("Phone", MIRA)]
    assert ASKED_FOR_NUMBER not in call.said
    assert call.route == ("General", ("Billing",), 0)
    assert call.data == {"crm.lookup": "unreachable", "crm.route": "default"}
    assert WITHOUT_NAME in call.said
    assert call.told("caller.unidentified") == [{"outcome": "unreachable"}]


def test_the_caller_waits_ten_seconds_for_a_crm_that_is_silent_and_no_longer(house: House) -> None:
    house.answers_instead(None)
    assert 10 < house.call(MIRA).seconds < 20


def test_a_404_is_an_unknown_caller_who_is_asked(house: House) -> None:
    house.answers_instead(404, b'{"message": "no such contact"}')
    call = house.call(MIRA)
    assert (call.data["crm.lookup"], call.route[0]) == ("unknown", "General")
    assert ASKED_FOR_NUMBER in call.said
    assert ASKED_FOR_POSTCODE in call.said


@pytest.mark.parametrize("body", [b"{}", b"[1, 2]", b'{"outcome": "found", "name": "Mira"}'])
def test_an_answer_without_a_record_is_an_unknown_caller(house: House, body: bytes) -> None:
    house.answers_instead(200, body)
    call = house.call(MIRA)
    assert (call.data["crm.lookup"], call.record) == ("unknown", None)
    assert ASKED_FOR_NUMBER in call.said
    assert WITHOUT_NAME in call.said


def test_a_crm_that_breaks_down_while_we_ask_is_not_asked_again(house: House) -> None:
    house.answers_instead(500)
    call = house.call("anonymous", f"hear: {ASKED_FOR_NUMBER}, press: '111111'")
    assert call.asked == [("Field", "111111")]
    assert call.data == {"crm.lookup": "unreachable", "crm.route": "default"}
    assert ASKED_FOR_POSTCODE not in call.said


# What callers do.


def test_a_silent_caller_is_asked_three_times_and_gets_through(house: House) -> None:
    call = house.call(STRANGER)
    assert [(told["prompt"], told["attempt"]) for told in call.told("caller.prompted")] == [(1, 1), (1, 2), (2, 1)]
    assert call.route == ("General", ("Billing",), 0)
    assert call.seconds < 60


@pytest.mark.parametrize("number", [STRANGER, MIRA, SHARED, "anonymous"])
@pytest.mark.parametrize("keys", ["1" * 40, "*#*#*#*#*#*#", "0123456789*#" * 4, "2" * 30, "#" * 20])
def test_a_caller_who_mashes_keys_gets_through(house: House, number: str, keys: str) -> None:
    call = house.call(number, f"press: {{digits: '{keys}', gap: 60ms}}")
    assert call.end == ("queue", "flow")
    assert not [element for element in call.played.rehearsal.trace if "error" in element]


HANG_UPS = {
    "the first words": (MIRA, "hear: Thank you for calling", {}),
    "the confirmation": (MIRA, "hear: If that is right, wait: prompt_end", {}),
    "the greeting": (MIRA, f"{CONFIRM}, hear: Welcome back", {"crm.lookup": "found", "crm.name": "Mira Okafor"}),
    "the first question": (STRANGER, f"hear: {ASKED_FOR_NUMBER}", {}),
    "the middle of the digits": (STRANGER, f"hear: {ASKED_FOR_NUMBER}, press: '48'", {}),
    "the wrong number": (STRANGER, f"hear: {ASKED_FOR_NUMBER}, press: '111111', hear: I could not find", {}),
    "the second question": (STRANGER, f"wait: no_input, wait: no_input, hear: {ASKED_FOR_POSTCODE}", {}),
    "the question after a denial": (MIRA, f"{DENY}, hear: {ASKED_FOR_NUMBER}", {}),
    "the last words": (STRANGER, "hear: One moment", {"crm.lookup": "unknown", "crm.route": "default"}),
}


@pytest.mark.parametrize("moment", HANG_UPS)
def test_who_hangs_up_is_gone_at_once_and_what_was_known_is_kept(house: House, moment: str) -> None:
    number, script, kept = HANG_UPS[moment]
    call = house.call(number, f"{script}, hang up: true")
    assert call.end == ("hangup", "caller")
    assert call.played.rehearsal.queue is None
    assert kept.items() <= call.data.items()
    assert bool(kept) == bool(call.data)
    assert call.told("call.ended")[0]["end"] == "hangup"


def test_who_hangs_up_while_the_crm_is_asked_is_gone_at_once(house: House) -> None:
    house.answers_instead(None)
    call = house.call(MIRA, "wait: 4s, hang up: true")
    assert (call.end, call.seconds, call.data) == (("hangup", "caller"), 4.0, {})


# More than five skills.

SIX = {"                - Billing\n": "                - Billing\n                - Hardware\n"}
KNOWN = {"skills: [{name: Billing}": "skills: [{name: Hardware}, {name: Billing}"}


def test_a_sixth_skill_is_an_error_where_it_stands(changed: Change) -> None:
    from callwright.loading import load_flow_file

    root = changed(SIX, KNOWN)
    loaded = load_flow_file(root / "flows/crm_welcome.yaml")
    errors = [found for found in loaded.findings if found.severity is Severity.ERROR]
    assert [found.code for found in errors] == ["too-many-skills"]
    line = (root / "flows/crm_welcome.yaml").read_text(encoding="utf-8").splitlines()[errors[0].span.start.line - 1]
    assert "skill: Retention" in line


COMPUTED = """              skills:
                - Billing
                - {skill: Fiber, when: {products: {contains: Fiber}}}
                - {skill: Mobile, when: {products: {contains: Mobile}}}
                - {skill: Retention, when: {nps: {atMost: 6}}}
"""
FIND_ALL = ", ".join(f'FindSkill("{name}")' for name in ("Billing", "Fiber", "Mobile", "Retention", "Hardware"))
LANGUAGE = "              language: English\n"


@pytest.mark.parametrize(
    ("with_language", "stand", "dropped"),
    [
        (True, ("Billing", "Fiber", "Mobile", "Retention"), ["Hardware", "Billing"]),
        (False, ("Billing", "Fiber", "Mobile", "Retention", "Hardware"), ["Billing"]),
    ],
)
def test_of_computed_skills_the_first_five_stand_and_the_rest_is_traced(
    changed: Change, opened: Any, with_language: bool, stand: tuple[str, ...], dropped: list[str]
) -> None:
    computed = {COMPUTED: f"              skills: {{exp: 'MakeList({FIND_ALL}, FindSkill(\"Billing\"))'}}\n"}
    house = opened(changed(computed if with_language else {**computed, LANGUAGE: ""}, KNOWN))
    call = house.call(MIRA, CONFIRM)
    assert call.route == ("Priority", stand, 20)
    assert call.told("skills.required")[0]["dropped"] == dropped
