"""What the machine does for each kind of action (flow-format.md §9, §10, §12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from interpreter.commands import Collect, Continue, HangUp, Menu, Request, Say
from interpreter.events import Continued
from interpreter.prompts import heard

Begin = Callable[..., Any]


def test_a_decision_takes_no_for_not_set(begin: Begin) -> None:
    call = begin(
        "- decision:\n    name: D\n    condition: {exp: ToBool(NOT_SET)}\n    outputs:\n"
        "      yes: {actions: [{playAudio: {name: Y, audio: {tts: yes}}}]}\n"
        "      no: {actions: [{playAudio: {name: N, audio: {tts: no}}}]}\n"
        "- disconnect: {none: true}"
    )
    hang_up = call.commands[0]
    assert isinstance(hang_up, HangUp)
    assert heard(hang_up.prompts) == "no"


def test_both_branches_meet_at_the_next_sibling(begin: Begin) -> None:
    actions = (
        "- decision: {name: D, condition: {exp: 'Call.Ani == \"tel:+4930123456\"'}, outputs: {yes: {actions: "
        "[{updateData: {name: U, statements: [{string: {variable: Flow.a, value: {lit: yes}}}]}}]}}}\n"
        "- updateData: {name: V, statements: [{string: {variable: Flow.b, value: {exp: 'Append(Flow.a, \"!\")'}}}]}\n"
        "- disconnect: {none: true}"
    )
    assert begin(actions).value("Flow.b") == "yes!"
    assert begin(actions, ani="tel:+1").value("Flow.b") == "!"


@pytest.mark.parametrize(("count", "turns"), [("{lit: 3}", 3), ("{exp: ToInt(NOT_SET)}", 0), ("{exp: 1 - 2}", 0)])
def test_a_loop_turns_as_often_as_it_says(begin: Begin, count: str, turns: int) -> None:
    call = begin(
        "- updateData: {name: U, statements: [{integer: {variable: Flow.n, value: {lit: 0}}}]}\n"
        f"- loop: {{name: L, currentIndex: {{var: Flow.i}}, loopCount: {count}, outputs: {{loop: {{actions: "
        "[{updateData: {name: A, statements: [{integer: {variable: Flow.n, value: {exp: Flow.n + 1}}}]}}]}}}\n"
        "- disconnect: {none: true}"
    )
    assert call.value("Flow.n") == turns
    assert call.value("Flow.i") == (turns - 1 if turns else None)


def test_loop_exit_in_a_nested_switch_leaves_the_loop(begin: Begin) -> None:
    call = begin(
        "- loop:\n    name: L\n    currentIndex: {var: Flow.i}\n    loopCount: {lit: 9}\n    outputs:\n      loop:\n"
        "        actions:\n"
        "        - switch: {name: S, evaluate: {firstTrue: {cases: [{case: {value: {exp: Flow.i == 2}, actions: "
        "[{loopExit: {name: X}}]}}]}}}\n"
        "- disconnect: {none: true}"
    )
    assert call.value("Flow.i") == 2


def test_a_switch_takes_the_first_equal_case_although_the_default_stands_first(begin: Begin) -> None:
    call = begin(
        "- switch:\n    name: S\n    evaluate:\n      firstMatch:\n        string:\n          value: {exp: '\"b\"'}\n"
        "          default: {actions: [{playAudio: {name: D, audio: {tts: default}}}]}\n"
        "          cases:\n"
        "          - case: {value: {lit: a}, actions: [{playAudio: {name: A, audio: {tts: first}}}]}\n"
        "          - case: {value: {lit: b}, actions: [{playAudio: {name: B, audio: {tts: second}}}]}\n"
        "- disconnect: {none: true}"
    )
    assert heard(call.commands[0].prompts) == "second"


COLLECT = (
    "- playAudio: {name: P, audio: {tts: Hello.}}\n"
    "- collectInput: {name: C, inputData: {var: Flow.d}, digits: {exact: 2}, inputAudio: {tts: Two digits.}, outputs: "
    "{success: {actions: [{playAudio: {name: S, audio: {exp: 'ToAudioTTS(Flow.d)'}}}]}, "
    "failure: {actions: [{playAudio: {name: F, audio: {tts: nothing}}}]}}}\n"
    "- disconnect: {none: true}"
)


def test_played_audio_is_carried_by_the_next_wait(begin: Begin) -> None:
    collect = begin(COLLECT).commands[0]
    assert isinstance(collect, Collect)
    assert heard(collect.prompts) == "Hello. Two digits."
    assert (collect.min, collect.max, collect.first_timeout, collect.inter_timeout) == (2, 2, 5000, 3000)


@pytest.mark.parametrize(
    ("digits", "why", "said"), [("12", "max", "12"), ("", "no_input", "nothing"), ("1", "no_match", "nothing")]
)
def test_collected_digits_take_success_and_anything_else_failure(
    begin: Begin, digits: str, why: str, said: str
) -> None:
    call = begin(COLLECT).press(digits, why)
    assert heard(call.commands[0].prompts) == said


def test_a_guard_that_fires_counts_as_no_input(begin: Begin) -> None:
    assert heard(begin(COLLECT).time_out().commands[0].prompts) == "nothing"


CALL_DATA = (
    "- callData:\n    name: Find\n    timeout: {lit: {seconds: 2}}\n    category:\n      CRM:\n        dataAction:\n"
    "          Get:\n            inputs: {phone: {exp: Call.Ani}, unset: {noValue: true}}\n"
    "            successOutputs: {name: {var: Flow.name}, n: {var: Flow.n}}\n"
    "            failureOutputs: {status: {var: Flow.status}}\n"
    "    outputs:\n"
    "      success: {actions: [{playAudio: {name: S, audio: {tts: found}}}]}\n"
    "      failure: {actions: [{playAudio: {name: F, audio: {tts: failed}}}]}\n"
    "      timeout: {actions: [{playAudio: {name: T, audio: {tts: late}}}]}\n"
    "- disconnect: {none: true}"
)
VARIABLES = (
    "- stringVariable: {name: Flow.name, initialValue: {lit: old}}\n"
    "- integerVariable: {name: Flow.n, initialValue: {noValue: true}}\n"
    "- integerVariable: {name: Flow.status, initialValue: {noValue: true}}"
)


def test_a_data_action_is_a_request_without_the_inputs_that_have_no_value(begin: Begin) -> None:
    request = begin(CALL_DATA, variables=VARIABLES).commands[0]
    assert isinstance(request, Request)
    assert (request.port, request.operation, request.deadline) == ("data_actions", "run", 2000)
    assert request.inputs == {"integration": "CRM", "action": "Get", "inputs": {"phone": "tel:+4930123456"}}


def test_success_binds_outputs_and_a_missing_one_becomes_not_set(begin: Begin) -> None:
    call = begin(CALL_DATA, variables=VARIABLES).reply(n="5")
    assert (call.value("Flow.name"), call.value("Flow.n")) == (None, 5)
    assert heard(call.commands[0].prompts) == "found"


def test_failure_binds_its_own_outputs_and_keeps_the_old_values(begin: Begin) -> None:
    call = begin(CALL_DATA, variables=VARIABLES).reply("failure", failure={"status": 500})
    assert (call.value("Flow.name"), call.value("Flow.status")) == ("old", 500)
    assert heard(call.commands[0].prompts) == "failed"


def test_the_flows_own_deadline_takes_timeout(begin: Begin) -> None:
    assert heard(begin(CALL_DATA, variables=VARIABLES).time_out().commands[0].prompts) == "late"


def test_what_was_said_is_heard_before_a_data_action_is_asked(begin: Begin) -> None:
    call = begin("- playAudio: {name: P, audio: {tts: One moment.}}\n" + CALL_DATA, variables=VARIABLES)
    assert isinstance(call.commands[0], Say)
    assert isinstance(call.played().commands[0], Request)


TRANSFER = (
    "- setParticipantData: {name: A, attributes: [{attribute: {name: {lit: tier}, value: {lit: gold}}}]}\n"
    "- transferToAcd: {name: T, targetQueue: {lit: {name: Gold}}, priority: {lit: 5}, acdSkills: "
    "[{acdSkill: {lit: {name: A}}}, {acdSkill: {exp: 'ToSkill(NOT_SET)'}}], "
    "outputs: {failure: {actions: [{playAudio: {name: F, audio: {tts: sorry}}}]}}}\n"
    "- disconnect: {none: true}"
)


def test_a_transfer_carries_participant_data_and_drops_skills_that_are_not_set(begin: Begin) -> None:
    request = begin(TRANSFER).commands[0]
    assert isinstance(request, Request)
    assert (request.port, request.operation) == ("routing", "enqueue")
    assert request.inputs["attributes"] == {"tier": "gold"}
    assert [skill.name for skill in request.inputs["skills"]] == ["A"]


def test_an_accepted_transfer_ends_the_execution(begin: Begin) -> None:
    call = begin(TRANSFER).reply("accepted")
    assert call.end.how == "queue"
    assert call.end.attributes == {}


def test_a_refused_transfer_takes_failure(begin: Begin) -> None:
    call = begin(TRANSFER).reply("refused")
    assert heard(call.commands[0].prompts) == "sorry"
    assert call.end.attributes == {"tier": "gold"}


@pytest.mark.parametrize(("given", "told"), [("{lit: true}", True), ("{lit: false}", None), ("{noValue: true}", None)])
def test_skills_are_appended_only_where_the_flow_says_so(begin: Begin, given: str, told: bool | None) -> None:
    call = begin(f"- transferToAcd: {{name: T, targetQueue: {{lit: {{name: Q}}}}, appendSkills: {given}}}")
    assert call.commands[0].inputs.get("append_skills") is told


def test_a_transfer_to_a_flow_that_is_not_there_is_a_flow_error(begin: Begin) -> None:
    call = begin(
        "- transferToFlow: {name: T, targetFlow: {name: Nowhere}, outputs: {failure: {actions: []}}}\n"
        "- disconnect: {none: true}"
    )
    call.reply("refused", {"errorType": "FlowNotFound", "errorMessage": 'the flow "Nowhere" is not published'})
    assert call.errors == ['the flow "Nowhere" is not published']


def test_a_transfer_without_a_queue_takes_failure_without_asking(begin: Begin) -> None:
    call = begin(TRANSFER.replace("{lit: {name: Gold}}", "{exp: ToQueue(NOT_SET)}"))
    assert heard(call.commands[0].prompts) == "sorry"


def test_twenty_one_skills_run_as_twenty_and_the_rest_is_traced(begin: Begin) -> None:
    skills = ", ".join(f"{{acdSkill: {{lit: {{name: S{n}}}}}}}" for n in range(21))
    call = begin(f"- transferToAcd: {{name: T, targetQueue: {{lit: {{name: Q}}}}, acdSkills: [{skills}]}}")
    assert len(call.commands[0].inputs["skills"]) == 20
    call.reply("accepted")
    (dropped,) = call.trace[-1]["dropped"]
    assert dropped["skill"]["name"] == "S20"


def test_the_first_twenty_preferred_agents_are_passed_on_and_the_trace_says_so(begin: Begin) -> None:
    agents = ", ".join(f"lit: {{agent: {{name: a{n}@example.com}}, score: {n}}}" for n in range(21))
    call = begin(
        f"- transferToAcd: {{name: T, targetQueue: {{lit: {{name: Q}}}}, preferredAgents: {{lit: [{agents}]}}}}"
    )
    passed = [pair.properties for pair in call.commands[0].inputs["preferred"]]
    assert (len(passed), passed[0]["agent"].username, passed[3]["score"]) == (20, "a0@example.com", 3)
    call.reply("accepted")
    assert call.trace[-1]["warning"] == "1 preferred agents beyond 20 were left out"


TASKS = (
    "- callTask: {name: C, targetTaskRef: './tasks/task[sub]', inputs: {Task.x: {lit: 5}}, outputs: "
    "{done: {actions: [{playAudio: {name: D, audio: {tts: by done}}}]}, "
    "default: {actions: [{playAudio: {name: E, audio: {tts: by default}}}]}}}\n"
    "- disconnect: {none: true}"
)
SUB = """
- task:
    name: Sub
    refId: sub
    variables:
    - integerVariable: {name: Task.x, initialValue: {lit: 1}, isInput: true}
    outputPaths:
    - outputPath: {name: done}
    actions:
    - decision:
        name: D
        condition: {exp: Task.x == 5}
        outputs: {yes: {actions: [{endTask: {name: X, outputPath: {name: done}}}]}}
"""


@pytest.mark.parametrize(("given", "said"), [("5", "by done"), ("6", "by default")])
def test_a_called_task_returns_by_its_path(begin: Begin, given: str, said: str) -> None:
    call = begin(TASKS.replace("lit: 5", f"lit: {given}"), tasks=SUB)
    assert heard(call.commands[0].prompts) == said


MENU = """menus:
- menu:
    name: Main
    refId: m
    audio: {tts: Press 1.}
    settingsMenu: {repeatCount: {lit: 1}}
    choices:
    - menuDisconnect: {name: Bye, dtmf: digit_9}
    - menuTask:
        name: Billing
        dtmf: digit_1
        task: {actions: [{playAudio: {name: B, audio: {tts: billing}}}, {disconnect: {none: true}}]}
"""


def test_a_menu_choice_runs_its_task(begin: Begin) -> None:
    call = begin("- jumpToMenu: {name: J, targetMenuRef: './menus/menu[m]'}", extra=MENU)
    menu = call.commands[0]
    assert isinstance(menu, Menu)
    assert {"1", "9"} <= set(menu.choices)
    assert heard(call.press("1").commands[0].prompts) == "billing"


def test_silence_and_wrong_keys_share_one_counter_and_then_the_menu_disconnects(begin: Begin) -> None:
    call = begin("- jumpToMenu: {name: J, targetMenuRef: './menus/menu[m]'}", extra=MENU)
    call.press("", "no_input")
    assert isinstance(call.commands[0], Menu)
    call.press("5", "no_match")
    assert call.end.how == "disconnect"


def test_an_expression_error_enters_the_flows_error_handling(begin: Begin) -> None:
    call = begin(
        "- updateData: {name: U, statements: [{integer: {variable: Flow.n, value: {exp: 5 + Flow.m}}}]}",
        variables="- integerVariable: {name: Flow.m, initialValue: {noValue: true}}",
        extra="settingsErrorHandling:\n  preHandlingAudio: {tts: Something broke.}\n"
        "  errorHandling: {disconnect: {none: true}}",
    )
    assert heard(call.commands[0].prompts) == "Something broke."
    assert call.end.how == "error"
    assert call.errors == ["a value is NOT_SET here"]


def test_five_hundred_actions_give_way_and_ten_thousand_enter_error_handling(begin: Begin) -> None:
    call = begin("- jumpToTask: {name: J, targetTaskRef: './tasks/task[main]'}")
    steps = 1
    while any(isinstance(command, Continue) for command in call.commands):
        call.feed(Continued)
        steps += 1
    assert call.end.how == "error"
    assert 20 <= steps <= 22
    assert "10,000 actions" in call.errors[0]


@pytest.mark.parametrize("actions", [COLLECT, CALL_DATA, TRANSFER])
def test_after_a_hang_up_no_action_runs_and_what_was_set_is_flushed(begin: Begin, actions: str) -> None:
    before = "- setParticipantData: {name: S, attributes: [{attribute: {name: {lit: a}, value: {lit: b}}}]}\n"
    call = begin(before + actions)
    count = call.state.actions
    call.hang_up()
    assert call.end.how == "hangup"
    assert call.end.attributes["a"] == "b"
    assert call.state.actions == count


def test_a_late_answer_is_traced_and_ignored(begin: Begin) -> None:
    call = begin(COLLECT)
    late = call.waiting
    call.press("12")
    before = call.state
    from interpreter.events import Input

    call.feed(Input, id=late, digits="34", why="max")
    assert call.trace[-1]["kind"] == "stale"
    assert call.value("Flow.d") == "12"
    assert before.ended == call.state.ended


def test_a_step_does_not_change_the_state_it_was_given(begin: Begin) -> None:
    call = begin(COLLECT)
    given = call.state
    call.press("12")
    assert given.variables != call.state.variables
    assert given.waiting is not None


def test_an_attribute_set_in_the_flow_is_read_back_at_once(begin: Begin) -> None:
    call = begin(
        "- setParticipantData: {name: S, attributes: [{attribute: {name: {lit: Tier}, value: {lit: gold}}}]}\n"
        "- getParticipantData: {name: G, attributes: [{attribute: {name: {lit: Tier}, variable: Flow.a}}, "
        "{attribute: {name: {lit: tier}, variable: Flow.b}}]}\n"
        "- disconnect: {none: true}"
    )
    assert (call.value("Flow.a"), call.value("Flow.b")) == ("gold", None)


def test_an_attribute_that_is_too_long_enters_error_handling(begin: Begin) -> None:
    call = begin(
        "- setParticipantData: {name: S, attributes: [{attribute: {name: {lit: t}, value: {exp: Flow.long}}}]}",
        variables=f"- stringVariable: {{name: Flow.long, initialValue: {{lit: {'x' * 32_001}}}}}",
    )
    assert "too long" in call.errors[0]


def test_an_action_that_the_world_answers_takes_the_output_it_is_told(begin: Begin) -> None:
    call = begin(
        "- findQueue: {name: F, findName: {lit: Gold}, findResult: {var: Flow.q}, outputs: "
        "{found: {actions: [{playAudio: {name: A, audio: {tts: yes}}}]}, notFound: {actions: "
        "[{playAudio: {name: B, audio: {tts: no}}}]}}}\n- disconnect: {none: true}"
    )
    request = call.commands[0]
    assert (request.port, request.operation) == ("lookups", "que_by_name")
    assert heard(call.reply("notFound").commands[0].prompts) == "no"


def test_a_failing_port_without_a_failure_output_enters_error_handling(begin: Begin) -> None:
    call = begin("- findQueue: {name: F, findName: {lit: Gold}, findResult: {var: Flow.q}}")
    call.reply("failure", failure={"userMessage": "down"})
    assert call.errors == ["down"]


def test_a_workflow_ends_with_its_reason_and_its_outputs(begin: Begin) -> None:
    call = begin(
        "- updateData: {name: U, statements: "
        "[{string: {variable: Flow.out, value: {exp: 'Append(Flow.in, \"!\")'}}}]}\n"
        "- endWorkflow: {name: E, exitReason: {lit: done}}",
        kind="workflow",
        variables="- stringVariable: {name: Flow.in, isInput: true, initialValue: {noValue: true}}\n"
        "- stringVariable: {name: Flow.out, isOutput: true, initialValue: {noValue: true}}",
        inputs={"Flow.in": "hi"},
    )
    assert (call.end.how, call.end.reason, call.end.outputs) == ("workflow", "done", {"Flow.out": "hi!"})
