"""Paths, defaults, success templates, flattening (data-actions.md §6, §7.1)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import PlainObject, Validator, slots_of
from connectors.model import Schema
from connectors.translation import (
    NOT_FOUND,
    OutputMismatchError,
    PathSyntaxError,
    TranslationError,
    compile_path,
    flatten,
    read_path,
    translate,
)
from dsl.expressions.values import Secure
from dsl.source import Span

PEOPLE = [{"n": "x"}, {"n": None}, {}]


def schema(**properties: Any) -> Schema:
    return Schema({"type": "object", "properties": properties}, Span.whole_file("a.json"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$[?(@.n)]", [{"n": "x"}, {"n": None}]),
        ("$[?(!@.n)]", [{}]),
        ("$[?(@.n != 'x')]", [{"n": None}, {}]),
        ("$[?@.n=='x']", [{"n": "x"}]),
        ('$[?(@.n == "x")]', [{"n": "x"}]),
        ("$[?(@.n in ['x', 'y'])]", [{"n": "x"}]),
        ("$[?(@.n =~ /X/i)]", [{"n": "x"}]),
        ("$[-1]", {}),
        ("$[-1:]", [{}]),
        ("$.size()", 3),
        ("$.length()", 3),
        ("[0].n", "x"),
        ("$.[0].n", "x"),
        ("$[1].n", None),
        ("$[9].n", NOT_FOUND),
        ("$[2].n", NOT_FOUND),
        ("$[*].n", ["x", None]),
        ("$[0,2]", [{"n": "x"}, {}]),
    ],
)
def test_the_modern_profile_reads_as_the_reference_says(path: str, expected: Any) -> None:
    assert read_path(path, PEOPLE) == expected


CALLS = {
    "total": 5,
    "m": {"total": 7},
    "calls": [
        {"id": "c1", "n": 1, "legs": [{"purpose": "customer"}, {"purpose": "acd"}]},
        {"id": "c2", "legs": [{"purpose": "customer"}]},
        {"id": "c3", "legs": []},
    ],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".total", [5, 7]),
        ("@.total", 5),
        ("$.calls[?('acd' in @.legs[*].purpose)].id", ["c1"]),
        ("$.calls[?('a' in @.legs[*].purpose)].id", []),
        ("$.calls[?(@.legs[*].purpose contains 'acd')].id", ["c1"]),
        ("$.calls[?(@.id contains '1')].id", ["c1"]),
        ("$.calls[?(@.id nin ['c1', 'c9'])].id", ["c2", "c3"]),
        ("$.calls[?(@.legs[*].purpose anyof ['acd', 'agent'])].id", ["c1"]),
        ("$.calls[?(@.legs[*].purpose noneof ['acd'])].id", ["c2", "c3"]),
        ("$.calls[?(@.legs[*].purpose subsetof ['customer'])].id", ["c2", "c3"]),
        ("$.calls[?(@.legs size 2)].id", ["c1"]),
        ("$.calls[?(@.legs empty true)].id", ["c3"]),
        ("$.calls[?(@.legs.length() > 1)].id", ["c1"]),
        ("$.calls[?(@.n in [true])].id", []),
        ("$.calls[?(@.size in [1])].id", []),
        ("$['total','nope']", {"total": 5}),
        ("$.calls[*]['id','n']", [{"id": "c1", "n": 1}, {"id": "c2"}, {"id": "c3"}]),
        ("$.nope['a','b']", NOT_FOUND),
    ],
)
def test_paths_mean_what_json_path_makes_of_them(path: str, expected: Any) -> None:
    assert read_path(path, CALLS) == expected


def test_descendants_come_in_document_order_parents_before_children() -> None:
    assert read_path("$..E", {"k": [{"E": 2}, {"m": {"E": 3}}], "E": 4}) == [4, 2, 3]


@pytest.mark.parametrize("path", ["$$.id", "", "$.a[", "$[?(@.a ==]"])
def test_a_malformed_path_is_refused(path: str) -> None:
    with pytest.raises(PathSyntaxError):
        compile_path(path)


@pytest.mark.parametrize(
    ("path", "definite"),
    [
        ("$.a['b,c'][0]", True),
        ("$..a", False),
        ("$.a[*]", False),
        ("$.a[0:2]", False),
        ("$['a','b']", True),
        ("$[*]['a','b']", False),
        (".a", False),
    ],
)
def test_definite_and_indefinite_paths_are_told_apart(path: str, definite: bool) -> None:
    assert compile_path(path).definite is definite


@pytest.mark.corpus
def test_the_path_reads_of_the_corpus_agree(corpus: Path) -> None:
    counts = dict.fromkeys(("value", "not_found", "not_comparable"), 0)
    for case in json.loads((corpus / "templates/jsonpath.json").read_text("utf-8")):
        value = read_path(case["path"], case["document"])
        counts[case["kind"]] += 1
        if case["kind"] == "value":
            assert value == case["expected"], case["id"]
            assert compile_path(case["path"]).definite is case["definite"], case["id"]
        elif case["kind"] == "not_found":
            assert value is NOT_FOUND, case["id"]
    assert counts == {"value": 267, "not_found": 80, "not_comparable": 43}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(json_values, st.lists(st.sampled_from(["a", "b", 0, 1, -1]), max_size=4))
def test_plain_paths_read_what_walking_by_hand_reads(document: Any, steps: list[str | int]) -> None:
    path = "$" + "".join(f".{s}" if isinstance(s, str) else f"[{s}]" for s in steps)
    expected = document
    for step in steps:
        fits = isinstance(expected, dict) if isinstance(step, str) else isinstance(expected, list)
        try:
            expected = expected[step] if fits else NOT_FOUND
        except (KeyError, IndexError):
            expected = NOT_FOUND
    assert read_path(path, document) == expected


def test_a_missing_definite_path_takes_its_default_and_a_null_does_not() -> None:
    assert translate({"v": "$.v"}, {"v": '"d"'}, '{"v": ${v}}', "{}") == {"v": "d"}
    assert translate({"v": "$.v"}, {"v": '"d"'}, '{"v": ${v}}', '{"v": null}') == {"v": None}


def test_an_indefinite_path_without_hits_is_an_empty_list_whatever_the_default() -> None:
    assert translate({"v": "$..v"}, {"v": '"d"'}, '{"v": ${v}}', "{}") == {"v": []}


def test_a_missing_path_without_default_fails_because_the_reference_prints() -> None:
    with pytest.raises(TranslationError, match="success template"):
        translate({"v": "$.v"}, {}, '{"v": ${v}}', "{}")


def test_a_default_that_is_no_json_fails_when_it_is_needed() -> None:
    with pytest.raises(TranslationError):
        translate({"v": "$.v"}, {"v": "disconnected"}, '{"v": ${v}}', "{}")


@pytest.mark.parametrize("body", ["", "  \n"])
def test_an_empty_body_is_an_empty_object(body: str) -> None:
    assert translate({}, {}, "${rawResult}", body) == {}


@pytest.mark.parametrize("body", ["<html>", "NaN", "{", "[" * 2000 + "]" * 2000, "[" * 51 + "]" * 51])
def test_a_body_that_is_no_json_or_too_deep_fails(body: str) -> None:
    with pytest.raises(TranslationError):
        translate({}, {}, "${rawResult}", body)


def test_objects_flatten_to_dotted_names_and_lists_of_objects_to_parallel_collections() -> None:
    contract = schema(
        id={"type": "string"},
        conversation={"type": "object", "properties": {"id": {"type": "string"}}},
        tags={"type": "array", "items": {"type": "string"}},
        people={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "home": {"type": "object", "properties": {"zip": {"type": "integer"}}},
                },
            },
        },
        empty={"type": "object"},
    )
    document = {
        "id": "1",
        "conversation": {"id": "c"},
        "tags": ["a", None],
        "people": [{"name": "Ada", "home": {"zip": 7}}, {"home": None}, {"name": "Bo"}],
        "extra": 1,
    }
    outputs, misfits = flatten(contract, document)
    assert outputs == {
        "id": "1",
        "conversation.id": "c",
        "tags": ("a", None),
        "people.name": ("Ada", None, "Bo"),
        "people.home.zip": (7, None, None),
    }
    assert misfits == []


def test_a_list_of_objects_at_the_root_gives_bare_names() -> None:
    items = {"type": "object", "properties": {"Id": {"type": "string"}, "N": {"type": "number"}}}
    contract = Schema({"type": "array", "items": items}, Span.whole_file("a.json"))
    assert flatten(contract, [{"Id": "1", "N": 1.5}, {"Id": "2"}])[0] == {"Id": ("1", "2"), "N": (Decimal("1.5"), None)}


def test_a_list_of_scalars_at_the_root_is_called_items() -> None:
    contract = Schema({"type": "array", "items": {"type": "integer"}}, Span.whole_file("a.json"))
    assert flatten(contract, [1, 2])[0] == {"items": (1, 2)}


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("integer", "5", 5), ("integer", 5.0, 5), ("integer", 5.5, None), ("integer", True, None), ("integer",
        10**15, None),
        ("string", 5, "5"), ("string", True, "true"), ("string", {"a": 1}, None),
        ("number", "1.50", Decimal("1.50")), ("number", 0.1, Decimal("0.1")), ("number", "x", None),
        ("boolean", "true", True), ("boolean", "TRUE", True), ("boolean", 1, None),
    ],
)  # fmt: skip
def test_what_converts_without_loss_converts_and_nothing_else(type_: str, value: Any, expected: Any) -> None:
    outputs, misfits = flatten(schema(v={"type": type_}), {"v": value})
    assert outputs["v"] == expected
    assert misfits == ([] if expected is not None else ["v"])


def test_a_misfit_raises_when_the_connection_is_strict() -> None:
    with pytest.raises(OutputMismatchError, match='"v"'):
        flatten(schema(v={"type": "integer"}), {"v": "x"}, strict=True)


def test_values_marked_as_sensitive_come_wrapped() -> None:
    outputs, _ = flatten(schema(v={"type": "string", "sensitive": True}), {"v": "secret"})
    assert outputs["v"] == Secure("secret")


def test_a_collection_over_the_limit_is_refused() -> None:
    with pytest.raises(OutputMismatchError, match="10,000"):
        flatten(schema(v={"type": "array", "items": {"type": "integer"}}), {"v": [1] * 10_001})


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9)), max_size=6))
def test_collections_of_one_list_keep_equal_length(rows: list[dict[str, int]]) -> None:
    items = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    outputs, _ = flatten(schema(rows={"type": "array", "items": items}), {"rows": rows})
    assert len(outputs["rows.a"]) == len(outputs["rows.b"]) == len(rows)


def test_null_types_load_integral_floats_pass_and_true_is_no_integer() -> None:
    validator = Validator({"type": "object", "properties": {"a": {"type": None}, "n": {"type": "integer"}}})
    assert validator.problem({"a": 1, "n": 5}) is None
    assert validator.problem({"n": True}) == '"n" is not of type integer'


def test_types_given_as_lists_mean_their_first_that_is_not_null() -> None:
    assert [slot.type for slot in slots_of(schema(v={"type": ["null", "string"]}))] == ["string"]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
KINDS_OF_SCALARS = ["string", "integer", "number", "boolean", "null"]


@given(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(KINDS_OF_SCALARS)),
    st.lists(st.sampled_from("abc"), min_size=1, unique=True),
    st.booleans(),
    st.dictionaries(st.sampled_from("abcd"), SCALARS | st.lists(SCALARS, max_size=2)),
)
def test_what_the_quick_look_accepts_the_validator_of_the_library_accepts_too(
    types: dict[str, str], required: list[str], is_open: bool, document: dict[str, Any]
) -> None:
    import jsonschema

    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"type": kind, "title": name} for name, kind in types.items()},
        "required": required,
        "additionalProperties": is_open,
    }
    plain = PlainObject.of(schema)
    assert plain is not None
    accepted = plain.accepts(document)
    assert not accepted or jsonschema.Draft4Validator(schema).is_valid(document)
    assert Validator(schema).problem(document) is None or not accepted


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        {"type": "object", "minProperties": 1},
        {"type": "array", "items": {}},
    ],
)
def test_a_contract_with_more_to_it_is_left_to_the_library(schema: dict[str, Any]) -> None:
    assert PlainObject.of(schema) is None
