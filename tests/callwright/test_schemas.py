"""The schemas of all kinds of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from callwright.commands.schema import KINDS
from callwright.schemas import SCHEMAS, schema
from dsl.source import Source, plain, read_yaml

ROOT = Path(__file__).parent.parent.parent
FILES = {
    "test": sorted((ROOT / "flows").glob("*/tests/*.test.yaml")),
    "organisation": sorted((ROOT / "flows").glob("*/organisation.yaml")),
    "project": sorted((ROOT / "flows").glob("*/callwright.yaml")),
}


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
