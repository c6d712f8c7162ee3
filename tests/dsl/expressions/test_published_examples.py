"""The published examples and the compiled trees of the corpus, where it is there."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dsl.expressions import answer_line

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def evaluated(expression: str, **request: Any) -> dict[str, Any]:
    line = json.dumps({"expr": expression, "seed": 1, **request})
    answer: dict[str, Any] = json.loads(answer_line(line, NOW))
    return answer


def agrees(kind: str, expected: Any, answer: dict[str, Any]) -> bool:
    got = answer.get("value")
    if kind == "runtime_error":
        return answer.get("error", {}).get("code") == "runtime-expression"
    if isinstance(expected, dict) and "count" in expected:
        return isinstance(got, dict) and got.get("list") == expected["list"] and len(got["items"]) == expected["count"]
    if isinstance(expected, dict) and "currency" in expected:
        return isinstance(got, dict) and currency(got["currency"]) == currency(expected["currency"])
    return bool(got == expected)


def currency(text: str) -> tuple[Decimal | None, str]:
    amount, _, code = text.partition("|")
    return (Decimal(amount) if amount else None), code


@pytest.mark.corpus
def test_published_examples_agree(corpus: Path) -> None:
    rows, wrong = 0, []
    with (corpus / "expressions/examples.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["kind"] in ("value", "not_set", "runtime_error"):
                rows += 1
                expected = json.loads(row["value"]) if row["value"] else None
                if not agrees(row["kind"], expected, evaluated(row["expression"])):
                    wrong.append(row["expression"])
    # docs/fidelity.md says why: Find lists every equal element, the published answer one of two.
    assert len(wrong) <= 1, wrong
    assert rows > 500


def variables(tree: dict[str, Any], found: dict[str, str]) -> dict[str, str]:
    """The types of the variables that a tree reads."""
    if tree["op"] == "ref":
        found[tree["name"]] = tree["type"]
    for operand in tree.get("operands", []):
        variables(operand, found)
    return found


def plain(tree: dict[str, Any]) -> dict[str, Any]:
    """A published tree as ``--tree`` has it: operators and names in any case, no identities."""
    kept = {key: value for key, value in tree.items() if key != "id"}
    for key in ("op", "name"):
        if key in kept:
            kept[key] = kept[key].lower()
    if "operands" in kept:
        kept["operands"] = [plain(operand) for operand in kept["operands"]]
    return kept


@pytest.mark.corpus
def test_compiled_trees_agree_in_every_key_conversions_included(corpus: Path) -> None:
    document = json.loads((corpus / "expressions/typed-ast.json").read_text(encoding="utf-8"))
    entries = document if isinstance(document, list) else document["entries"]
    checked = 0
    for entry in entries:
        tree = entry["tree"]
        if entry["entry"] not in ("expression", "builder", "variable") or tree["op"] == "emp":
            continue
        request = {"expr": entry["text"], "types": variables(tree, {}), "expect": entry["type"]}
        found = json.loads(answer_line(json.dumps(request), NOW, tree=True))
        assert plain(found) == plain(tree), entry["text"]
        checked += 1
    assert checked > 250
