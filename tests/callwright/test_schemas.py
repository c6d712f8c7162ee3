"""The schemas of all kinds of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from callwright.commands.schema import KINDS
from callwright.schemas import SCHEMAS, schema
from dsl.actions import FLOW_TYPES
from dsl.explain import Example, page, pages
from dsl.source import Source, plain, read_yaml

ROOT = Path(__file__).parent.parent.parent
FILES = {
    "test": sorted((ROOT / "flows").glob("*/tests/*.test.yaml")),
    "organisation": sorted((ROOT / "flows").glob("*/organisation.yaml")),
    "project": sorted((ROOT / "flows").glob("*/callwright.yaml")),
}


@pytest.fixture(scope="module")
def validators() -> dict[str, Draft202012Validator]:
    return {kind: Draft202012Validator(schema(kind)) for kind in KINDS}


def read(text: str) -> Any:
    tree, findings = read_yaml(Source("file.yaml", text))
    assert tree is not None, findings
    return plain(tree)


def test_the_command_offers_every_schema() -> None:
    assert tuple(SCHEMAS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in FILES.items() for path in paths])
def test_files_of_our_projects_are_valid(kind: str, path: Path) -> None:
    errors = Draft202012Validator(schema(kind)).iter_errors(read(path.read_text(encoding="utf-8")))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    ("kind", "text", "where"),
    [
        ("test", "flow: a.yaml\ncalls: [{script: [{shout: a}]}]", "shout"),
        ("test", "flow: a.yaml\ncalls: [{expect: {end: nowhere}}]", "nowhere"),
        ("test", "flow: a.yaml\ncalls: []", "non-empty"),
        ("test", "calls: [{name: a}]", "flow"),
        ("organisation", "queues: [{skillEvaluationMethod: SOME, name: Q}]", "SOME"),
        ("organisation", "users: [{name: Ada}]", "username"),
        ("organisation", "queues: {name: Q}", "array"),
        ("project", "organization: organisation.yaml", "organization"),
        ("project", "ignore: [{code: no-such-code}]", "no-such-code"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(kind: str, text: str, where: str) -> None:
    errors = list(Draft202012Validator(schema(kind)).iter_errors(read(text)))
    assert len(errors) == 1
    assert where in errors[0].message


KIND_OF_FILE = {"organisation.yaml": "organisation", "callwright.yaml": "project"}
STRUCTURE = (
    "unknown-flow-type ambiguous-flow-type unknown-action ambiguous-item missing-parameter wrong-kind bad-value "
    "unknown-key unknown-parameter unknown-output unknown-type out-of-range unknown-step unknown-expectation "
    "expectation-impossible bad-literal"
).split()
"""Findings that a schema makes, too; all others need more than the shape of one file."""


def samples(example: Example) -> Iterator[tuple[str, Any]]:
    """The files of an example that have a schema, as kind and data."""
    for path, text in example.files.items():
        name = path.rpartition("/")[2]
        kind = "test" if name.endswith(".test.yaml") else KIND_OF_FILE.get(name, "flow")
        if name.endswith(".yaml") and name not in ("connections.yaml",) and ".subst." not in name and "{{" not in text:
            yield kind, read(text)


@pytest.mark.parametrize("code", [page.code.code for page in pages() if page.right and page.right.files])
def test_schema_and_reader_agree_on_what_is_right(code: str, validators: dict[str, Draft202012Validator]) -> None:
    right = page(code).right
    assert right is not None
    for kind, data in samples(right):
        if kind == "flow" and FLOW_TYPES.keys().isdisjoint(data):
            continue  # parts that flows refer to
        assert [error.message for error in validators[kind].iter_errors(data)] == []


@pytest.mark.parametrize("code", STRUCTURE)
def test_schema_and_reader_agree_on_what_is_wrong(code: str, validators: dict[str, Draft202012Validator]) -> None:
    wrong = page(code).wrong
    assert wrong is not None
    assert not all(validators[kind].is_valid(data) for kind, data in samples(wrong))
