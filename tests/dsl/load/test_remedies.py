"""What authors get wrong again and again, and the remedy that the finding names."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source

HEAD = "inboundCall:\n  name: Case\n"
ACTION = HEAD + "  startUpTaskActions:\n  - %s\n  - disconnect: {}\n"
MENU = HEAD + "  startUpRef: %s\n  menus:\n  - menu: {name: Main, refId: Main_10, choices: [%s]}\n"
BYE = "{menuDisconnect: {name: Bye, dtmf: digit_9}}"


def remedies(text: str) -> list[str]:
    return [found.help for found in check_flow(Source("case.yaml", text)).findings if found.help]


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("transferToAcd: {targetQueue: {queueName: Gold}}", "write {lit: {name: Gold}}"),
        ("playAudio: {audio: {text: Hello}}", "write {tts: Hello} for a fixed value"),
        ("playAudio: {audio: {defaultAudio: {tts: Hello}}}", 'leave "defaultAudio" out: its "tts" takes its place'),
        ("playAudio: {audio: {exps: Hello}}", 'did you mean "exp"?'),
    ],
)
def test_a_value_below_a_key_of_the_authors_own_is_shown_as_it_is_written(written: str, remedy: str) -> None:
    assert any(help_.startswith(remedy) for help_ in remedies(ACTION % written))


@pytest.mark.parametrize("reference", ["Main", "/inboundCall/menus/menu", "Main_10", "menu/Main"])
def test_a_start_that_is_only_named_is_shown_as_a_reference(reference: str) -> None:
    assert remedies(MENU % (reference, BYE)) == ["write /inboundCall/menus/menu[Main_10]"]


def test_a_choice_of_no_kind_is_told_what_choices_there_are() -> None:
    (help_,) = remedies(MENU % ("./menus/menu[Main_10]", "{choice: {dtmf: digit_1}}"))
    assert help_.startswith("a choice is one of menuDialByExtension, menuDisconnect")


def test_a_number_in_the_place_of_a_duration_becomes_seconds() -> None:
    assert "write {seconds: 5}" in remedies(ACTION % "wait: {duration: {lit: 5}}")


def test_actions_right_below_an_output_go_below_their_key() -> None:
    written = "decision: {condition: {exp: Flow.IsTest}, outputs: {yes: [{disconnect: {}}]}}"
    assert 'put the list below "actions:"' in remedies(ACTION % written)


@pytest.mark.parametrize(
    ("elsewhere", "here"), [("transferToQueue", "transferToAcd"), ("say", "playAudio"), ("setVariable", "updateData")]
)
def test_an_action_by_its_name_elsewhere_is_known(elsewhere: str, here: str) -> None:
    assert f'did you mean "{here}"?' in remedies(ACTION % f"{elsewhere}: {{}}")


def test_a_module_that_is_written_like_a_workflow_is_told_where_its_actions_go() -> None:
    text = "commonModule:\n  name: M\n  startUpRef: ./states/state[S]\n  states: [{state: {name: S, actions: [%s]}}]\n"
    found = check_flow(Source("case.yaml", text % "{endTask: {name: Back}}")).findings
    assert [(finding.message, finding.help) for finding in found] == [
        ('"startUpRef" does not belong into commonModule', 'a module begins with its list "startUpTaskActions"'),
        (
            '"states" does not belong into commonModule',
            'put its actions below "startUpTaskActions", further ones into "tasks"',
        ),
    ]


def test_a_variable_that_says_its_type_beside_its_name_is_told_the_key_for_it() -> None:
    variable = "  variables: [{variable: {name: Flow.n, type: Integer}}]\n"
    assert 'did you mean "integerVariable"?' in remedies(ACTION % "disconnect: {}" + variable)


def test_a_mapping_in_the_place_of_a_list_is_told_its_dash() -> None:
    text = HEAD + "  startUpTaskActions: [{disconnect: {}}]\n  tasks: {task: {name: T, actions: []}}\n"
    assert 'begin each entry with a dash: "- task:"' in remedies(text)


def test_a_language_in_a_word_is_told_its_tag() -> None:
    assert "write its tag, such as en-us" in remedies(ACTION % "disconnect: {}" + "  defaultLanguage: english\n")


def test_words_without_quotes_are_told_that_a_text_has_quotes_of_its_own() -> None:
    found = remedies(ACTION % 'playAudio: {audio: {exp: "Your number is wrong"}}')
    assert 'a text stands in double quotes of its own: "..."' in found


def test_a_milestone_may_be_named_by_the_shorter_key() -> None:
    text = ACTION % "addFlowMilestone: {milestone: {name: Found}}"
    assert [one.code for one in check_flow(Source("a", text)).findings if "ilestone" in one.message] == [
        "renamed-parameter"
    ]


def test_no_key_is_offered_that_the_flow_cannot_have() -> None:
    text = "workflow:\n  name: Case\n  initialGreetin: Hello\n  startUpTaskActions: [{endWorkflow: {none: true}}]\n"
    assert not any("initialGreeting" in help_ for help_ in remedies(text))
    assert 'did you mean "initialGreeting"?' in remedies(text.replace("workflow", "inboundCall"))


@pytest.mark.parametrize(
    ("flow_type", "ending"),
    [
        ("workflow", "endWorkflow"),
        ("workitem", "exitWorkitemFlow"),
        ("botFlow", "exitBotFlow"),
        ("inboundCall", "disc"),
    ],
)
def test_a_way_without_an_end_is_told_an_end_that_the_flow_can_have(flow_type: str, ending: str) -> None:
    text = f"{flow_type}:\n  name: Case\n  startUpTaskActions: [{{decision: {{condition: {{lit: true}}}}}}]\n"
    assert any(help_.startswith(f"end it with {ending}") for help_ in remedies(text))
