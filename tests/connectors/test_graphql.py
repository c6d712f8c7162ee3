"""GraphQL documents are read when their connection is loaded, and what is wrong is shown where it stands."""

from __future__ import annotations

import json

import pytest

from connectors import DataActions, Failure, HttpFactory, Output, load_connections, mapped_actions
from connectors.http import HttpResponse, mock
from dsl.source import Source

HEAD = """connections:
  Graph:
    type: graphql
    origin: https://graph.example
    operations:
      Find:
"""


def found(settings: str) -> list[tuple[str, str, str]]:
    """Code, message, and the text that a finding points at, for the settings of one operation."""
    text = HEAD + "".join(f"        {line}\n" for line in settings.splitlines())
    source = Source("connections.yaml", text)
    return [
        (one.code, one.message, text[one.span.start.offset : one.span.end.offset])
        for one in load_connections(source)[1]
    ]


@pytest.mark.parametrize(
    ("settings", "code", "message", "at"),
    [
        ('query: "query { a(x: 1 { id } }"', "syntax-graphql", "expected Name", "{"),
        ('query: "query { a"', "syntax-graphql", "expected Name, found <EOF>", '"'),
        (
            'query: "query($a: ID) { x(id: $b) y(id: $a) }"\nvariables: {a: 1}',
            "syntax-graphql",
            "does not declare",
            "$b",
        ),
        ('query: "query($a: ID) { x }"\nvariables: {a: 1}', "syntax-graphql", "nothing uses", "$a"),
        ('query: "query($a: ID!) { x(id: $a) }"', "missing-parameter", "required and not given", "$a"),
        ('query: "query($name: ID) { x(id: $name) }"\nvariables: {nme: 1}', "unknown-parameter", "declares no", "nme"),
        ('query: "{ x { ...Part } }"', "syntax-graphql", "no fragment", "...Part"),
        (
            'query: "query A { x } query B { y }"',
            "syntax-graphql",
            "holds 2 operations",
            '"query A { x } query B { y }"',
        ),
        ('query: "subscription { x }"', "syntax-graphql", "no single answer", "subscription { x }"),
        (
            "query: |\n  query($a: ID) {\n    x(id: $other)\n    y(id: $a)\n  }",
            "syntax-graphql",
            "not declare",
            "$other",
        ),
        ("query: 'query($a: ID) { x(id: $b) y(id: $a) }'", "syntax-graphql", "does not declare", "$b"),
        ("query: >-\n  { x\n  ...No }", "syntax-graphql", "no fragment", "...No"),
    ],
)
def test_what_is_wrong_with_a_document_is_said_at_its_place(settings: str, code: str, message: str, at: str) -> None:
    findings = [one for one in found(settings) if one[0] == code]
    assert len(findings) == 1
    assert message.lower() in findings[0][1].lower()
    assert findings[0][2] == at


@pytest.mark.parametrize(
    "settings",
    [
        'query: "{ contacts { id } }"',
        'query: "query($a: ID! = 1) { x(id: $a) }"',
        'query: "query($a: ID) { x(id: $a) }"',
        "query: |\n  # people\n  query A($p: [ID]) { x(p: $p) { ...F } }\n  fragment F on X { id }\nvariables: {p: 1}",
    ],
)
def test_a_document_that_fits_itself_has_no_finding(settings: str) -> None:
    assert found(settings) == []


@pytest.mark.parametrize(
    ("document", "idempotent"),
    [
        ("{ x }", True),
        ("query A { x }", True),
        ("mutation { x }", False),
        ("# a comment\n  mutation A { x }", False),
        ("fragment F on X { id } mutation { x { ...F } }", False),
        ("query { x", False),
    ],
)
def test_only_a_document_that_asks_is_sent_again(document: str, idempotent: bool) -> None:
    text = (
        HEAD
        + "        list: $.data\n        query: |\n"
        + "".join(f"          {one}\n" for one in document.split("\n"))
    )
    connections, _ = load_connections(Source("connections.yaml", text))
    (action,) = mapped_actions(connections["Graph"])
    assert action.reads_only is idempotent


@pytest.mark.parametrize(
    ("data", "allowed", "outcome"),
    [
        ({"contacts": [{"id": "7"}], "other": None}, True, "found"),
        ({"contacts": [{"id": "7"}], "other": None}, False, None),
        ({"contacts": None, "other": []}, True, None),
        ({"other": []}, True, None),
        (None, True, None),
    ],
)
async def test_part_of_an_answer_is_enough_only_where_the_part_that_is_read_is_there(
    data: object, allowed: bool, outcome: str | None
) -> None:
    text = HEAD.replace("    operations:", f"    allowPartial: {str(allowed).lower()}\n    operations:")
    text += '        query: "{ contacts { id } other { id } }"\n        list: $.data.contacts\n'
    connections, findings = load_connections(Source("connections.yaml", text))
    body = json.dumps({"data": data, "errors": [{"message": "other is down"}]}).encode()
    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, body)))
    answered = await DataActions([], connections, factory).run("Graph", "Find", {})
    assert findings == []
    if outcome is None:
        assert isinstance(answered, Failure)
        assert answered.error_code == "bad.request"
    else:
        assert isinstance(answered, Output)
        assert answered.values["outcome"] == outcome
