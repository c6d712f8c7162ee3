"""A command that arrives again, after a lost answer or a crash, takes effect once (docs/decisions/007-ids.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from callwright.samples import sample
from contactcenter.conversations import Actor, Command, Done, Refused, derived
from store import Remember
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time

MIRA = "+4930901820"


@pytest.fixture
def project() -> Path:
    return sample("crm_welcome")


def note(call: str, command_id: str = "k1", value: str = "1") -> Command:
    return Command(
        command_id=command_id,
        conversation=call,
        name="set_attributes",
        actor=Actor("client", "test"),
        args={"attributes": {"told": value}},
    )


def test_an_id_is_derived_from_what_it_stands_for_and_is_the_same_everywhere() -> None:
    assert derived("conversation/1", 7) == derived("conversation/1", 7)
    assert derived("conversation/1", 7) != derived("conversation/1", 8)


def test_the_same_command_gives_the_same_answer_and_takes_effect_once(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA)
        first = await node.center.conversations.send(note(call))
        again = await node.center.conversations.send(note(call, value="2"))
        assert isinstance(first, Done)
        assert isinstance(again, Done)
        assert (again.rev, again.duplicate, first.duplicate) == (first.rev, True, False)
        state = node.center.conversations.state(call)
        assert state is not None
        assert state.attributes["told"] == "1"

    in_virtual_time(project, scene)


def test_the_answer_is_kept_with_the_events_in_one_commit(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA)
        assert node.center.store.answer("k1") is None
        await node.center.conversations.send(note(call))
        assert node.center.store.answer("k1") is not None

    in_virtual_time(project, scene)


def test_a_command_to_a_conversation_that_is_not_there_is_refused_and_leaves_nothing(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        answer = await node.center.conversations.send(note("nowhere"))
        assert isinstance(answer, Refused)
        assert node.center.conversations.state("nowhere") is None

    in_virtual_time(project, scene)


def test_the_same_peer_of_an_adapter_is_the_same_conversation(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        from channels.telephony import ScriptedCaller

        async def call() -> str:
            phone = ScriptedCaller(node.center.clock, [], pace=0)
            dialled = next(iter(node.center.project.numbers))
            number = f"tel:{MIRA}"
            return (
                await node.center.conversations.call(
                    phone, ani=number, dnis=f"tel:{dialled}", adapter="sip", peer="channel-7"
                )
            )[0]

        assert await call() == await call()
        assert node.told("call.received") != []
        assert len(node.told("call.received")) == 1

    in_virtual_time(project, scene)


def test_what_the_desk_is_told_twice_it_does_once(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(MIRA)
        await node.answered("Ada")
        body = {"commandId": "one", "interactionId": call, "args": {"text": "Once."}}
        first = await node.center.desk.command(node.user("Ada"), "note.save", body)
        again = await node.center.desk.command(node.user("Ada"), "note.save", body)
        assert (first.status, first.body) == (again.status, again.body)
        contact = node.center.crm.customers.find_by_phone(MIRA).contact
        assert contact is not None
        assert len(node.center.crm.customers.card(contact.id).notes) == 1

    in_virtual_time(project, scene)


def test_a_kept_answer_counts_even_if_the_command_would_now_be_refused(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        import msgspec

        kept = msgspec.json.encode(Done(41))
        node.center.store.commit(Remember("k9", kept, node.center.clock.now())).result()
        answer = await node.center.conversations.send(note("nowhere", "k9"))
        assert isinstance(answer, Done)
        assert (answer.rev, answer.duplicate) == (41, True)

    in_virtual_time(project, scene)


def test_a_start_reads_only_conversations_that_are_open_and_closed_ones_are_still_found(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        closed, phone = await node.call(MIRA)
        phone.leave()
        waiting, _ = await node.call(MIRA)
        await node.center.conversations.local.settled()
        assert [state.id for state in node.center.conversations.local.stored()] == [waiting]
        state = node.center.conversations.state(closed)
        assert state is not None
        assert state.state == "closed"

    in_virtual_time(project, scene)
