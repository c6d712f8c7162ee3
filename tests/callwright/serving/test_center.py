"""What happens between callers and agents, on a whole node in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.callwright.serving.virtual import VirtualNode, in_virtual_time

MIRA, DENTAL = "+4930901820", "+49407770100"
HOUR = 3600
Play = Callable[[Callable[[VirtualNode], Awaitable[None]]], None]


@pytest.fixture
def play(project: Path) -> Play:
    return lambda scene: in_virtual_time(project, scene)


def test_a_declined_call_is_offered_to_the_next_agent_and_the_one_who_declined_has_rest(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada", "Ben")
        call, _ = await node.call(DENTAL, [])
        await asyncio.sleep(5)
        first = "Ada" if await node.shown("Ada") else "Ben"
        other = "Ben" if first == "Ada" else "Ada"
        alert = await node.until(first, "alerting")
        await node.does(first, "decline", call, reservation=alert["reservation"])
        await node.answered(other)
        assert [line["agent"] for line in node.told("offer.declined")] == [first]
        assert [line["agent"] for line in node.told("offer.accepted")] == [other]

    play(scene)


def test_an_agent_whose_browser_is_gone_while_alerted_is_not_responding_and_the_caller_waits_on(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, phone = await node.call(MIRA)
        await node.until("Ada", "alerting")
        await asyncio.sleep(25)
        assert await node.status("Ada") == "NOT_RESPONDING"
        assert await node.shown("Ada") == []
        assert not phone.over
        await node.on_queue("Ada")
        assert (await node.answered("Ada"))["interactionId"] == call
        assert [event for event in node.told() if event.startswith("offer.")] == [
            "offer.made",
            "offer.expired",
            "offer.made",
            "offer.accepted",
        ]

    play(scene)


def test_with_no_agent_ever_the_caller_hears_music_and_leaves_an_abandoned_call_in_the_history(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        _, phone = await node.call(MIRA)
        await asyncio.sleep(HOUR)
        assert not phone.over
        assert "music" in [who for who, _ in phone.lines]
        phone.leave()
        await asyncio.sleep(1)
        (ended,) = node.told("call.ended")
        assert (ended["end"], ended["by"], ended["outcome"]) == ("hangup", "caller", "abandoned")
        contact = node.center.crm.customers.find_by_phone(MIRA).contact
        assert contact is not None
        (entry,) = node.center.crm.customers.card(contact.id).history
        assert entry["title"] == "Call, not answered"

    play(scene)


def test_a_caller_who_hangs_up_while_an_agent_is_alerted_frees_the_agent(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, phone = await node.call(MIRA)
        alert = await node.until("Ada", "alerting")
        phone.leave()
        await asyncio.sleep(1)
        assert await node.shown("Ada") == []
        assert await node.status("Ada") == "IDLE"
        late = await node.does("Ada", "answer", call, reservation=alert["reservation"])
        assert late.status in (404, 409)

    play(scene)


def test_what_was_said_noted_and_coded_is_in_the_contacts_history(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, phone = await node.call(MIRA)
        await node.answered("Ada")
        await node.does("Ada", "note.save", call, text="Prefers to be called after five.")
        phone.leave()
        await node.until("Ada", "acw")
        await node.does("Ada", "wrapup.save", call, code="Resolved", notes="Line restarted.")
        await asyncio.sleep(1)
        contact = node.center.crm.customers.find_by_phone(MIRA).contact
        assert contact is not None
        card = node.center.crm.customers.card(contact.id)
        assert [note["text"] for note in card.notes] == ["Prefers to be called after five."]
        (entry,) = card.history
        assert (entry["queue"], entry["wrapup"], entry["notes"]) == ("Priority", "Resolved", "Line restarted.")
        assert await node.status("Ada") == "IDLE"

    play(scene)


def test_after_call_work_ends_by_itself_when_its_time_is_over(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        await node.call(MIRA)
        await node.answered("Ada")
        await node.does("Ada", "disconnect", (await node.shown("Ada"))[0]["interactionId"])
        await node.until("Ada", "acw")
        await asyncio.sleep(61)
        assert await node.shown("Ada") == []
        assert node.told("interaction.logged")

    play(scene)


def test_a_call_goes_with_its_record_to_the_queue_that_an_agent_sends_it_to(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(DENTAL, [])
        record = (await node.answered("Ada"))["record"]
        moved = await node.does("Ada", "transfer", call, to={"queue": "General"})
        assert moved.status == 200, moved.body
        await node.on_queue("Ben")
        taken = await node.answered("Ben")
        assert (taken["interactionId"], taken["queue"], taken["record"]) == (call, "General", record)

    play(scene)


def test_a_held_caller_is_held_until_resumed(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(MIRA)
        await node.answered("Ada")
        held: list[Any] = []
        for command in ("hold", "resume"):
            await node.does("Ada", command, call)
            held.append((await node.shown("Ada"))[0]["held"])
        assert held == [True, False]

    play(scene)


def test_a_company_without_a_persons_name_is_alerted_by_its_number(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        await node.call(DENTAL, [])
        alert = await node.until("Ada", "alerting")
        assert (alert["caller"]["name"], alert["caller"]["display"]) == (None, "+49 40 7770100")

    play(scene)


def test_a_withheld_number_is_served_like_any_other(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        await node.call(
            "anonymous", [{"hear": "six digit"}, {"press": "482913"}, *[{"hear": "press 1"}, {"press": "1"}]]
        )
        shown = await node.answered("Ada")
        assert (shown["caller"]["name"], shown["caller"]["display"]) == ("Jonas Lindqvist", None)

    play(scene)


def test_the_caller_with_the_higher_priority_is_answered_first(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.call(DENTAL, [])
        await asyncio.sleep(30)
        priority, _ = await node.call(MIRA)
        await asyncio.sleep(5)
        await node.on_queue("Ada")
        assert (await node.until("Ada", "alerting"))["interactionId"] == priority

    play(scene)


RAISED = """
    - setPriority: {name: Raise, priority: {lit: 50}}
    - setSkills: {name: Anybody, acdSkills: []}
"""


def test_a_waiting_caller_whose_in_queue_flow_raises_the_priority_is_answered_first(play: Play, project: Path) -> None:
    waiting = project / "flows" / "please_wait.yaml"
    text = waiting.read_text(encoding="utf-8")
    condition = (
        "    - decision:\n        name: Company\n        condition: {exp: 'Contains(Call.Ani, \"49407770100\")'}\n"
    )
    raised = "        outputs:\n          yes:\n            actions:\n" + RAISED.replace(
        "\n    ", "\n              "
    ).lstrip("\n")
    waiting.write_text(
        text.replace("  startUpTaskActions:\n", "  startUpTaskActions:\n" + condition + raised.rstrip() + "\n"),
        encoding="utf-8",
    )

    async def scene(node: VirtualNode) -> None:
        await node.call(MIRA)
        await asyncio.sleep(30)
        raised_call, _ = await node.call(DENTAL, [])
        await asyncio.sleep(5)
        (entry,) = [one for one in node.center.routing.views.waiting() if one["item"] == raised_call]
        assert entry["priority"] == 50
        await node.on_queue("Ada")
        assert (await node.until("Ada", "alerting"))["interactionId"] == raised_call

    play(scene)


@pytest.mark.parametrize(("label", "offered"), [("Vip", False), ("Plain", True)])
def test_a_label_that_a_flow_sets_counts_for_what_agents_take(
    play: Play, project: Path, label: str, offered: bool
) -> None:
    waiting, organisation = project / "flows" / "please_wait.yaml", project / "organisation.yaml"
    action = f"    - setUtilizationLabel: {{name: Mark, utilizationLabel: {{lit: {{name: {label}}}}}}}\n"
    marked = waiting.read_text(encoding="utf-8").replace("  startUpTaskActions:\n", "  startUpTaskActions:\n" + action)
    waiting.write_text(marked, encoding="utf-8")
    limits = "utilizationLabels: [Vip, Plain]\nutilization: {labelUtilizations: {vip: {maximumCapacity: 0}}}\n"
    organisation.write_text(limits + organisation.read_text(encoding="utf-8"), encoding="utf-8")

    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA)
        await asyncio.sleep(30)
        await node.on_queue("Ada")
        await asyncio.sleep(1)
        assert [one["state"] for one in await node.shown("Ada")] == ["alerting"] * offered
        if not offered:
            explained = await node.center.supervisor.conversation(call)
            assert explained is not None
            assert explained["waiting"]["single"] == {"no capacity for label Vip": ["Ada"]}

    play(scene)


def test_a_call_goes_from_one_shard_to_the_other_with_its_transfer(play: Play, project: Path) -> None:
    organisation = project / "organisation.yaml"
    text = organisation.read_text(encoding="utf-8").replace("members: [ada@example.com, ben@example.com]", "ADA", 2)
    text = text.replace("[ada@example.com, ben@example.com]", "[ben@example.com]\n    x-callwright: {shard: others}")
    text = "conversations: {strip_skills_on_blind_transfer: true}\n" + text.replace("ADA", "members: [ada@example.com]")
    organisation.write_text(text, encoding="utf-8")

    async def scene(node: VirtualNode) -> None:
        assert sorted(node.center.routing.parts) == ["default", "others"]
        await node.on_queue("Ada", "Ben")
        call, _ = await node.call(MIRA)
        await node.answered("Ada")
        assert (await node.does("Ada", "transfer", call, to={"queue": "General"})).status == 200
        assert (await node.until("Ben", "alerting"))["interactionId"] == call
        assert [one.views.item(call) is not None for one in node.center.routing.parts.values()] == [False, True]
        await node.answered("Ben")
        await asyncio.sleep(61)
        assert (await node.status("Ada"), await node.status("Ben")) == ("IDLE", "INTERACTING")
        overview = node.center.supervisor.overview()
        assert {one["name"] for one in overview["queues"]} == {"Priority", "Gold", "General"}
        assert [one["agents"] for one in overview["talking"]] == [["Ben"]]

    play(scene)
