"""Transfers that a flow asks for: who is called, how long it rings, what the flow does then (flow-format.md §9.2)."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from callwright.project import load_project
from callwright.samples import sample
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time

MIRA, FRIEND = "+4930901820", "+49301112233"
FLOW = """\
inboundCall:
  name: CRM welcome
  defaultLanguage: en-us
  startUpTaskActions:
  - ACTION
  - playAudio: {name: P, audio: {tts: Nobody is there.}}
  - disconnect: {none: true}
"""
NUMBER = f'transferToNumber: {{targetNumber: {{lit: "{FRIEND}"}}TIMEOUT}}'
USER = "transferToUser: {targetUser: {lit: {name: ada@example.com}}TIMEOUT}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The sample project, whose flow is to be written."""
    return Path(shutil.copytree(sample("crm_welcome"), tmp_path / "project"))


def write(project: Path, action: str, timeout: str) -> None:
    first = next(iter(load_project(project)[0].numbers.values()))
    given = f", connectTimeout: {timeout}" if timeout else ""
    (project / first).write_text(FLOW.replace("ACTION", action.replace("TIMEOUT", given)))


def given_up_after(project: Path) -> int:
    """How many seconds after the call came its flow goes on by itself."""

    async def scene(node: VirtualNode) -> int:
        node.exchange.reactions[FRIEND] = "silent"
        await node.on_queue("Ada")
        _, phone = await node.call(MIRA, [])
        for second in range(1, 120):
            await asyncio.sleep(1)
            if phone.over:
                return second
        raise AssertionError("the flow waits for ever")

    return in_virtual_time(project, scene)


@pytest.mark.parametrize(
    ("action", "timeout", "seconds"),
    [
        (NUMBER, "{lit: {seconds: 5}}", 5),
        (NUMBER, "{noValue: true}", 30),
        (NUMBER, "{lit: {seconds: 50}}", 30),
        (USER, "{lit: {seconds: 5}}", 5),
        (USER, "{noValue: true}", 30),
        (USER, "{lit: {seconds: 50}}", 50),
    ],
)
def test_it_rings_as_long_as_the_flow_and_the_house_let_it(
    project: Path, action: str, timeout: str, seconds: int
) -> None:
    write(project, action, timeout)
    assert given_up_after(project) in (seconds, seconds + 1)


def test_who_answers_in_time_is_connected_and_the_flow_is_over(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[FRIEND] = []
        call, phone = await node.call(MIRA, [])
        await asyncio.sleep(4)
        assert not phone.over
        state = node.center.conversations.state(call)
        assert state is not None
        assert (state.running, [p.purpose for p in state.participants if p.talking]) == (None, ["customer", "external"])

    write(project, NUMBER, "{lit: {seconds: 5}}")
    in_virtual_time(project, scene)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (
            "transferToFlow: {name: T, targetFlow: {name: Nowhere}, outputs: {failure: {actions: []}}}",
            "an error occurred",
        ),
        ("transferToUser: {name: T, targetUser: {lit: {name: nobody@example.com}}}", "Nobody is there"),
    ],
)
def test_a_flow_that_is_not_there_is_an_error_a_user_only_a_failure(project: Path, action: str, said: str) -> None:
    async def scene(node: VirtualNode) -> None:
        _, phone = await node.call(MIRA, [])
        await asyncio.sleep(10)
        assert phone.over
        assert said in " ".join(text for _, text in phone.lines)

    with (project / "callwright.yaml").open("a") as settings:
        settings.write("ignore: [{code: unknown-flow}, {code: unknown-user}]\n")
    write(project, action, "")
    in_virtual_time(project, scene)


@pytest.mark.parametrize(("asked", "said"), [("tier", "Found gold"), ("colour", "Nothing")])
def test_conversation_data_is_found_when_one_of_those_asked_for_is_there(project: Path, asked: str, said: str) -> None:
    async def scene(node: VirtualNode) -> None:
        _, phone = await node.call(MIRA, [])
        await asyncio.sleep(10)
        assert said in " ".join(text for _, text in phone.lines)

    read = f"attributes: [attribute: {{name: {{lit: {asked}}}, variable: Task.tier}}]"
    found = "found: {actions: [playAudio: {audio: {exp: 'ToAudioTTS(Append(\"Found \", Task.tier))'}}]}"
    nothing = "notFound: {actions: [playAudio: {audio: {tts: Nothing}}]}"
    written = "setConversationData: {attributes: [attribute: {name: {lit: tier}, value: {lit: gold}}]}\n  - "
    write(project, f"{written}getConversationData: {{{read}, outputs: {{{found}, {nothing}}}}}", "")
    in_virtual_time(project, scene)


SECOND = """\
secureCall:
  name: Pay
  defaultLanguage: en-us
  startUpTaskActions:
  - getParticipantData: {attributes: [attribute: {name: {lit: tier}, variable: Task.tier}]}
  - playAudio: {audio: {exp: 'ToAudioTTS(Append(Flow.InvocationData, " of ", Task.tier))'}}
  - disconnect: {none: true}
"""


def test_a_flow_hands_over_participant_data_and_what_it_says_besides(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        _, phone = await node.call(MIRA, [])
        await asyncio.sleep(10)
        assert "Invoice 7 of gold" in " ".join(text for _, text in phone.lines)

    written = "setParticipantData: {attributes: [attribute: {name: {lit: tier}, value: {lit: gold}}]}\n  - "
    handed = 'transferToFlowSecure: {targetFlow: {name: Pay}, invocationData: {exp: \'Append("Invoice ", "7")\'}}'
    (project / "flows" / "pay.yaml").write_text(SECOND)
    write(project, written + handed, "")
    in_virtual_time(project, scene)
