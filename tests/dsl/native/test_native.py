"""What the native form holds, piece by piece, and what becomes of the parts that Archy has no place for."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import check_flow
from dsl.native import Imported, decode_native, import_flow, to_text
from dsl.source import Map, Severity, Source, plain
from tests.dsl.native.exporter import audio, bound, empty, export, expression, literal

START = "10000000-0000-4000-8000-000000000001"


def play(name: str, number: int, **more: Any) -> dict[str, Any]:
    spoken = audio({"tts": f"This is {name}."})
    return {
        "__type": "PlayAudioAction",
        "id": f"a{number}",
        "trackingId": number,
        "name": name,
        "prompts": spoken,
        **more,
    }


def flow(*listed: dict[str, Any], **more: Any) -> dict[str, Any]:
    task = {
        "__type": "Task",
        "id": START,
        "trackingId": 12,
        "name": "Main",
        "startAction": listed[0]["id"],
        "actionList": list(listed),
        "variables": [],
    }
    root = {
        "name": "Front door",
        "type": "inboundcall",
        "defaultLanguage": "en-US",
        "supportedLanguages": ["en-US"],
        "initialSequence": START,
        "flowSequenceItemList": [task],
        "variables": [],
    }
    items = [task, *more.pop("items", [])]
    return {**root, "flowSequenceItemList": items, **more}


def read(document: dict[str, Any]) -> Imported:
    decoded = decode_native(Source("x", json.dumps(document)))
    assert decoded is not None
    return import_flow(decoded[1])


def actions_of(document: dict[str, Any]) -> list[Any]:
    body: Any = plain(read(document).document)
    found: list[Any] = body["inboundCall"]["tasks"][0]["task"]["actions"]
    return found


def errors(imported: Imported) -> list[str]:
    found = check_flow(Source("x.yaml", to_text(imported, "x"))).findings
    return [f.message for f in found if f.severity is Severity.ERROR]


def test_three_ways_of_writing_the_same_export_are_recognised_by_content() -> None:
    bare = json.dumps(flow(play("one", 1)))
    percent = quote(bare)
    encoded = base64.b64encode(percent.encode()).decode()
    trees = [decode_native(Source("anything.txt", text)) for text in (bare, percent, encoded)]
    assert all(found is not None and plain(found[1]) == json.loads(bare) for found in trees)


def test_other_files_are_no_native_export() -> None:
    for text in ("", "inboundCall: {name: x}", "{}", '{"type": 1}', "bm90IGEgZmxvdyBhdCBhbGw=", "%7Bbroken"):
        assert decode_native(Source("x", text)) is None


def test_a_branch_ends_where_nothing_follows_and_the_flow_goes_on_behind_it() -> None:
    decide = {
        "__type": "DecisionAction",
        "id": "d",
        "name": "Known?",
        "expression": expression('Call.Ani == "1"'),
        "nextAction": "a3",
        "paths": [
            {"outputId": "__YES__", "label": "Yes", "nextActionId": "a1"},
            {"outputId": "__NO__", "label": "No", "nextActionId": "a2"},
        ],
    }
    found = actions_of(flow(decide, play("yes", 1), play("no", 2), play("after", 3)))
    assert [next(iter(item)) for item in found] == ["decision", "playAudio"]
    outputs = found[0]["decision"]["outputs"]
    assert [outputs[name]["actions"][0]["playAudio"]["name"] for name in ("yes", "no")] == ["yes", "no"]


def test_where_two_branches_meet_the_actions_are_written_in_both() -> None:
    decide = {
        "__type": "DecisionAction",
        "id": "d",
        "name": "Known?",
        "expression": expression("true"),
        "paths": [{"outputId": "__YES__", "nextActionId": "a1"}, {"outputId": "__NO__", "nextActionId": "a2"}],
    }
    found = actions_of(flow(decide, play("yes", 1, nextAction="a3"), play("no", 2, nextAction="a3"), play("end", 3)))
    names = [
        [item["playAudio"]["name"] for item in found[0]["decision"]["outputs"][name]["actions"]]
        for name in ("yes", "no")
    ]
    assert names == [["yes", "end"], ["no", "end"]]


def test_a_way_back_is_reported_and_ends_the_list() -> None:
    imported = read(flow(play("one", 1, nextAction="a2"), play("two", 2, nextAction="a1")))
    assert [f.code for f in imported.findings] == ["not-imported"]
    assert 'back to "one"' in imported.findings[0].message


def test_an_expression_without_text_is_printed_from_its_tree() -> None:
    given_tree = expression('If(Flow.a == "x", 1 + 2 * 3, 0)') | {"text": ""}
    wait = {"__type": "LoopAction", "id": "l", "name": "Loop", "currentIndex": bound("Flow.i"), "loopCount": given_tree}
    variables = [
        {"__type": "StringVariable", "name": "Flow.a", "initialValue": empty("str")},
        {"__type": "IntegerVariable", "name": "Flow.i", "initialValue": literal("0", "int")},
    ]
    found = actions_of(flow(wait, variables=variables))
    assert found[0]["loop"]["loopCount"] == {"exp": 'If(Flow.a == "x", 1 + 2 * 3, 0)'}


def test_literals_keep_their_types_and_things_their_names() -> None:
    transfer = {
        "__type": "TransferPureMatchAction",
        "id": "t",
        "name": "To sales",
        "queues": [literal("Sales", "que", "id-1")],
        "priority": literal("5", "int"),
        "skills": [{"skill": literal("German", "skl", "id-2")}],
        "languageSkill": empty("lac"),
        "preTransferAudio": audio({"tts": "One moment."}),
    }
    (found,) = actions_of(flow(transfer))
    assert found["transferToAcd"]["targetQueue"] == {"lit": {"name": "Sales"}}
    assert found["transferToAcd"]["priority"] == {"lit": 5}
    assert found["transferToAcd"]["acdSkills"] == [{"acdSkill": {"lit": {"name": "German"}}}]
    assert found["transferToAcd"]["preTransferAudio"] == {"tts": "One moment."}


def test_an_unknown_action_is_reported_with_its_path_and_kept() -> None:
    odd = {"__type": "BrewCoffeeAction", "id": "b", "name": "Coffee", "cups": 2, "nextAction": "a1"}
    imported = read(flow(odd, play("after", 1)))
    (found,) = imported.findings
    assert found.element == "$.flowSequenceItemList[0].actionList[0]"
    assert "BrewCoffeeAction" in found.message
    text = to_text(imported, "x")
    assert "brewCoffee" in text
    assert "cups: 2" in text
    assert errors(imported) == ['unknown action "brewCoffee"']


def test_an_unknown_property_is_reported_and_kept_as_a_comment() -> None:
    imported = read(flow(play("one", 1, sparkle={"level": 3})))
    (found,) = imported.findings
    assert found.element == "$.flowSequenceItemList[0].actionList[0].sparkle"
    assert '#   $.flowSequenceItemList[0].actionList[0].sparkle: {"level": 3}' in to_text(imported, "x")
    assert errors(imported) == []


def test_an_action_that_nothing_leads_to_is_kept_as_a_comment() -> None:
    imported = read(flow(play("one", 1), play("lost", 2)))
    assert [f.message for f in imported.findings] == ['nothing leads to "lost"; it is left out']
    assert "This is lost." in to_text(imported, "x")


def test_a_switched_off_output_stays_switched_off() -> None:
    lookup = {
        "__type": "DataAction",
        "id": "d",
        "name": "Look up",
        "category": "CRM",
        "actionName": "Get",
        "inputs": [],
        "outputs": [],
        "timeout": empty("dur"),
        "paths": [{"outputId": "__FAILURE__", "label": "Failure", "nextActionId": "a1", "disabled": True}],
    }
    found = actions_of(flow(lookup, play("one", 1)))
    assert found[0]["callData"]["outputs"]["failure"]["enabled"] is False


def test_audio_of_other_languages_becomes_a_choice_by_the_running_language() -> None:
    spoken = audio({"tts": "Hello."})
    spoken["cases"] = [{"langCode": "de-DE", "audioExpression": expression('ToAudioTTS("Hallo.")', "aud")}]
    imported = read(flow(play("one", 1, prompts=spoken)))
    text = to_text(imported, "x")
    assert 'If(Call.Language == "de-de", ToAudioTTS("Hallo."), ' in text
    assert imported.findings == ()
    assert errors(imported) == []


@pytest.mark.parametrize(("said", "may_interrupt"), [("Enabled", True), ("Disabled", False)])
def test_exports_of_years_ago_say_in_a_word_whether_audio_is_interrupted(said: str, may_interrupt: bool) -> None:
    spoken = audio({"tts": "Hello."})
    del spoken["bargeInExpression"]
    spoken |= {"bargeIn": said, "bargeInDuration": literal("P0D0H0M0S500F", "dur")}
    imported = read(flow(play("one", 1, prompts=spoken)))
    assert imported.findings == ()
    assert ("AudioPlaybackOptions" not in to_text(imported, "x")) == may_interrupt


def test_a_menu_with_its_choices_and_its_default() -> None:
    menu = {
        "__type": "Menu",
        "id": "m",
        "trackingId": 20,
        "name": "Main Menu",
        "prompts": audio({"tts": "Press 1."}),
        "promptRepeatCount": literal("2", "int"),
        "defaultMenuChoice": "c2",
        "menuChoiceList": [
            {
                "id": "c1",
                "trackingId": 21,
                "name": "Sales",
                "digit": 1,
                "speechRecTerms": {"en-US": ["sales"]},
                "action": {"__type": "TransferPureMatchAction", "name": "x", "queues": [literal("Sales", "que")]},
            },
            {"id": "c2", "trackingId": 22, "name": "Bye", "digit": "9", "action": {"__type": "DisconnectAction"}},
            {
                "id": "c3",
                "trackingId": 23,
                "name": "Task",
                "digit": "*",
                "action": {"__type": "TaskAction", "taskReference": START},
            },
        ],
    }
    jump = {"__type": "TransferMenuAction", "id": "j", "name": "Menu", "menuReference": "m"}
    imported = read(flow(jump, items=[menu]))
    assert imported.findings == ()
    assert errors(imported) == []
    checked = check_flow(Source("x.yaml", to_text(imported, "x"))).flow
    assert checked is not None
    (built,) = checked.menus
    assert [(choice.kind, choice.dtmf) for choice in built.choices] == [
        ("menuTransferToAcd", "1"),
        ("menuDisconnect", "9"),
        ("menuTask", "*"),
    ]
    assert built.default_choice == built.choices[1].element
    assert built.choices[0].terms == {"en-us": ("sales",)}


def test_error_handling_and_defaults_of_the_flow() -> None:
    handling = {"handlingType": "Queue", "queue": literal("Sales", "que"), "audio": audio({"tts": "Sorry."})}
    defaults = {
        "CollectInputAction": {"noEntryTimeout": literal("P0D0H0M7S0F", "dur")},
        "Menu": {"promptRepeatDelay": literal("P0D0H0M12S500F", "dur")},
    }
    imported = read(flow(play("one", 1), errorHandling=handling, defaultSettings=defaults))
    body: Any = plain(imported.document)["inboundCall"]  # type: ignore[index,call-overload]
    assert body["settingsErrorHandling"]["errorHandling"] == {"queue": {"targetQueue": {"lit": {"name": "Sales"}}}}
    assert body["settingsActionDefaults"]["collectInput"]["noEntryTimeout"] == {"lit": {"seconds": 7}}
    assert body["settingsMenu"]["menuSelectionTimeout"] == {"lit": {"seconds": 12, "ms": 500}}
    assert errors(imported) == []


def test_words_are_read_by_name_and_by_number() -> None:
    collect = {
        "__type": "CollectInputAction",
        "id": "c",
        "name": "Ask",
        "resultData": bound("Flow.x"),
        "numberOfDigitsMin": literal("1", "int"),
        "numberOfDigitsMax": literal("6", "int"),
        "terminatingCharacter": "Pound",
        "verification": True,
        "verificationType": 0,
        "prompts": audio({"tts": "?"}),
        "nextAction": "e",
    }
    wait = {"__type": "PlayEstimatedWaitTimeAction", "id": "e", "name": "Wait", "playbackMode": 3}
    found = actions_of(flow(collect, wait))
    assert found[0]["collectInput"]["digits"] == {"range": {"min": 1, "max": 6, "terminatingDtmf": "digit_#"}}
    assert found[0]["collectInput"]["verificationType"] == "individualDigits"
    assert found[1]["playEstimatedWaitTime"]["playbackMode"] == "lessThan"


def test_a_word_that_nobody_knows_is_told() -> None:
    wait = {"__type": "PlayEstimatedWaitTimeAction", "id": "e", "name": "Wait", "playbackMode": "Backwards"}
    assert [f.element for f in read(flow(wait)).findings] == ["$.flowSequenceItemList[0].actionList[0].playbackMode"]


PARTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_that_an_export_may_hold_makes_the_import_fall_over(data: st.DataObject) -> None:
    document: Any = json.loads(base64_json(data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 4))):
        where = document
        while isinstance(where, dict | list) and where and data.draw(st.integers(0, 3)):
            keys = sorted(where) if isinstance(where, dict) else list(range(len(where)))
            key: Any = data.draw(st.sampled_from(keys))
            if not isinstance(where[key], dict | list) or not where[key]:
                where[key] = data.draw(PARTS)
                break
            where = where[key]
        else:
            if isinstance(where, list):
                where.append(data.draw(PARTS))
    decoded = decode_native(Source("x", json.dumps(document)))
    if decoded is not None:
        assert isinstance(import_flow(decoded[1]).document, Map)


def base64_json(with_menu: bool) -> str:
    from urllib.parse import unquote

    document = {
        "inboundCall": {
            "name": "x",
            "startUpRef": "./tasks/task[Main]",
            "tasks": [
                {
                    "task": {
                        "name": "Main",
                        "actions": [
                            {
                                "collectInput": {
                                    "name": "ask",
                                    "inputData": {"var": "Flow.x"},
                                    "digits": {"exact": 4},
                                    "inputAudio": {"tts": "Hi"},
                                    "outputs": {"success": {"actions": [{"disconnect": {"name": "bye"}}]}},
                                }
                            },
                            {
                                "switch": {
                                    "name": "s",
                                    "evaluate": {
                                        "firstTrue": {
                                            "cases": [
                                                {
                                                    "case": {
                                                        "value": {"exp": "true"},
                                                        "actions": [{"disconnect": {"name": "bye"}}],
                                                    }
                                                }
                                            ]
                                        }
                                    },
                                }
                            },
                        ],
                    }
                }
            ],
            **(
                {
                    "menus": [
                        {
                            "menu": {
                                "name": "M",
                                "audio": {"tts": "1"},
                                "choices": [{"menuDisconnect": {"name": "bye", "dtmf": "digit_1"}}],
                            }
                        }
                    ]
                }
                if with_menu
                else {}
            ),
        }
    }
    return unquote(base64.b64decode(export(document)).decode())


def switch(style: object, **more: Any) -> dict[str, Any]:
    return {
        "__type": "SwitchAction",
        "id": "s",
        "name": "Which",
        "switchStyle": style,
        "expression": expression("Call.Ani", "str"),
        "cases": [{"name": "Case 1", "referenceId": "c1", "value": expression('"1"', "str")}],
        "paths": [
            {"outputId": "c1", "label": "Case 1", "nextActionId": "a1", **more},
            {"outputId": "__DEFAULT__", "label": "Default"},
        ],
    }


@pytest.mark.parametrize(
    ("style", "word"), [(0, "firstTrue"), (1, "firstMatch"), ("firstTrue", "firstTrue"), ("match", "firstMatch")]
)
def test_a_switch_says_by_number_or_word_how_it_chooses(style: object, word: str) -> None:
    (found, *_) = actions_of(flow(switch(style), play("one", 1)))
    assert list(found["switch"]["evaluate"]) == [word]


def test_a_case_that_is_switched_off_is_told_since_it_is_taken_here() -> None:
    imported = read(flow(switch(0, disabled=True), play("one", 1)))
    assert [finding.element for finding in imported.findings] == ["$.flowSequenceItemList[0].actionList[0].paths[0]"]
