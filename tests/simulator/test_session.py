"""Rehearsed calls of the CRM flow in virtual time (concise-actions.md §10)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsl import check_flow
from dsl.compile import compile_flow
from dsl.source import Source, read_yaml
from interpreter import Executable, link
from simulator import Rehearsal, read_script, read_stubs, rehearse
from simulator.session import AcceptedQueues, WillingConversation
from simulator.stubs import StubbedActions

WELCOME = Path(__file__).parent.parent.parent / "flows/crm_welcome/flows/crm_welcome.yaml"
RECORD = "ref: 'builtin:contact:1', outcome: found, name: Alexis"
Play = Callable[..., tuple[Rehearsal, StubbedActions, Any]]


@pytest.fixture(scope="module")
def welcome() -> Executable:
    text = WELCOME.read_text(encoding="utf-8")
    checked = check_flow(Source("crm_welcome.yaml", text))
    assert checked.flow is not None
    return link(compile_flow(checked.flow, text))


@pytest.fixture
def play(welcome: Executable) -> Play:
    """Play a call: the script, what the two look-ups answer, and who calls."""

    def run(script: str = "", phone: str = "{success: {outcome: unknown}}", field: str = "", **how: str) -> Any:
        tree, _ = read_yaml(Source("script", script or "[]"))
        steps, findings = read_script(tree)
        stub_text = f"callwright CRM / Find Contact By Phone: [{phone}]\n"
        stub_text += f"callwright CRM / Find Contact By Field: [{field or '{success: {outcome: unknown}}'}]\n"
        stubs, more = read_stubs(read_yaml(Source("stubs", stub_text))[0])
        assert not findings
        assert not more
        made: list[StubbedActions] = []

        def actions(clock: Any, _: Rehearsal) -> StubbedActions:
            made.append(StubbedActions(clock, stubs))
            return made[0]

        rehearsal, caller = rehearse(
            welcome,
            steps,
            requests={
                "data_actions": actions,
                "routing": lambda _, found: AcceptedQueues(found, frozenset(how.get("refusing", "").split(","))),
                "conversation": lambda _, found: WillingConversation(found),
            },
            conversation="c1",
            ani=how.get("ani", "tel:+18031230000"),
            dnis="tel:+49301234567",
        )
        return rehearsal, made[0], caller

    return run


def record(**fields: str) -> str:
    inner = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return f"{{success: {{{RECORD}{', ' if inner else ''}{inner}}}}}"


def said(rehearsal: Rehearsal) -> str:
    return " ".join(line.text for line in rehearsal.transcript if line.who == "flow")


@pytest.mark.parametrize(
    ("fields", "queue", "skills", "priority"),
    [
        ({"tier": "Gold"}, "Gold", ("Billing",), 10),
        ({"tier": "gold"}, "Gold", ("Billing",), 10),
        ({}, "General", ("Billing",), 0),
        ({"tier": "Gold", "priorityAccount": "true"}, "Priority", ("Billing",), 20),
        ({"products": "[Fiber, Mobile]"}, "General", ("Billing", "Fiber", "Mobile"), 0),
        ({"products": "[]"}, "General", ("Billing",), 0),
        ({"nps": "2"}, "General", ("Billing", "Retention"), 0),
        ({"nps": "6"}, "General", ("Billing", "Retention"), 0),
        ({"nps": "9"}, "General", ("Billing",), 0),
        ({"products": "[Fiber, Mobile]", "nps": "1"}, "General", ("Billing", "Fiber", "Mobile", "Retention"), 0),
    ],
)
def test_the_record_decides_queue_skills_and_priority(
    play: Play, fields: dict[str, str], queue: str, skills: tuple[str, ...], priority: int
) -> None:
    rehearsal, _, _ = play("[press: '1']", record(**fields))
    assert (rehearsal.how, rehearsal.queue, rehearsal.skills, rehearsal.priority) == ("queue", queue, skills, priority)
    assert rehearsal.language == "English"


def test_a_known_caller_is_greeted_by_name_and_the_record_goes_along(play: Play) -> None:
    rehearsal, _, _ = play("[hear: Gold subscription, press: '1']", record(tier="Gold"))
    assert "Welcome back, Alexis." in said(rehearsal)
    assert rehearsal.data["crm.record"] == "builtin:contact:1"
    assert rehearsal.data["crm.lookup"] == "found"


def test_a_contact_without_a_name_is_not_greeted_by_name(play: Play) -> None:
    rehearsal, _, _ = play("", "{success: {ref: 'builtin:contact:1', outcome: found, tier: Gold}}")
    assert "Welcome to Example." in said(rehearsal)
    assert rehearsal.queue == "Gold"


def test_an_unknown_caller_is_found_by_the_number_typed_the_second_time(play: Play) -> None:
    rehearsal, actions, _ = play(
        "[hear: customer number, press: '111111', hear: could not find, press: '482913']",
        field="{when: {value: '482913'}, success: {" + RECORD + "}}, {success: {outcome: unknown}}",
        ani="tel:+15550001",
    )
    assert rehearsal.data["crm.record"] == "builtin:contact:1"
    assert [call.inputs.get("value") for call in actions.calls[1:]] == ["111111", "482913"]


def test_a_stranger_is_asked_everything_and_goes_to_the_default_queue(play: Play) -> None:
    rehearsal, _, _ = play("[wait: no_input, wait: no_input, hear: postal code, press: '99999#']", ani="tel:+15550001")
    assert (rehearsal.queue, rehearsal.data["crm.lookup"]) == ("General", "unknown")
    assert "crm.record" not in rehearsal.data
    assert "Welcome to Example." in said(rehearsal)


def test_a_withheld_number_is_not_looked_up(play: Play) -> None:
    _, actions, _ = play("", ani="anonymous")
    assert not any(call.action.endswith("By Phone") for call in actions.calls)


@pytest.mark.parametrize("answer", ["{failure: {status: 500}}", "timeout", "{failure: {status: 429}}"])
def test_a_crm_that_does_not_answer_is_not_the_same_as_an_unknown_caller(play: Play, answer: str) -> None:
    rehearsal, actions, _ = play("", answer)
    assert rehearsal.data["crm.lookup"] == "unreachable"
    assert len(actions.calls) == 1
    assert rehearsal.queue == "General"


def test_a_404_is_an_unknown_caller_who_is_asked(play: Play) -> None:
    rehearsal, actions, _ = play("[hear: customer number, press: '482913']", "{failure: {status: 404}}")
    assert rehearsal.data["crm.lookup"] == "unknown"
    assert len(actions.calls) > 1


def test_who_denies_the_fact_is_asked_again_and_greeted_without_a_name(play: Play) -> None:
    rehearsal, _, _ = play(
        "[hear: Gold subscription, press: '2', hear: customer number, press: '482913']",
        record(tier="Gold"),
        "{success: {" + RECORD + "}}",
    )
    assert "crm.record" not in rehearsal.data
    assert "Alexis" not in said(rehearsal)
    assert rehearsal.queue == "General"


def test_a_refused_transfer_ends_the_call_without_silence(play: Play) -> None:
    rehearsal, _, _ = play("[press: '1']", record(tier="Gold"), refusing="gold")
    assert rehearsal.how == "disconnect"


@pytest.mark.parametrize("moment", ["hear: Thank you", "hear: Gold subscription", "hear: Welcome back"])
def test_a_caller_may_hang_up_at_any_moment(play: Play, moment: str) -> None:
    script = f"[{moment}, hang up: true]"
    if "Welcome back" in moment:
        script = f"[hear: Gold subscription, press: '1', {moment}, hang up: true]"
    rehearsal, _, _ = play(script, record(tier="Gold"))
    assert (rehearsal.how, rehearsal.by) == ("hangup", "caller")


def test_a_caller_who_mashes_keys_gets_through(play: Play) -> None:
    rehearsal, _, _ = play("[press: '*#*#*#9999####1111', press: '0000000000#']", ani="tel:+15550001")
    assert rehearsal.how == "queue"


def test_a_silent_caller_gets_through(play: Play) -> None:
    rehearsal, _, _ = play("", ani="tel:+15550001")
    assert (rehearsal.how, rehearsal.queue) == ("queue", "General")


def test_what_is_never_heard_is_reported_with_its_place(play: Play) -> None:
    _, _, caller = play("[hear: Something else]", record(tier="Gold"))
    assert caller.unmet is not None
    assert caller.unmet.text == "Something else"
