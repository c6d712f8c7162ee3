"""Keys that nobody reads: told where they stand, with the one that was meant (flow-format.md §8, authoring.md §3.3)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dsl import check_flow
from dsl.load.shapes import SHAPES
from dsl.load.structure import SETTINGS
from dsl.load.structure import SHAPES as STRUCTURES
from dsl.schema import flow_schema
from dsl.source import Diagnostic, Key, Map, Node, Seq, Severity, Source, plain, read_yaml

ROOT = Path(__file__).parent.parent.parent.parent
OURS = sorted((ROOT / "flows").glob("*/flows/*.yaml"))

CALL = """\
inboundCall:
  name: Case
  defaultLanguage: en-us
  SETTINGS: {}
  startUpTaskActions:
  - ACTION
  - disconnect: {}
"""


def findings(text: str) -> list[Diagnostic]:
    return [found for found in check_flow(Source("case.yaml", text)).findings if found.severity is not Severity.INFO]


def told(action: str) -> list[tuple[str, str | None]]:
    """Code and help of everything that is found in a flow with this action."""
    text = CALL.replace("  SETTINGS: {}\n", "").replace("ACTION", action)
    return [(found.code, found.help) for found in findings(text)]


OUTPUT = "decision: {condition: {exp: Call.Ani == Call.CalledAddress}, outputs: {yes: %s}}"
SWITCH = "switch: {evaluate: %s}"
DATA = "callData: {category: {CRM: %s}, outputs: {failure: {actions: [{disconnect: {}}]}}}"
ATTRIBUTES = "setParticipantData: {attributes: [%s]}"
SCHEDULE = "evaluateSchedule: {evaluationType: %s}"


@pytest.mark.parametrize(
    ("action", "meant"),
    [
        (OUTPUT % "{acitons: []}", "actions"),
        (SWITCH % "{firstTrue: {casse: [], cases: [{case: {value: {exp: Call.Ani == Call.CalledAddress}}}]}}", "cases"),
        (
            SWITCH % "{firstTrue: {cases: [{case: {value: {exp: Call.Ani == Call.CalledAddress}, action: []}}]}}",
            "actions",
        ),
        (
            SWITCH % "{firstTrue: {cases: [{case: {value: {exp: Call.Ani == Call.CalledAddress}}}], defalt: {}}}",
            "default",
        ),
        (DATA % "{dataAction: {Get: {inputs: {}, sucessOutputs: {}}}}", "successOutputs"),
        (DATA % "{dataAction: {Get: {input: {}}}}", "inputs"),
        (ATTRIBUTES % "{attribute: {name: {lit: a}, value: {lit: b}, valeu: {lit: c}}}", "value"),
        (ATTRIBUTES % "{attribut: {name: {lit: a}, value: {lit: b}}}", "attribute"),
        ("setScreenPop: {screenPopScript: {Customer: {input: {}}}}", "inputs"),
        (SCHEDULE % "{schedule: {selectedSchedul: {lit: {name: Day}}, evaluate: {now: true}}}", "selectedSchedule"),
        (SCHEDULE % "{schedule: {selectedSchedule: {lit: {name: Day}}, evaluate: {nwo: true}}}", "now"),
        ("playAudio: {audio: {tts: Hello, promt: Bye}}", "prompt"),
        ("transferToVoicemail: {destination: {queue: {targetQeue: {lit: {name: A}}}}}", "targetQueue"),
        ("callLexBot: {nmae: Bot}", "name"),
        ("decision: {nmae: A, condition: {exp: Call.Ani == Call.CalledAddress}}", "name"),
        ("decision: {condition: {exp: Call.Ani == Call.CalledAddress}, output: {}}", "outputs"),
    ],
)
def test_a_misspelt_key_below_an_action_is_told_with_the_right_one(action: str, meant: str) -> None:
    (found,) = told(action)
    assert found[0] in ("unknown-key", "unknown-parameter")
    assert found[1] == f'did you mean "{meant}"?'


@pytest.mark.parametrize(
    ("settings", "meant"),
    [
        ("settingsErrorHandling: {errorHandlng: {disconnect: {none: true}}}", "errorHandling"),
        ("settingsErrorHandling: {errorHandling: {disconect: {none: true}}}", "disconnect"),
        ("settingsPrompts: {ensureAudioInPrompt: true}", "ensureAudioInPrompts"),
        ("supportedLanguages: {en-us: {defaultLanguageSkil: {noValue: true}}}", "defaultLanguageSkill"),
        ("settingsUserInput: {noMatchMax: {lit: 3}}", "noMatchesMax"),
        ("settingsSpeechRec: {minConfidenceLvel: {lit: 50}}", "minConfidenceLevel"),
    ],
)
def test_a_misspelt_setting_is_told_with_the_right_one(settings: str, meant: str) -> None:
    text = CALL.replace("SETTINGS: {}", settings).replace("  - ACTION\n", "")
    if settings.startswith("settingsUserInput"):
        text = text.replace("inboundCall", "botFlow")
    (found,) = findings(text)
    assert (found.code, found.span.start.line, found.help) == ("unknown-key", 4, f'did you mean "{meant}"?')


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (OUTPUT % "[{disconnect: {}}]", '"yes" must be a mapping'),
        ("playAudio: Hello", '"playAudio" must be a mapping'),
        (DATA % "{dataAction: Get}", '"dataAction" must be a mapping'),
        (OUTPUT % "{actions: [], enabled: no}", '"enabled" must be true or false'),
    ],
)
def test_what_stands_in_the_place_of_a_mapping_or_a_flag_is_told(action: str, message: str) -> None:
    text = CALL.replace("  SETTINGS: {}\n", "").replace("ACTION", action)
    assert message in [found.message for found in findings(text)]


def test_a_flag_of_a_variable_in_other_words_is_told() -> None:
    variable = "variables: [{stringVariable: {name: Flow.x, isInput: yes}}]"
    text = CALL.replace("SETTINGS: {}", variable).replace("ACTION", "playAudio: {audio: {exp: ToAudioTTS(Flow.x)}}")
    assert "bad-literal" in [found.code for found in findings(text)]


def test_where_all_has_been_commented_out_nothing_is_wrong() -> None:
    text = """\
inboundCall:
  name: Case
  variables:
  menus:
  startUpTaskActions:
    - decision:
        condition: {exp: Call.Ani == Call.CalledAddress}
        outputs:
          yes:
          no:
            actions:
    - callTask: {targetTaskRef: "./tasks/task[T]", inputs: , outputs: }
    - disconnect:
  tasks: [{task: {name: T, refId: T, variables: , actions: [{endTask: }]}}]
"""
    assert findings(text) == []


def test_a_variable_without_its_name_is_told_once_where_it_stands() -> None:
    text = CALL.replace("SETTINGS: {}", "variables: [{stringVariable: {nmae: Flow.x}}]").replace(
        "ACTION", "playAudio: {audio: {exp: ToAudioTTS(Flow.x)}}"
    )
    assert [found.code for found in findings(text)] == ["missing-parameter", "variable-never-written"]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("decision: {conditon: {exp: Flow.IsTest}}", 'decision needs "condition", not "conditon"'),
        ("updateData: {statements: [{string: {varable: Flow.x}}]}", 'a statement needs "variable", not "varable"'),
        (DATA.replace("category", "categry") % "{dataAction: {}}", 'callData needs "category", not "categry"'),
    ],
)
def test_a_part_that_is_needed_and_only_misspelt_is_told_once_and_where_it_stands(action: str, message: str) -> None:
    text = CALL.replace("  SETTINGS: {}\n", "").replace("ACTION", action)
    (found,) = [found for found in findings(text) if message.rpartition("not ")[2] in found.message]
    assert (found.message, found.code) == (message, "missing-parameter")


def test_what_is_given_to_a_module_without_its_version_is_told_once_and_counts() -> None:
    given = "inputs: {Common.a: {lit: x}}, outputs: {Common.b: {var: Flow.x}}"
    text = CALL.replace("SETTINGS: {}", "variables: [{stringVariable: {name: Flow.x}}]").replace(
        "ACTION", f"callCommonModule: {{commonModule: {{Other: {{{given}}}}}}}"
    )
    checked = check_flow(Source("case.yaml", text))
    told = ('"inputs" and "outputs" are no versions of "Other"', "put them below ver_latestPublished")
    assert [(found.message, found.help) for found in checked.findings if found.code == "unknown-key"] == [told]
    assert checked.flow is not None
    called = checked.flow.containers[0].actions[0].settings["commonModule"]
    assert (called["version"], called["outputs"]) == ("ver_latestPublished", {"Common.b": "Flow.x"})


def test_a_result_goes_into_a_variable_that_can_be_one() -> None:
    digits = "collectInput: {inputData: {var: %s}, digits: {exact: 4}}"
    assert [code for code, _ in told(digits % "digits")] == ["unknown-variable"]
    assert [code for code, _ in told(digits % "Flw.digits")] == ["unknown-scope"]


def test_what_a_result_creates_is_compared_with_what_is_declared() -> None:
    variable = "variables: [{stringVariable: {name: Flow.digits, initialValue: {lit: ''}}}]"
    text = CALL.replace("SETTINGS: {}", variable).replace(
        "ACTION", "collectInput: {inputData: {var: Flow.digit}, digits: {exact: 4}}"
    )
    found = next(found for found in findings(text) if found.code == "undeclared-variable")
    assert found.help == 'did you mean "Flow.digits"? Otherwise declare it under variables'


def test_a_statement_of_no_type_is_told_once_with_the_nearest_one() -> None:
    text = CALL.replace("SETTINGS: {}", "variables: [{stringCollectionVariable: {name: Flow.x}}]").replace(
        "ACTION", "updateData: {statements: [{stringColection: {variable: Flow.x, value: {exp: Flow.x}}}]}"
    )
    assert [(found.code, found.help) for found in findings(text) if "Flow" not in found.message] == [
        ("unknown-type", 'did you mean "stringCollection"?')
    ]


def test_every_table_belongs_to_a_shape_or_a_setting() -> None:
    assert set(STRUCTURES) <= set(SHAPES)
    assert all(group.startswith("settings") or group == "supportedLanguages" for group in SETTINGS)


# The schema and the check, on flows with a slip of the pen.


def keys(node: Node) -> Iterator[Key]:
    for item in node.items if isinstance(node, Seq) else ():
        yield from keys(item)
    for key, below in node if isinstance(node, Map) else ():
        yield key
        yield from keys(below)


def with_slips(paths: list[Path], count: int) -> Iterator[tuple[str, int]]:
    """Flows in which one key has lost a letter, and the line of it."""
    chance = random.Random(5)
    texts = [path.read_text(encoding="utf-8-sig") for path in paths]
    for text in chance.choices([text for text in texts if "{{" not in text], k=count):
        tree, _ = read_yaml(Source("case.yaml", text))
        assert tree is not None
        key = chance.choice([key for key in keys(tree) if len(key.text) > 3])
        start, end = key.span.start.offset, key.span.end.offset
        middle = (start + end) // 2
        yield text[:middle] + text[middle + 1 :], key.span.start.line


def assert_told(paths: list[Path], count: int) -> None:
    """What the schema refuses, the check tells on the line."""
    validator = Draft202012Validator(flow_schema())
    refused = 0
    for text, line in with_slips(paths, count):
        tree, _ = read_yaml(Source("case.yaml", text))
        assert tree is not None
        if not validator.is_valid(plain(tree)):
            refused += 1
            assert line in [found.span.start.line for found in findings(text)], (line, text)
    assert refused > count / 2


def test_what_the_schema_refuses_is_told_on_the_line() -> None:
    assert_told(OURS, 60)


@pytest.mark.corpus
def test_what_the_schema_refuses_is_told_on_the_line_in_published_flows(corpus: Path) -> None:
    flows = sorted((corpus / "flows").rglob("*.y*ml"))
    assert_told([path for path in flows if not path.name.endswith(".subst.yaml")], 60)


# Slips that YAML takes for something else.


def test_a_form_whose_colon_lacks_its_blank_is_told() -> None:
    assert told("playAudio: {audio: 'tts:Hello'}") == [("bare-value", "write {tts: ...}")]
    text = CALL.replace("  SETTINGS: {}\n", "").replace("ACTION", "playAudio:\n      audio:\n        tts:Hello")
    (found,) = findings(text)
    assert (found.code, found.help) == ("bare-value", "write tts: and a blank")


def test_a_list_of_literals_holds_nothing_computed() -> None:
    skills = "setSkills: {acdSkills: {lit: [{exp: FindSkill(Call.Ani)}]}}"
    assert [code for code, _ in told(skills)] == ["bad-literal"]


def test_a_part_that_stands_too_far_out_is_told_on_its_line() -> None:
    text = CALL.replace("  SETTINGS: {}\n", "").replace(
        "ACTION",
        "updateData:\n      statements:\n        - string:\n            variable: Flow.x\n          value: {lit: a}",
    )
    found = next(found for found in findings(text) if found.code == "ambiguous-item")
    assert found.span.start.line == 9


def test_digits_are_given_once() -> None:
    twice = "collectInput: {inputData: {noValue: true}, digits: {exact: 1, range: {min: 1, max: 2}}}"
    assert "bad-value" in [code for code, _ in told(twice)]


def test_two_choices_of_a_menu_do_not_share_a_refid() -> None:
    text = """\
inboundCall:
  name: Case
  startUpRef: ./menus/menu[M]
  menus:
    - menu:
        name: M
        refId: M
        choices:
          - menuDisconnect: {name: Bye, refId: a, dtmf: digit_1}
          - menuDisconnect: {name: Bye, refId: a, dtmf: digit_2}
"""
    assert [(found.code, found.span.start.line) for found in findings(text)] == [("duplicate-refid", 10)]
    assert findings(text.replace(", refId: a", "")) == []


def test_a_target_of_the_error_handling_is_told_where_it_is_named() -> None:
    handling = "settingsErrorHandling:\n    errorHandling:\n      task: {targetTaskRef: './tasks/task[No]'}"
    text = CALL.replace("SETTINGS: {}", handling).replace("  - ACTION\n", "")
    assert [(found.code, found.span.start.line) for found in findings(text)] == [("unknown-task", 6)]


@pytest.mark.parametrize(("language", "code"), [("en_us", "bad-literal"), ("de-de", "bad-literal")])
def test_a_default_language_is_one_of_the_flow(language: str, code: str) -> None:
    text = CALL.replace("SETTINGS: {}", "supportedLanguages: {en-us: {none: true}}").replace("  - ACTION\n", "")
    assert findings(text) == []
    assert [
        found.code for found in findings(text.replace("defaultLanguage: en-us", f"defaultLanguage: {language}"))
    ] == [code]


@pytest.mark.parametrize(
    ("flow_type", "action"),
    [
        ("inboundCall", "sendResponse: {messageBody: {lit: Hi}}"),
        ("inboundShortMessage", "playAudio: {audio: {tts: Hi}}"),
        ("workflow", "collectInput: {inputData: {noValue: true}, digits: {exact: 1}}"),
    ],
)
def test_an_action_that_needs_another_medium_is_told(flow_type: str, action: str) -> None:
    text = f"{flow_type}:\n  name: A\n  startUpTaskActions:\n  - {action}\n  - disconnect: {{}}\n"
    assert "action-not-in-flow-type" in [found.code for found in findings(text)]
