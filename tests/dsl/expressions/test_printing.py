"""Trees as text: whatever is printed parses into the same tree."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.expressions import parse
from dsl.expressions.printing import to_source
from dsl.expressions.tree import Node
from dsl.native.tree import tree_from

INFIX = ["or", "and", "|", "&", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "^"]


def shape(node: Node) -> Any:
    while node.implicit and len(node.operands) == 1:
        node = node.operands[0]
    op = "ref" if node.op == "sysref" else node.op.lower()
    value = str(node.value) if node.op == "lit" else None
    return op, value, (node.name or "").lower(), tuple(map(shape, node.operands))


def leaves() -> st.SearchStrategy[Node]:
    texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
    return st.one_of(
        texts.map(lambda text: Node("lit", 1, value=text)),
        st.integers(-(10**9), 10**9).map(lambda number: Node("lit", 1, value=number)),
        st.decimals(0, 1000, places=2).map(lambda number: Node("lit", 1, value=Decimal(number))),
        st.booleans().map(lambda flag: Node("lit", 1, value=flag)),
        st.sampled_from(["Flow.name", "Task.x", "Call.Ani"]).map(lambda name: Node("ref", 1, name=name)),
        st.just(Node("nul", 1)),
    )


def grown(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    references = st.sampled_from(["Flow.list", "Task.y"]).map(lambda name: Node("ref", 1, name=name))
    return st.one_of(
        st.tuples(st.sampled_from(INFIX), children, children).map(lambda t: Node(t[0], 1, operands=t[1:])),
        st.tuples(children, children, children).map(lambda t: Node("?", 1, operands=t)),
        children.map(lambda node: Node("!", 1, operands=(node,))),
        st.tuples(st.sampled_from(["If", "Append"]), st.lists(children, max_size=3)).map(
            lambda t: Node(t[0], 1, operands=tuple(t[1]))
        ),
        st.tuples(children, references).map(lambda t: Node("[", 1, operands=t)),
    )


@given(st.recursive(leaves(), grown, max_leaves=12))
def test_what_is_printed_parses_into_the_same_tree(tree: Node) -> None:
    back, problems = parse(to_source(tree))
    assert problems == ()
    assert shape(back) == shape(tree)


@pytest.mark.parametrize(
    "text",
    [
        '(a.b or c.d) and !(e.f == 1)',
        "a.b - (c.d - e.f)",
        "(a.b ? 1 : 2) + 3",
        "-(a.b) ^ 2",
        '"say \\"hi\\"\\n"',
        'Flow."my name"',
        "Call.Ani.e164",
        "GetJsonObjectProperty(Flow.x, \"a\").b[0]",
    ],
)  # fmt: skip
def test_forms_that_need_care(text: str) -> None:
    tree, problems = parse(text)
    assert problems == ()
    assert shape(parse(to_source(tree))[0]) == shape(tree)


@pytest.mark.corpus
def test_the_trees_of_real_exports_print_as_their_authors_meant_them(corpus: Path) -> None:
    entries = json.loads((corpus / "expressions/typed-ast.json").read_text(encoding="utf-8"))
    compared = 0
    for entry in entries:
        if entry["entry"] not in ("expression", "builder", "variable") or entry["tree"]["op"] == "emp":
            continue
        tree = tree_from(entry["tree"])
        assert tree is not None, entry["id"]
        assert shape(parse(to_source(tree))[0]) == shape(parse(entry["text"])[0]), entry["id"]
        compared += 1
    assert compared > 250
