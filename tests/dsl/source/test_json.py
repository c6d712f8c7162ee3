"""The positioned JSON reader."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.source import Map, Scalar, Source, plain, read_json


def codes(text: str) -> list[str]:
    _, findings = read_json(Source("a.json", text))
    return [f"{f.span.start.line}:{f.span.start.column} {f.code}" for f in findings]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES, st.sampled_from([None, 2]), st.booleans())
def test_it_agrees_with_the_standard_library(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    tree, findings = read_json(Source("a.json", text))
    assert findings == []
    assert tree is not None
    assert plain(tree) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 syntax-json"),
        ('{"a": 1,}', "1:9 syntax-json"),
        ('{"a" 1}', "1:6 syntax-json"),
        ("{'a': 1}", "1:2 syntax-json"),
        ('{"a": "open', "1:7 syntax-json"),
        ('["a\nb"]', "1:4 syntax-json"),
        ("[1] 2", "1:5 syntax-json"),
        ("[01]", "1:3 syntax-json"),
        ("// x\n1", "1:1 syntax-json"),
        ('{"a": 1, "a": 2}', "1:10 duplicate-key"),
    ],
)
def test_what_is_wrong_is_shown_where_it_is(text: str, expected: str) -> None:
    assert codes(text)[:1] == [expected]


def test_endless_nesting_is_refused() -> None:
    assert len(codes("[" * 100_000)) == 1


def test_characters_behind_escapes_know_their_place() -> None:
    text = '{"t": "a\\n\\u00e9\\ud83d\\ude00 end"}'
    tree, _ = read_json(Source("a.json", text))
    assert isinstance(tree, Map)
    node = tree.get("t")
    assert isinstance(node, Scalar)
    assert node.offsets is not None
    assert text[node.offsets[node.text.index("end")] :].startswith("end")


@given(st.text(alphabet='{}[]",:0123456789truefalsn\\ \n', max_size=60))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    read_json(Source("a.json", text))
