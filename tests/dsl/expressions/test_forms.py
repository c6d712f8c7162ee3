"""Values as JSON and back (corpus README of expressions, "Value forms")."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.expressions import answer_line

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
FULL = [
    ("bln", True),
    ("int", -5),
    ("dec", 5.5),
    ("str", "text"),
    ("int", {"not_set": "Integer"}),
    ("jsn", {"not_set": "Json"}),
    ("cnl", {"not_set": "ContactList"}),
    ("cur", {"currency": "2.25|USD"}),
    ("cur", {"currency": "|"}),
    ("dtm", {"datetime": "2009-01-10T06:30:00Z"}),
    ("dat", {"date": "2009-01-10"}),
    ("tim", {"time": "06:30:00"}),
    ("dur", {"duration_ms": 3600000}),
    ("tsl", {"timeslot": {"start": "2009-01-10T06:30:00Z", "duration_ms": 1800000}}),
    ("phn", {"phone": "tel:+4930123456"}),
    ("que", {"queue": {"id": "q1", "name": "Gold"}}),
    ("lac", {"language_skill": {"name": "German"}}),
    ("wrc", {"wrapup_code": {"id": "w1", "name": "Resolved"}}),
    ("cpx_scheduleGroup", {"schedule_group": {"name": "Hours"}}),
    ("cnl", {"contact_list": {"id": "c1", "name": "People"}}),
    ("usr", {"user": {"id": "u1", "name": "John Doe", "username": "john.doe@company.com"}}),
    ("pmt", {"prompt": {"name": "Prompt.Hello"}}),
    ("jsn", {"json": {"a": [1, 2.5, None, "x", True]}}),
    ("jsn", {"json": None}),
    ("int_coll", {"list": "Integer", "items": [1, {"not_set": "Integer"}]}),
    ("que_coll", {"list": "Queue", "items": []}),
    ("com", {"communication": [{"text": "Hi"}, {"ssml": "<speak>x</speak>"}, {"blank_ms": 5}]}),
    ("com", {"communication": [{"value": {"date": "2024-05-17"}, "format": "dateShortYear"}, {"value": 5}]}),
    ("com", {"communication": [{"audio": [{"prompt": "Hello"}]}]}),
    ("daf", {"constant": "Format.Date.shortYear"}),
    ("cst", {"constant": "System.Languages.enUS"}),
    ("con", {"object": "Contact", "properties": {"delay": "5"}}),
    (
        "cpx_externalContact",
        {
            "object": "ExternalContact",
            "properties": {
                "firstName": "Ann",
                "surveyOptOut": False,
                "workPhone": {"object": "ExternalPhoneNumber", "properties": {"e164": "+4930"}},
                "externalOrganization": {
                    "object": "ExternalOrganization",
                    "properties": {"tags": {"list": "String", "items": ["a", "b"]}},
                },
            },
        },
    ),
]


def answer(**line: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer_line(json.dumps(line), NOW))
    return found


def read(form: Any, **more: Any) -> dict[str, Any]:
    return answer(expr="Flow.x", vars={"Flow.x": form}, **more)


@pytest.mark.parametrize(("code", "form"), FULL, ids=lambda value: json.dumps(value)[:60])
def test_a_value_comes_back_in_the_form_that_it_was_given_in(code: str, form: Any) -> None:
    found = read(form)
    assert (found["type"], found["value"]) == (code, form)


@pytest.mark.parametrize(
    ("form", "code", "full"),
    [
        (None, None, {"not_set": "String"}),
        (None, "que", {"not_set": "Queue"}),
        (None, "int_coll", {"list": "Integer", "items": []}),
        ("Gold", "que", {"queue": {"name": "Gold"}}),
        ({"queue": "Gold"}, None, {"queue": {"name": "Gold"}}),
        ({"user": "a@b.example"}, None, {"user": {"name": "a@b.example", "username": "a@b.example"}}),
        ({"prompt": "Prompt.Hello"}, None, {"prompt": {"name": "Prompt.Hello"}}),
        ([1, 2], None, {"list": "Integer", "items": [1, 2]}),
        ([None, 1], None, {"list": "Integer", "items": [{"not_set": "Integer"}, 1]}),
        ([], None, {"list": "String", "items": []}),
        ([1], "dec_coll", {"list": "Decimal", "items": [1.0]}),
        ("PT1M", "dur", {"duration_ms": 60000}),
        ("5", "int", 5),
        (5, "dec", 5.0),
        (5.0, "int", 5),
        ("Hi", "com", {"communication": [{"text": "Hi"}]}),
        ({"a": [1]}, "jsn", {"json": {"a": [1]}}),
        ([1, 2], "jsn", {"json": [1, 2]}),
        ({"datetime": "2024-01-01T09:00:00Z"}, "dat", {"date": "2024-01-01"}),
        (
            {"object": "Email", "properties": {"SUBJECT": 5, "from": {"object": "EmailAddress"}}},
            None,
            {
                "object": "Email",
                "properties": {"subject": "5", "from": {"object": "EmailAddress", "properties": {}}},
            },
        ),
        ({"phone": "+1 (317) 555-0100"}, None, {"phone": "tel:+1 (317) 555-0100"}),
        ({"currency": "2.5|usd"}, None, {"currency": "2.50|USD"}),
    ],
)
def test_a_short_form_is_answered_in_full(form: Any, code: str | None, full: Any) -> None:
    types = {} if code is None else {"types": {"Flow.x": code}}
    assert read(form, **types)["value"] == full


@pytest.mark.parametrize(
    ("form", "code", "words"),
    [
        (1_000_000_000_000_000, None, "beyond the range of Integer"),
        (5.5, "int", "5.5 is no whole number"),
        ([1, 2.5], None, "2.5 is no whole number"),
        ({"duration_ms": 1.5}, None, "a whole number of milliseconds"),
        ({"duration_ms": 10**15}, None, "beyond the range of Duration"),
        ({"datetime": "2009-01-10"}, None, "not a date and time"),
        ({"date": "20090110"}, None, "not a date"),
        ({"date": "1799-12-31"}, None, "outside 1800 to 2200"),
        ({"time": "6:30"}, None, "not a time"),
        ({"currency": "5"}, None, "not of the form amount|code"),
        ({"list": "Integer", "items": ["a"]}, None, "not a whole number"),
        ({"queue": "a"}, "skl", "it is declared Skill, and this is Queue"),
        ({"queue": {"nme": "a"}}, None, '"nme" is no property of it'),
        ({"queue": {}}, None, "neither an id nor a name"),
        ([{"queue": "a"}, {"skill": "b"}], None, "it is declared Queue, and this is Skill"),
        ([[1]], None, "a collection holds no collections"),
        ({"object": "Email", "properties": {"subjct": "a"}}, None, 'did you mean "subject"?'),
        ({"object": "Email", "subject": "a"}, None, 'an object has the keys "object"'),
        ({"constant": "Format.Date.shortDay"}, None, "is no constant"),
        ({"queue": "a", "skill": "b"}, None, "an object with one key"),
        ({"communication": [{"value": 5, "format": "dateShort"}]}, None, '"dateShort" is no format'),
        ({"communication": [{"words": "x"}]}, None, '"words" is no part of a communication'),
        ({"json": json.loads("[" * 300 + "]" * 300)}, None, "200 levels"),
    ],
)
def test_what_is_no_value_is_told_with_its_reason(form: Any, code: str | None, words: str) -> None:
    types = {} if code is None else {"types": {"Flow.x": code}}
    error = read(form, **types)["error"]
    assert error["code"] == "bad-literal"
    assert words in error["message"]


def test_names_have_a_scope_and_do_not_differ_by_case_alone() -> None:
    assert answer(expr="1", vars={"x": 1})["error"]["code"] == "unknown-scope"
    assert answer(expr="1", types={"Flow.x": "int", "flow.X": "str"})["error"]["code"] == "duplicate-key"
    assert answer(expr="Flow.x", types={"Flow.x": "int"}, vars={"flow.X": "5"})["value"] == 5


def test_a_line_gives_the_running_language_unless_it_is_among_the_values() -> None:
    assert answer(expr="Call.Language", language="de-DE")["value"] == "de-de"
    assert answer(expr="Call.Language", language="de", vars={"call.language": "fr"})["value"] == "fr"


@given(st.decimals(-(10**39), 10**39, allow_nan=False))
def test_a_decimal_keeps_its_digits_on_the_way_in_and_out(number: Any) -> None:
    digits = f"{number:f}"
    digits = digits if "." in digits else digits + ".0"
    line = f'{{"expr": "Flow.x", "vars": {{"Flow.x": {digits}}}}}'
    shown = answer_line(line, NOW)
    exact = json.loads(shown, parse_float=str)
    if len(number.as_tuple().digits) <= 40:
        assert exact["value"] == exact["text"]


def test_a_decimal_has_more_digits_than_a_float_could_hold() -> None:
    shown = answer_line('{"expr": "MakeList(1/3)"}', NOW)
    assert f'"items": [0.{"3" * 40}]' in shown
    assert '"value": 0.0000001,' in answer_line('{"expr": "0.0000001"}', NOW)
