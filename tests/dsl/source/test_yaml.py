"""The positioned YAML reader (authoring.md §4, §10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from dsl.source import Map, Node, Scalar, Source, plain, read_yaml
from dsl.source import yaml as reader
from dsl.source.emit import to_yaml
from dsl.source.tree import scalars


def read(text: str) -> tuple[Node | None, list[str]]:
    tree, findings = read_yaml(Source("flow.yaml", text))
    return tree, [f"{f.span.start.line}:{f.span.start.column} {f.code}" for f in findings]


def value(text: str) -> object:
    tree, findings = read(text)
    assert findings == []
    assert tree is not None
    return plain(tree)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("~", None),
        ("", None),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("08:30", "08:30"),
        ("1:30", "1:30"),
        ("2026-03-02", "2026-03-02"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("1_000", "1_000"),
        ('"12"', "12"),
        ("'yes'", "yes"),
    ],
)
def test_plain_scalars_follow_the_yaml_12_core_set(written: str, expected: object) -> None:
    assert value(f"key: {written}") == {"key": expected}


def test_keys_are_always_texts() -> None:
    assert value("yes: 1\nno: 2\ntrue: 3\n12: 4") == {"yes": 1, "no": 2, "true": 3, "12": 4}


def test_a_plain_scalar_keeps_the_text_it_was_written_as() -> None:
    tree, _ = read("lit: 030123")
    assert isinstance(tree, Map)
    node = tree.get("lit")
    assert isinstance(node, Scalar)
    assert (node.value, node.text) == (30123, "030123")


def test_the_pure_parser_gives_the_same_tree_as_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a: [1, {b: "x\\ty"}]\nc: |\n  one\n   two\nd: >-\n  folded\n  text\n'
    fast = read(text)[0]
    monkeypatch.setattr(reader, "_Loader", yaml.SafeLoader)
    slow = read(text)[0]
    assert fast is not None
    assert slow is not None
    assert plain(slow) == plain(fast)
    assert [(s.span, s.style, s.offsets) for s in scalars(slow)] == [
        (s.span, s.style, s.offsets) for s in scalars(fast)
    ]


def test_a_duplicate_key_is_reported_with_its_first_place_and_the_last_one_counts() -> None:
    tree, findings = read_yaml(Source("f", "a: 1\nb: 2\na: 3\n"))
    assert tree is not None
    assert isinstance(tree, Map)
    node = tree.get("a")
    assert isinstance(node, Scalar)
    assert node.value == 3
    assert [(f.code, f.span.start.line, f.notes[0].span.start.line) for f in findings] == [("duplicate-key", 3, 1)]


BILLION_LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 syntax-yaml"),
        ("a: [1", "1:6 syntax-yaml"),
        ('a: "open', "1:9 syntax-yaml"),
        ("\ta: 1", "1:1 syntax-yaml"),
        ("a: b: c", "1:5 syntax-yaml"),
        ("a: \x07", "1:4 syntax-yaml"),
        ("--- 1\n--- 2", "2:1 several-documents"),
        ("{a: 1, <<: {b: 2}}", "1:8 merge-key"),
        ("a: !secret x", "1:4 wrong-kind"),
        ("? [a]\n: b", "1:3 wrong-kind"),
        ("&a [*a]", "1:5 alias-loop"),
        ("a: *nowhere", "1:4 syntax-yaml"),
        ("x: " + "[" * 250 + "]" * 250, "1:203 too-large"),
    ],
)
def test_what_cannot_be_read_is_one_finding_at_its_place(text: str, expected: str) -> None:
    _, findings = read(text)
    assert findings[:1] == [expected]


def test_aliases_that_explode_are_refused() -> None:
    _, findings = read(BILLION_LAUGHS)
    assert findings[-1].endswith("alias-loop")


def test_endless_nesting_is_refused_not_followed() -> None:
    _, findings = read("[" * 100_000)
    assert [finding.split()[1] for finding in findings] == ["too-large"]


def test_a_file_over_the_limit_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_CHARACTERS", 10)
    tree, findings = read("a: 12345678901")
    assert (tree, findings) == (None, ["1:1 too-large"])


def test_every_character_of_a_block_scalar_knows_its_place() -> None:
    text = "exp: |\n    Append(\n      Flow.name,\n      other)\n"
    source = Source("f", text)
    tree, _ = read_yaml(source)
    assert isinstance(tree, Map)
    node = tree.get("exp")
    assert isinstance(node, Scalar)
    assert node.offsets is not None
    for word in ("Append", "Flow.name", "other"):
        assert text[node.offsets[node.text.index(word)] :].startswith(word)


def test_every_character_behind_an_escape_knows_its_place() -> None:
    text = 'a: "one \\u0041 \\"two\\" three"'
    tree, _ = read_yaml(Source("f", text))
    assert isinstance(tree, Map)
    node = tree.get("a")
    assert isinstance(node, Scalar)
    assert node.offsets is not None
    assert text[node.offsets[node.text.index("three")] :].startswith("three")


def test_a_block_mapping_ends_with_its_last_value() -> None:
    tree, _ = read("a:\n  b: 1\n\n\nc: 2\n")
    assert isinstance(tree, Map)
    inner = tree.get("a")
    assert inner is not None
    assert (inner.span.end.line, inner.span.end.column) == (2, 7)


def test_positions_after_a_substitution_are_those_of_the_author() -> None:
    source = Source("f", "name: {{flow_name}} x\nother: [")
    tree, findings = read_yaml(source, {"flow_name": "A Much Longer Name Than Before"})
    assert tree is None
    assert [(f.code, f.span.start.line) for f in findings] == [("syntax-yaml", 2)]


def test_an_unknown_substitution_is_reported_where_it_stands_and_loading_goes_on() -> None:
    tree, findings = read_yaml(Source("f", "name: {{flow_nam}}"), {"flow_name": "x"})
    assert tree is not None
    assert plain(tree) == {"name": "flow_nam"}
    codes = [(f.code, f.span.start.column, f.help) for f in findings]
    assert codes[0] == ("unknown-substitution", 7, 'did you mean "flow_name"?')
    assert codes[1][0] == "unused-substitution"


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    read_yaml(Source("f", text))


@given(st.text(alphabet="a:-[]{}'\"|>&*! \n#?,<", max_size=80))
def test_no_yaml_like_text_makes_the_reader_raise(text: str) -> None:
    read_yaml(Source("f", text))


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=12), TREES, min_size=1, max_size=4))
@example({"": ".Inf", "half": ".5"})
def test_what_is_written_is_read_back(document: dict[str, object]) -> None:
    first, _ = read_yaml(Source("f", yaml.safe_dump(document, allow_unicode=True)))
    if first is None:  # PyYAML's own writer makes texts that libyaml refuses
        return
    again, findings = read_yaml(Source("f", to_yaml(first)))
    assert again is not None, findings
    assert plain(again) == plain(first)


def test_readers_of_the_older_yaml_take_what_is_written_too() -> None:
    document = {"ask": {"tts": "How are you?", "why?": ["Why?", "a?b", "?"]}, "yes": "on"}
    tree, _ = read_yaml(Source("f", json.dumps(document)))
    assert tree is not None
    assert yaml.load(to_yaml(tree), yaml.SafeLoader) == document


@pytest.mark.corpus
def test_published_flows_read_cleanly_and_survive_being_written(corpus: Path) -> None:
    for path in sorted((corpus / "flows").rglob("*.y*ml")):
        tree, findings = read_yaml(Source(path.name, path.read_text(encoding="utf-8-sig")))
        assert {f.code for f in findings} <= {"unknown-substitution"}, path
        assert tree is not None
        again, _ = read_yaml(Source(path.name, to_yaml(tree)))
        assert again is not None
        assert plain(again) == plain(tree), path
