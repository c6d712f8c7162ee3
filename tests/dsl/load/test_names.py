"""Names that the organisation does not have, wherever a flow may write them."""

from __future__ import annotations

import pytest

from dsl import Inventory, check_flow
from dsl.source import Severity, Source, did_you_mean

INVENTORY = Inventory(
    names={
        "queue": frozenset({"Sales", "Support"}),
        "skill": frozenset({"Billing"}),
        "prompt": frozenset({"Welcome"}),
        "division": frozenset({"Home", "North"}),
    },
    data_tables={"Shops": {"key": "str", "open": "bln"}},
)
FLOW = """\
inboundCall:
  name: Case
  division: Home
  variables: [{stringVariable: {name: Flow.text, initialValue: {lit: ''}}}]
  startUpTaskActions:
    - playAudio: {audio: {exp: Append(ToAudio(Flow.text), ToAudioBlank(1))}}
    - ACTION
    - disconnect: {}
"""


def told(action: str, was: str = "", now: str = "") -> list[tuple[str, str | None]]:
    text = FLOW.replace("ACTION", action).replace(was, now) if was else FLOW.replace("ACTION", action)
    found = check_flow(Source("a", text), inventory=INVENTORY).findings
    return [(one.code, one.help) for one in found if one.severity is not Severity.INFO]


ROUTE = "transferToAcd: {targetQueue: {exp: '%s'}}"
SALES = ("unknown-queue", 'did you mean "Sales"?')


@pytest.mark.parametrize(
    "expression", ['FindQueue("Sale")', 'If(Flow.text == "", FindQueue("Sale"), ToQueue("Support"))']
)
def test_a_name_that_an_expression_looks_up_is_held_against_the_organisation(expression: str) -> None:
    assert SALES in told(ROUTE % expression)


@pytest.mark.parametrize("expression", ['FindQueue("sales")', "FindQueue(Flow.text)", 'FindQueueById("Sale")'])
def test_a_name_that_is_there_or_computed_is_fine(expression: str) -> None:
    assert "unknown-queue" not in [code for code, _ in told(ROUTE % expression)]


def test_prompts_are_found_by_literals_and_offered_in_their_spelling() -> None:
    wanted = ("unknown-prompt", 'did you mean "Welcome"?')
    assert wanted in told("playAudio: {audio: {prompt: Prompt.Welcom}}")
    assert wanted in told("playAudio: {audio: {lit: {name: Prompt.Welcom}}}")
    system = told("playAudio: {audio: {lit: {name: PromptSystem.on_hold_music}}}")
    assert "unknown-prompt" not in [code for code, _ in system]


def test_a_division_that_is_not_there_is_told() -> None:
    wanted = ("unknown-division", 'did you mean "North"?')
    assert wanted in told("playAudio: {audio: {tts: Hi}}", "division: Home", "division: Nort")


def test_a_column_has_a_type() -> None:
    table = "dataTableLookup: {lookupValue: {lit: a}, dataTable: {Shops: {foundOutputs: {open: {var: Flow.text}}}}}"
    assert "output-type" in [code for code, _ in told(table)]


def test_a_result_has_a_type() -> None:
    assert "output-type" in [
        code for code, _ in told("findQueue: {findName: {lit: Sales}, findResult: {var: Flow.text}}")
    ]


def test_an_object_without_its_key_is_told() -> None:
    assert ("bare-value", "write {name: ...}") in told("transferToAcd: {targetQueue: {lit: Sales}}")


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("queueName", ["targetQueue", "priority", "acdSkills"], 'did you mean "targetQueue"?'),
        ("Flow.tier", ["Flow.name", "Flow.age"], "known: Flow.age, Flow.name"),
        ("zzz", ["abc", "abd"], "known: abc, abd"),
    ],
)
def test_a_name_that_shares_a_word_is_near_enough(name: str, known: list[str], expected: str) -> None:
    assert did_you_mean(name, known) == expected
