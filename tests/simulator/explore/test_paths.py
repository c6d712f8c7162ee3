"""Flows whose paths are known: the explorer finds these and no others, and each can be played back."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.explore import Bounds, Report
from tests.simulator.explore.exploring import STRING, endings, explored, load, play_back, small_flow, taken, taken_by

FIND = """
- callData:
    name: Find
    timeout: {lit: {seconds: 5}}
    category: {CRM: {dataAction: {Find: {inputs: {phone: {exp: Call.Ani}}, successOutputs: %s}}}}
"""
DISCONNECT = "- disconnect: {name: Bye}\n"


def decision(condition: str, name: str = "Check") -> str:
    return (
        f"- decision:\n    name: {name}\n    condition: {{exp: '{condition}'}}\n    outputs:\n"
        "      yes: {actions: [{playAudio: {name: Good, audio: {tts: Good.}}}]}\n"
        "      no: {actions: [{playAudio: {name: Bad, audio: {tts: Bad.}}}]}\n"
    )


def ends(report: Report) -> list[str]:
    return [name for name in endings(report.paths) if "hang up" not in name]


def test_an_entry_succeeds_or_the_caller_is_silent_or_gone(tmp_path: Path) -> None:
    ask = (
        "- collectInput: {name: Ask, inputData: {var: Flow.x}, digits: {exact: 3}, inputAudio: {tts: Three digits.}}\n"
    )
    report = explored(small_flow(tmp_path, ask + DISCONNECT, STRING.format("x")))
    assert endings(report.paths) == ["hang up -> hangup", "press 123 -> disconnect", "silence -> disconnect"]


def test_a_data_action_succeeds_fails_and_does_not_answer(tmp_path: Path) -> None:
    report = explored(small_flow(tmp_path, FIND % "{tier: {var: Flow.x}}" + DISCONNECT, STRING.format("x")))
    assert ends(report) == ["failure -> disconnect", "success -> disconnect", "timeout -> disconnect"]
    assert (report.outputs.reached, report.outputs.total) == (3, 3)


@pytest.mark.parametrize(
    ("variable", "type_", "condition"),
    [
        ("x", "string", 'Flow.x == "Gold"'),
        ("x", "string", 'Lower(Append(Flow.x, "-", "eu")) == "gold-eu"'),
        ("x", "string", 'Contains(Flow.x, "vip") and Length(Flow.x) > 7'),
        ("x", "string", "IsNotSetOrEmpty(Flow.x)"),
        ("x", "string", "!IsSet(Flow.x)"),
        ("x", "string", "ToInt(Flow.x) * 1 > 41"),
        ("x", "string", 'Left(Flow.x, 3) == "+49" or Flow.x == "0"'),
        ("x", "string", 'FindString(Flow.x, "abc") == 4'),
        ("x", "integer", "Flow.x + 2 >= 100"),
        ("x", "integer", "Flow.x < 5 and Flow.x != 1 and Flow.x > 2"),
        ("x", "integer", 'If(Flow.x > 10, "many", "few") == "many"'),
        ("x", "boolean", "Flow.x"),
        ("x", "decimal", "Flow.x <= 2.5 and Flow.x > 2.25"),
        ("x", "stringCollection", 'Count(Flow.x) == 3 and Flow.x[1] == "b"'),
        ("x", "stringCollection", 'FindFirst(Flow.x, "Fiber") >= 0'),
    ],
)
def test_both_ways_of_a_condition_are_found(tmp_path: Path, variable: str, type_: str, condition: str) -> None:
    declared = f"- {type_}Variable: {{name: Flow.{variable}, initialValue: {{noValue: true}}}}"
    path = small_flow(tmp_path, FIND % "{value: {var: Flow.x}}" + decision(condition) + DISCONNECT, declared)
    report = explored(path)
    assert report.outputs_missed == ()
    loaded, _, _ = load(path)
    for way in report.paths:
        assert way.playable, way.case
        assert taken_by(play_back(loaded, way)) == taken(way)


def test_a_condition_within_a_condition_is_solved_with_it(tmp_path: Path) -> None:
    inner = decision('Flow.x == "Gold"', "Inner").replace("\n", "\n        ").rstrip()
    outer = (
        "- decision:\n    name: Outer\n    condition: {exp: 'Length(Flow.x) == 4 and Flow.n > 7'}\n    outputs:\n"
        "      yes:\n        actions:\n        " + inner + "\n"
    )
    variables = STRING.format("x") + "\n- integerVariable: {name: Flow.n, initialValue: {noValue: true}}"
    report = explored(small_flow(tmp_path, FIND % "{tier: {var: Flow.x}, n: {var: Flow.n}}" + outer, variables))
    assert (report.outputs_missed, report.dead, report.missed) == ((), (), ())


@pytest.mark.parametrize("read", ["Flow.sent.order.id", "Flow.sent.orders[0].id"])
def test_a_document_that_begins_the_flow_has_the_parts_that_the_flow_reads(tmp_path: Path, read: str) -> None:
    statement = f"{{string: {{variable: Flow.x, value: {{exp: 'ToString({read})'}}}}}}"
    keep = f"- updateData: {{name: Keep, statements: [{statement}]}}\n"
    variables = STRING.format("x") + "\n- jsonVariable: {name: Flow.sent, isInput: true}"
    path = small_flow(tmp_path, keep + decision('Flow.x == "7"') + DISCONNECT, variables)
    report = explored(path)
    assert (report.missed, report.outputs_missed) == ((), ())


def test_a_list_that_is_compared_as_a_text_gets_that_text_as_its_item(tmp_path: Path) -> None:
    variables = "- stringCollectionVariable: {name: Flow.x}"
    text = FIND % "{segments: {var: Flow.x}}" + decision('ToString(Flow.x) == "outbound"') + DISCONNECT
    report = explored(small_flow(tmp_path, text, variables))
    assert (report.outputs_missed, report.errors) == ((), ())


def test_a_menu_that_nobody_enters_is_told_by_its_actions_alone(tmp_path: Path) -> None:
    menu = "menus:\n- menu: {name: Old, refId: old, choices: [{menuDisconnect: {name: Leave, dtmf: digit_1}}]}\n"
    report = explored(small_flow(tmp_path, DISCONNECT, more=menu))
    assert [spot.name for spot in report.dead] == ["Leave"]
    assert report.outputs_missed == ()


def test_a_dead_end_is_told_with_the_output_behind_which_nothing_follows(tmp_path: Path) -> None:
    report = explored(small_flow(tmp_path, "- transferToAcd: {name: To gold, targetQueue: {lit: {name: Gold}}}\n"))
    assert [(spot.name, spot.note) for spot in report.dead_ends] == [("To gold", "failure")]


def test_the_callers_number_is_an_answer_too(tmp_path: Path) -> None:
    path = small_flow(tmp_path, decision('Call.Ani == "tel:+4930901820"') + DISCONNECT)
    report = explored(path)
    assert [way.case.get("from") for way in report.paths if "hang up" not in way.name] == [None, "+4930901820"]
    loaded, _, _ = load(path)
    assert all(taken_by(play_back(loaded, way)) == taken(way) for way in report.paths)


def test_digits_that_no_caller_can_enter_are_no_answer(tmp_path: Path) -> None:
    ask = "- collectInput: {name: Ask, inputData: {var: Flow.x}, digits: {exact: 3}, inputAudio: {tts: Digits.}}\n"
    report = explored(small_flow(tmp_path, ask + decision('Flow.x == "12345"'), STRING.format("x")))
    assert [(spot.name, spot.note) for spot in report.outputs_missed] == [("Check", "yes")]
    assert [spot.name for spot in report.missed] == ["Good"]
    assert report.dead == ()


def test_digits_that_are_read_back_count_once_they_are_confirmed(tmp_path: Path) -> None:
    ask = (
        "- collectInput: {name: Ask, inputData: {var: Flow.x}, digits: {range: {min: 1, max: 2}}, "
        "inputAudio: {tts: Digits.}, verificationType: numeric}\n"
    )
    loaded, *_ = load(path := small_flow(tmp_path, ask + decision('Flow.x == "1"') + DISCONNECT, STRING.format("x")))
    report = explored(path)
    assert (report.is_sound, report.outputs.reached) == (True, report.outputs.total)
    assert any({"press": "1"} in way.case.get("script", ()) for way in report.paths)
    assert all(taken_by(play_back(loaded, way)) == taken(way) for way in report.paths if way.playable)


def test_a_list_is_empty_has_one_item_or_several(tmp_path: Path) -> None:
    loop = (
        "- loop:\n    name: Each\n    currentIndex: {var: Flow.i}\n    loopCount: {exp: Count(Flow.x)}\n    outputs:\n"
        "      loop:\n        actions:\n"
        "        - playAudio: {name: Item, audio: {exp: 'ToAudioTTS(Append(Flow.x[Flow.i], Flow.y[Flow.i]))'}}\n"
    )
    lists = "\n".join(
        f"- stringCollectionVariable: {{name: Flow.{name}, initialValue: {{noValue: true}}}}" for name in "xy"
    )
    variables = lists + "\n- integerVariable: {name: Flow.i, initialValue: {lit: 0}}"
    path = small_flow(tmp_path, FIND % "{a: {var: Flow.x}, b: {var: Flow.y}}" + loop + DISCONNECT, variables)
    report = explored(path)
    answers = [way.case["actions"]["CRM / Find"][0].get("success") for way in report.paths if "success" in way.name]
    assert {len(answer["a"]) for answer in answers} == {0, 1, 2}
    assert all(len(answer["a"]) == len(answer["b"]) for answer in answers)
    assert report.errors == ()


def test_dead_code_is_what_no_answer_leads_to(tmp_path: Path) -> None:
    path = small_flow(tmp_path, decision("1 > 2") + DISCONNECT)
    report = explored(path)
    assert [spot.name for spot in report.dead] == ["Good"]
    assert [(spot.name, spot.note) for spot in report.outputs_missed] == [("Check", "yes")]


def test_a_call_that_runs_out_is_a_dead_end(tmp_path: Path) -> None:
    report = explored(small_flow(tmp_path, decision('Call.Ani == "tel:+49"')))
    assert {spot.name for spot in report.dead_ends} == {"Good", "Bad"}
    assert explored(small_flow(tmp_path, DISCONNECT)).dead_ends == ()


def test_a_circle_without_a_wait_never_ends(tmp_path: Path) -> None:
    report = explored(small_flow(tmp_path, "- jumpToTask: {name: Again, targetTaskRef: './tasks/task[main]'}\n"))
    assert [spot.name for spot in report.never_ends] == ["Again"]
    assert not report.is_sound


def test_a_circle_of_waits_that_nothing_leaves_never_ends(tmp_path: Path) -> None:
    ask = "- collectInput: {name: Ask, inputData: {var: Flow.x}, digits: {exact: 1}, inputAudio: {tts: Digit.}}\n"
    again = "- jumpToTask: {name: Again, targetTaskRef: './tasks/task[main]'}\n"
    report = explored(small_flow(tmp_path, ask + again, STRING.format("x")))
    assert [spot.name for spot in report.never_ends] == ["Ask"]
    assert explored(small_flow(tmp_path, ask + DISCONNECT, STRING.format("x"))).is_sound


def test_a_circle_that_one_key_leaves_is_fine(tmp_path: Path) -> None:
    ask = "- collectInput: {name: Ask, inputData: {var: Flow.x}, digits: {exact: 1}, inputAudio: {tts: Digit.}}\n"
    check = decision('Flow.x == "7"').replace(
        "{playAudio: {name: Good, audio: {tts: Good.}}}", "{disconnect: {name: Bye}}"
    )
    again = "- jumpToTask: {name: Again, targetTaskRef: './tasks/task[main]'}\n"
    report = explored(small_flow(tmp_path, ask + check + again, STRING.format("x")))
    assert report.is_sound
    assert any({"press": "7"} in way.case.get("script", ()) for way in report.paths)


def test_a_bound_that_is_met_is_said_so_and_nothing_is_called_dead(tmp_path: Path) -> None:
    path = small_flow(tmp_path, FIND % "{tier: {var: Flow.x}}" + decision('Flow.x == "Gold"'), STRING.format("x"))
    report = explored(path, Bounds(steps=1))
    assert not report.complete
    assert report.dead == ()


def test_the_same_flow_gives_the_same_report(tmp_path: Path) -> None:
    path = small_flow(tmp_path, FIND % "{tier: {var: Flow.x}}" + decision('Flow.x == "Gold"'), STRING.format("x"))
    assert explored(path) == explored(path)
