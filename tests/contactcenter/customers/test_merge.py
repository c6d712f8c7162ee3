"""Merge, preview and undo (customers.md §6, §15; tests 10 to 12, 24 of its list)."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from contactcenter.customers import Actor, Customers, CustomerSettings, Entry, merges, tables
from contactcenter.customers.contacts import Contact
from contactcenter.customers.problems import BadRequestError, ClashError, NotFoundError, UnprocessableError
from contactcenter.customers.unit import contact_of
from store import MemoryStore

AGENT = Actor("ada", None, "desk")
NUMBER, OTHER = "+18031230000", "+4930901820"


def merge_of(world: Any, output: Contact) -> str:
    (event,) = world.customers.read(lambda unit: merges.events_of(unit, unit.living(output.id)))
    return str(event["id"])


def test_a_merge_makes_a_new_contact_and_its_inputs_answer_with_it(world: Any) -> None:
    ann = world.create("Ann", workPhone=NUMBER)
    anna = world.create("Anna", workEmail="ann@example.com")
    output = world.customers.merge([ann.id, anna.id], {}, AGENT)
    assert world.customers.contact(ann.id).id == world.customers.contact(anna.id).id == output.id
    assert output.merged_from == (ann.id, anna.id)
    assert world.customers.find_by_phone(NUMBER).contact.id == output.id
    mail, _ = world.customers.resolve("mail-1", [("Email", "ann@example.com")])
    assert mail.contact_id == output.id


def test_the_last_modified_input_gives_a_value_and_an_override_comes_before_all(world: Any) -> None:
    old = world.create("Old", lastName="Name", title="Dr")
    world.clock.forward(days=1)
    new = world.create("New", lastName="Name")
    output = world.customers.merge([new.id, old.id], {"salutation": "Ms"}, AGENT)
    assert dict(output.fields) == {"firstName": "New", "lastName": "Name", "title": "Dr", "salutation": "Ms"}


def test_the_preview_is_what_the_merge_gives(world: Any) -> None:
    ids = [
        world.create("A", workPhone=NUMBER, customFields={"tier": "Gold"}).id,
        world.create("B", workPhone=OTHER, customFields={"tier": "Silver", "nps": 3}).id,
    ]
    planned = world.customers.read(lambda unit: merges.preview(unit, ids, {"title": "Dr"}))
    output = world.customers.merge(ids, {"title": "Dr"}, AGENT)
    assert dict(output.fields) == dict(planned.fields)
    assert {conflict["field"] for conflict in planned.conflicts} == {"firstName", "workPhone", "customFields.tier_text"}
    assert planned.sources["title"] == "override"


def test_a_number_that_loses_its_field_moves_to_a_free_one(world: Any) -> None:
    first, second = world.create("A", workPhone=NUMBER), world.create("B", workPhone=OTHER)
    output = world.customers.merge([first.id, second.id], {}, AGENT)
    held = {slot: output.fields[slot]["e164"] for slot in ("workPhone", "cellPhone")}
    assert held == {"workPhone": OTHER, "cellPhone": NUMBER}


def test_a_number_without_a_free_field_stays_an_identifier_and_is_told(world: Any) -> None:
    slots = ("workPhone", "cellPhone", "homePhone", "otherPhone")
    numbers = [f"+4930901{number}" for number in range(820, 825)]
    first = world.create("A", workPhone=numbers[4])
    full = world.create("B", **dict(zip(slots, numbers, strict=False)))

    def work(unit: Any) -> Any:
        return merges.merge(unit, [first.id, full.id], {}), list(unit.warnings)

    output, warnings = world.customers.write(work, AGENT)
    assert len(warnings) == 1
    assert numbers[4] in warnings[0]
    assert world.customers.find_by_phone(numbers[4]).contact.id == output.id


def test_the_first_holder_stays_first_through_a_merge(world: Any) -> None:
    alexis = world.create("Alexis", "2026-02-04T09:00:00Z", workPhone=NUMBER)
    david = world.create("David", "2026-03-20T09:00:00Z", workPhone=NUMBER)
    nobody = world.create("A. Moreau", "2026-04-01T09:00:00Z")
    output = world.customers.merge([nobody.id, alexis.id], {}, AGENT)
    match = world.customers.find_by_phone(NUMBER)
    assert (match.contact.id, [one.id for one in match.others]) == (output.id, [david.id])


@pytest.mark.parametrize("count", [1, 26])
def test_a_merge_takes_two_to_twenty_five(world: Any, count: int) -> None:
    ids = [world.create(str(number)).id for number in range(count)]
    with pytest.raises(BadRequestError, match="2 to 25"):
        world.customers.merge(ids, {}, AGENT)


def test_a_contact_is_not_merged_with_itself_nor_with_nobody(world: Any) -> None:
    one = world.create("A").id
    with pytest.raises(BadRequestError, match="itself"):
        world.customers.merge([one, one], {}, AGENT)
    with pytest.raises(NotFoundError):
        world.customers.merge([one, "nobody"], {}, AGENT)


def test_an_alias_is_refused_with_its_canonical_id(world: Any) -> None:
    first, second, third = (world.create(name).id for name in "ABC")
    output = world.customers.merge([first, second], {}, AGENT)
    with pytest.raises(ClashError) as refused:
        world.customers.merge([first, third], {}, AGENT)
    assert refused.value.details == ({"entityId": output.id, "entityName": first},)


def test_a_set_of_fifty_two_is_possible_and_one_of_fifty_three_is_not(world: Any) -> None:
    def chain(members: int) -> str:
        first = world.customers.merge([world.create(str(n)).id for n in range(25)], {}, AGENT).id
        second = world.customers.merge([world.create(str(n)).id for n in range(members - 26 - 2)], {}, AGENT).id
        return str(world.customers.merge([first, second], {}, AGENT).id)

    assert len(world.customers.read(lambda unit: unit.members(unit.living(chain(52))))) == 52
    with pytest.raises(BadRequestError, match="53 members"):
        chain(53)


def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(world: Any) -> None:
    first, second, third = (world.create(name).id for name in "ABC")
    output = world.customers.merge([first, second], {}, AGENT, key="k")
    assert world.customers.merge([first, second], {}, AGENT, key="k").id == output.id
    with pytest.raises(UnprocessableError):
        world.customers.merge([second, third], {}, AGENT, key="k")


def test_undo_gives_every_input_back(world: Any) -> None:
    ann, anna = world.create("Ann", workPhone=NUMBER), world.create("Anna", workPhone=OTHER)
    output = world.customers.merge([ann.id, anna.id], {}, AGENT)
    world.customers.undo_merge(merge_of(world, output), {}, AGENT)
    assert world.customers.contact(ann.id).fields == ann.fields
    assert world.customers.find_by_phone(OTHER).contact.id == anna.id
    with pytest.raises(NotFoundError):
        world.customers.contact(output.id)


def test_only_the_outermost_merge_can_be_undone(world: Any) -> None:
    first, second, third = (world.create(name).id for name in "ABC")
    inner = world.customers.merge([first, second], {}, AGENT)
    event = merge_of(world, inner)
    outer = world.customers.merge([inner.id, third], {}, AGENT)
    with pytest.raises(ClashError) as refused:
        world.customers.undo_merge(event, {}, AGENT)
    assert [detail["entityName"] for detail in refused.value.details] == [outer.id]


def test_what_came_after_the_merge_needs_a_place(world: Any) -> None:
    ann = world.create("Ann", workPhone=NUMBER, title="Dr")
    anna = world.create("Anna", workPhone=OTHER)
    output = world.customers.merge([ann.id, anna.id], {}, AGENT)
    event = merge_of(world, output)
    world.customers.resolve_call("call-1", OTHER)
    world.customers.log(Entry(id="interaction:call-1", kind="interaction", at=world.clock.at, address=OTHER))
    world.customers.add_note(output.id, "wants a new plan", AGENT, "call-1")
    world.customers.update_contact(output.id, {"title": "Prof"}, AGENT)
    with pytest.raises(ClashError) as refused:
        world.customers.undo_merge(event, {}, AGENT)
    proposals = {detail["item"].partition(":")[0]: detail["proposal"] for detail in refused.value.details}
    assert proposals == {"field": ann.id, "entry": anna.id, "note": anna.id}
    world.customers.undo_merge(event, {}, AGENT, accept_proposals=True)
    assert world.customers.contact(ann.id).fields["title"] == "Prof"
    card = world.customers.card(anna.id)
    assert [note["text"] for note in card.notes] == ["wants a new plan"]
    assert "interaction:call-1" in [entry["id"] for entry in card.history]


def test_a_value_removed_while_merged_identifies_its_input_again_after_the_undo(world: Any) -> None:
    ann, anna = world.create("Ann", workPhone=NUMBER), world.create("Anna")
    world.clock.forward(days=1)
    late = world.create("Late", workPhone=NUMBER)
    output = world.customers.merge([ann.id, anna.id], {}, AGENT)
    event = merge_of(world, output)
    world.customers.replace_contact(output.id, {"firstName": "Anna"}, AGENT)
    assert world.customers.find_by_phone(NUMBER).contact.id == late.id
    world.customers.undo_merge(event, {"field:workPhone": None}, AGENT)
    assert world.customers.find_by_phone(NUMBER).contact.id == ann.id


def test_deleting_the_head_takes_the_whole_set(world: Any) -> None:
    first, second = world.create("A", workPhone=NUMBER), world.create("B")
    output = world.customers.merge([first.id, second.id], {}, AGENT)
    with pytest.raises(ClashError, match=output.id):
        world.customers.delete_contact(first.id)
    world.customers.delete_contact(output.id)
    assert world.customers.find_by_phone(NUMBER).outcome == "unknown"
    with pytest.raises(NotFoundError):
        world.customers.contact(first.id)


def test_the_older_endpoint_refuses_two_curated_and_lets_the_target_win(world: Any) -> None:
    first, second = world.create("A"), world.create("B")
    with pytest.raises(BadRequestError):
        world.customers.write(lambda unit: merges.merge_two(unit, first.id, second.id))
    link, _ = world.customers.resolve_call("call-1", NUMBER)
    output = world.customers.write(lambda unit: merges.merge_two(unit, link.contact_id, first.id))
    assert (output.type, output.fields["firstName"]) == ("Curated", "A")
    again = world.customers.write(lambda unit: merges.merge_two(unit, link.contact_id, first.id))
    assert again.id == output.id


def test_a_mail_and_a_chat_contact_become_one_and_both_channels_find_it(world: Any) -> None:
    mail, _ = world.customers.resolve("mail-1", [("Email", "eva@example.com")])
    chat, _ = world.customers.resolve("web-1", [("Cookie", "c-1")])
    output = world.customers.merge([mail.contact_id, chat.contact_id], {}, AGENT)
    assert output.type == "Identified"
    assert world.customers.resolve("mail-2", [("Email", "eva@example.com")])[0].contact_id == output.id
    assert world.customers.resolve("web-2", [("Cookie", "c-1")])[0].contact_id == output.id


def test_many_calls_from_one_unknown_number_at_once_make_one_contact(sqlite: Any) -> None:
    found: list[str] = []

    def call(number: int) -> None:
        link, _ = sqlite.customers.resolve_call(f"call-{number}", OTHER)
        found.append(link.contact_id)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_two_processes_that_merge_at_once_leave_no_cycle_and_lose_nothing(sqlite: Any) -> None:
    """Two services on one store stand for two processes: only the store's guard is between them."""
    ids = [sqlite.create(str(number)).id for number in range(8)]
    numbers = itertools.count(1)
    lock = threading.Lock()

    def new_id() -> str:
        with lock:
            return f"other-{next(numbers)}"

    services = [sqlite.customers, Customers(sqlite.store, CustomerSettings(), sqlite.clock, new_id)]
    outcomes: list[str] = []

    def work(service: Customers, pairs: list[tuple[str, str]]) -> None:
        for pair in pairs:
            try:
                outcomes.append(service.merge(list(pair), {}, AGENT).id)
            except ClashError:
                outcomes.append("refused")

    pairs = list(itertools.combinations(ids, 2))
    threads = [
        threading.Thread(target=work, args=(service, pairs[::step]))
        for service, step in zip(services, (1, -1), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 2 * len(pairs)
    check_forest(services[0])


def everybody(customers: Customers) -> dict[str, Contact]:
    rows = customers.read(lambda unit: unit.rows(select(tables.contact)))
    return {row["id"]: contact_of(row) for row in rows}


def check_forest(customers: Customers) -> None:
    """Every living contact leads to one living head, over rows that are ever younger."""
    contacts = everybody(customers)
    for one in contacts.values():
        if one.deleted_at is not None:
            continue
        current = one
        while current.merged_to is not None:
            following = contacts[current.merged_to]
            assert following.seq > current.seq
            assert current.id in following.merged_from
            current = following
        assert current.deleted_at is None
        assert one.head_id == current.id
        assert current.head_id == current.id


class Merging(RuleBasedStateMachine):
    """Contacts are made, changed, merged and taken apart again in any order."""

    @initialize()
    def begin(self) -> None:
        numbers = itertools.count(1)
        self.at = 1_780_000_000_000
        self.customers = Customers(MemoryStore(), CustomerSettings(), lambda: self.at, lambda: f"id-{next(numbers)}")
        self.merged: list[tuple[str, str, Any]] = []
        self.oldest: dict[str, str] = {}

    def heads(self) -> list[Contact]:
        return sorted((one for one in everybody(self.customers).values() if one.is_head), key=lambda one: one.seq)

    def observable(self) -> Any:
        """All that can be seen of the living, audit and revisions apart."""
        contacts = {
            one.id: (dict(one.fields), one.type, one.head_id, one.merged_to)
            for one in everybody(self.customers).values()
            if one.deleted_at is None
        }
        owners = {}
        for number in range(4):
            match = self.customers.find_by_phone(f"+493090182{number}")
            held = (match.contact, *match.others)
            owners[number] = [one.id for one in held if one is not None]
        return contacts, owners

    @rule(number=st.integers(0, 3), name=st.sampled_from("ABC"))
    def make(self, number: int, name: str) -> None:
        self.at += 1000
        self.customers.create_contact({"firstName": name, "workPhone": f"+493090182{number}"})

    @precondition(lambda self: self.heads())
    @rule(data=st.data(), number=st.integers(0, 3))
    def give_a_number(self, data: Any, number: int) -> None:
        self.at += 1000
        head = data.draw(st.sampled_from([one.id for one in self.heads()]))
        self.customers.update_contact(head, {"cellPhone": f"+493090182{number}"})
        self.merged.clear()

    @precondition(lambda self: len(self.heads()) > 1)
    @rule(data=st.data())
    def merge(self, data: Any) -> None:
        self.at += 1000
        ids = [one.id for one in self.heads()]
        chosen = data.draw(st.lists(st.sampled_from(ids), min_size=2, max_size=3, unique=True))
        before = self.observable()
        planned = self.customers.read(lambda unit: merges.preview(unit, chosen, {}))
        output = self.customers.merge(chosen, {})
        assert dict(output.fields) == dict(planned.fields)
        event = self.customers.read(lambda unit: merges.events_of(unit, unit.living(output.id)))[-1]
        self.merged.append((str(event["id"]), output.id, before))

    @precondition(lambda self: self.merged)
    @rule()
    def undo(self) -> None:
        event, _, before = self.merged.pop()
        made_since = set(self.observable()[0]) - set(before[0])
        self.customers.undo_merge(event, {})
        contacts, owners = self.observable()
        assert {identity: contacts[identity] for identity in before[0]} == before[0]
        kept = {number: [one for one in held if one not in made_since] for number, held in owners.items()}
        assert kept == before[1]

    @invariant()
    def the_merges_are_a_forest(self) -> None:
        if hasattr(self, "customers"):
            check_forest(self.customers)

    @invariant()
    def no_number_of_the_living_is_lost(self) -> None:
        if not hasattr(self, "customers"):
            return
        for one in everybody(self.customers).values():
            number = (one.fields.get("workPhone") or {}).get("e164")
            if number and one.is_head:
                match = self.customers.find_by_phone(number)
                assert one.id in [held.id for held in (match.contact, *match.others) if held is not None]


Merging.TestCase.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestMerging = Merging.TestCase
