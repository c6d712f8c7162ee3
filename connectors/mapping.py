"""Data actions of a system that nobody knows, from a few lines of ``connections.yaml`` (crm-apis.md §8).

``operations`` of a connection of type ``generic-rest``, ``graph-rest`` or ``graphql`` says how each action asks and
where the answer stands; what comes of it is a data action like any other, with the outputs of the ready ones.

    get, post, put, patch, delete   the path; ``{name|q}`` is percent-encoded, ``{name|odata}`` quoted for OData first
    query, variables                GraphQL: the document, and values for its variables (always variables, never text)
    batch                           graph-rest: paths that one ``post`` to ``/$batch`` asks together
    body, headers                   JSON values and texts; ``{name}`` alone is inserted as a JSON value
    list | record | id              where the hits, the record, or the id of what was made stand
    next | cursor | by, more, most  the way to further pages; ``by: offset`` or ``by: page`` counts ``{offset}`` or
                                    ``{page}`` onward, up to the number at ``total`` where there is one
    kind, answer                    record type (contact), and matches, one or list where the path does not tell

Placeholders are inputs of the action, but for ``{phones}`` (the caller's number in every spelling) and ``{e164}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from connectors.connections import Connection
from connectors.format import read_export
from connectors.model import DataAction
from dsl.source import Diagnostic, Source, did_you_mean, finding

GENERIC = frozenset({"generic-rest", "graph-rest", "graphql"})
_PAGING = ("next", "cursor", "by", "more", "total", "most", "root")
_METHODS = ("get", "post", "put", "patch", "delete")
_KEYS = (*_METHODS, *_PAGING, "query", "variables", "batch", "body", "headers", "list", "record", "id", "kind",
         "answer", "idempotent", "inputs", "advanced")  # fmt: skip
_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)(?:\|([a-z]+))?\}")
_FILTERS: Mapping[str, str] = {"q": "$esc.uriEncode(%s)", "odata": "$esc.uriEncode($query.odataText(%s))"}
_URL_SIGNS = "/?&=$:;,()'@!*%{}|"
"""What stays as written in an address, placeholders included; blanks and quotes do not."""

MOST_PARTS = 20
"""Requests of one batch (crm-apis.md §8)."""

_FIRST: Mapping[str, int] = {"offset": 0, "page": 1}
"""Places in a list that ``by`` counts onward: where the first request begins."""

_STRINGS = ("outcome", "ref", "popUrl", "name", "firstName", "lastName", "email", "phone")


class _MappingError(Exception):
    """An operation that cannot be a data action."""


def mapped_actions(connection: Connection) -> list[DataAction]:
    """The actions that a connection's ``operations`` make; those that cannot be read are left to the findings."""
    return [action for action, _ in _actions(connection) if action is not None]


def mapping_findings(connection: Connection) -> list[Diagnostic]:
    """What is wrong with a connection's ``operations``."""
    return [found for _, findings in _actions(connection) for found in findings]


def _actions(connection: Connection) -> Iterator[tuple[DataAction | None, list[Diagnostic]]]:
    operations = connection.options.get("operations")
    if connection.type not in GENERIC or not isinstance(operations, dict):
        return
    for name, settings in operations.items():
        try:
            if not isinstance(settings, dict):
                raise _MappingError("an operation is a mapping")
            document = _document(connection, name, settings)
        except _MappingError as error:
            yield None, _finding(connection, f'"{name}": {error}')
            continue
        action, findings = read_export(Source(f"{connection.name}/{name}", json.dumps(document)))
        yield action, [found for one in findings for found in _finding(connection, f'"{name}": {one.message}')]


def _finding(connection: Connection, message: str) -> list[Diagnostic]:
    return [] if connection.span is None else [finding("bad-value", message, connection.span)]


def _document(connection: Connection, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The operation in the vendor's export form."""
    for key in settings:
        if key not in _KEYS:
            raise _MappingError(f'there is no "{key}"; {did_you_mean(key, _KEYS) or "see docs/connectors.md"}')
    inputs: dict[str, None] = dict.fromkeys(settings.get("inputs") or ())
    method, url = _request(connection, settings, inputs)
    body = _batch(connection, settings, inputs) if "batch" in settings else _body(settings, inputs)
    uses_phone = bool({"phones", "e164"} & inputs.keys())
    counted = _counted(settings, inputs)
    own = ("phones", "e164", "after", counted)
    names = list(dict.fromkeys([*(["phone"] if uses_phone else []), *(name for name in inputs if name not in own)]))
    optional = {"after": {"type": "string"}} if "after" in inputs else {}
    optional |= {counted: {"type": "integer"}} if counted else {}
    member, path = _answer(settings)
    record: dict[str, Any] = {"kind": settings.get("kind", "contact")}
    record["answer"] = settings.get("answer") or ("matches" if member == "records" else "one")
    labels: dict[str, Any] = {"openOutputs": True, "record": record | ({"phone": "phone"} if uses_phone else {})}
    labels["idempotent"] = settings.get("idempotent", method == "GET" or "batch" in settings or _is_query(settings))
    if counted or "next" in settings or "cursor" in settings:
        paging = {key: settings[key] for key in _PAGING if key in settings}
        labels["paging"] = {"list": path, "input": counted or "after", **paging}
    outputs: dict[str, Any] = {name: {"type": "string"} for name in _STRINGS}
    outputs |= {"refs": {"type": "array", "items": {"type": "string"}}, "dropped": {"type": "integer"}}
    if record["answer"] == "list":
        outputs = {"count": {"type": "integer"}, "refs": outputs["refs"], "names": outputs["refs"]}
    return {
        "name": name,
        "category": connection.name,
        "integrationType": connection.type,
        "actionType": "custom",
        "config": {
            "request": {
                "requestUrlTemplate": url,
                "requestType": method,
                "headers": _headers(settings),
                "requestTemplate": body,
            },
            "response": {
                "translationMap": {"found": path},
                "translationMapDefaults": {},
                "successTemplate": f'{{"{member}": ${{found}}}}',
            },
        },
        "contract": {
            "input": {
                "inputSchema": {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in names} | optional,
                    "required": names,
                }
            },
            "output": {"successSchema": {"type": "object", "properties": outputs, "additionalProperties": True}},
        },
        "secure": False,
        "x-callwright": labels,
    }


def _counted(settings: Mapping[str, Any], inputs: Mapping[str, None]) -> str | None:
    """The placeholder that ``by`` counts onward."""
    if settings.get("by") is None:
        return None
    by = str(settings["by"])
    if by not in _FIRST:
        raise _MappingError(f'"by" is offset or page, not "{by}"')
    if by not in inputs:
        raise _MappingError(f"by: {by} counts {{{by}}}, which stands nowhere in the operation")
    return by


def _is_query(settings: Mapping[str, Any]) -> bool:
    from connectors.graphql import is_repeatable

    return "query" in settings and is_repeatable(str(settings["query"]))


def _request(connection: Connection, settings: Mapping[str, Any], inputs: dict[str, None]) -> tuple[str, str]:
    methods = [name for name in _METHODS if name in settings]
    if "query" in settings and not methods:
        return "POST", "/graphql"
    if len(methods) != 1:
        raise _MappingError("it says one of get, post, put, patch, delete, or query")
    return methods[0].upper(), _in_url(str(settings[methods[0]]), inputs)


def _in_url(path: str, inputs: dict[str, None]) -> str:
    def reference(match: re.Match[str]) -> str:
        name, filter_ = match.groups()
        inputs[name] = None
        if name == "phones" and filter_ == "odata":
            return "$esc.uriEncode($query.odata($phones, $record.phones))"
        if filter_ not in _FILTERS:
            raise _MappingError(f"{match.group()} stands in an address: write {{{name}|q}}")
        return _begun(name, _FILTERS[filter_] % _value(name))

    fixed = re.split(r"(\{[^{}]*\})", path)
    return "".join(
        _PLACEHOLDER.sub(reference, part) if part.startswith("{") else part.replace("$", "%24") for part in fixed
    )


def _value(name: str) -> str:
    known = {"phones": "$query.join($phones, ',')", "e164": "${phones[0]}"}
    return known.get(name, f"${{input.{name}}}")


def _begun(name: str, written: str) -> str:
    """Template text of an input; a place in a list is not given with the first request."""
    return f"#if(${{input.{name}}}){written}#{{else}}{_FIRST[name]}#end" if name in _FIRST else written


def _body(settings: Mapping[str, Any], inputs: dict[str, None]) -> str:
    if "query" in settings:
        variables = _json(settings.get("variables") or {}, inputs)
        return f'{{"query": {_literal(str(settings["query"]))}, "variables": {variables}}}'
    return _json(settings["body"], inputs) if "body" in settings else ""


def _batch(connection: Connection, settings: Mapping[str, Any], inputs: dict[str, None]) -> str:
    """The body that asks several paths at once; each may need the same headers as a request of its own."""
    paths = settings["batch"]
    if connection.type != "graph-rest" or "post" not in settings:
        raise _MappingError('"batch" belongs to a post of a connection of type graph-rest')
    if not isinstance(paths, list) or not 1 <= len(paths) <= MOST_PARTS:
        raise _MappingError(f'"batch" is a list of 1 to {MOST_PARTS} paths')
    headers = _json(_headers(settings), inputs)
    urls = [_in_url(quote(str(path), safe=_URL_SIGNS), inputs) for path in paths]
    parts = (
        f'{{"id": "{n}", "method": "GET", "url": "{url}", "headers": {headers}}}' for n, url in enumerate(urls, start=1)
    )
    return '{"requests": [' + ", ".join(parts) + "]}"


def _json(value: Any, inputs: dict[str, None]) -> str:
    """A JSON value as template text: a placeholder that stands alone becomes the JSON value of its input."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_json(item, inputs)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_json(item, inputs) for item in value) + "]"
    match = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return _literal(value) if isinstance(value, str) else json.dumps(value)
    name = match.group(1)
    inputs[name] = None
    return "$query.json($phones)" if name == "phones" else _begun(name, f"$query.json({_value(name)})")


def _literal(text: str) -> str:
    """A JSON text that no template engine touches: dollar and hash signs escaped as JSON."""
    return json.dumps(text, ensure_ascii=False).replace("$", "\\u0024").replace("#", "\\u0023")


def _headers(settings: Mapping[str, Any]) -> dict[str, str]:
    given = settings.get("headers")
    headers = {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    return headers | ({"ConsistencyLevel": "eventual"} if settings.get("advanced") is True else {})


def _answer(settings: Mapping[str, Any]) -> tuple[str, str]:
    for key, member in (("list", "records"), ("record", "record"), ("id", "id")):
        if key in settings:
            return member, str(settings[key])
    return "record", "$"
