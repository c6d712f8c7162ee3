"""Rules about the response: paths, defaults, success template, output schema (data-actions.md §6, §13)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from connectors.check.uses import Facts
from connectors.contract import kind_of
from connectors.model import Translation
from connectors.templates import RenderError, render
from connectors.templates.values import Value
from connectors.translation import JaywayPath, PathSyntaxError, compile_path
from dsl.source import Diagnostic, finding

_SAMPLES: tuple[str, ...] = ("text", "1", "true", "null", "{}", "[]")
_MISSING_MATTERS = re.compile(r"\?\s*\(?\s*(!\s*)?@[.\[][^=<>~&|]*?\)?\s*\]|!=")


def _compiled(translation: Translation) -> JaywayPath | None:
    try:
        return compile_path(translation.path.value)
    except PathSyntaxError:
        return None


def paths(facts: Facts) -> Iterator[Diagnostic]:
    """Paths that do not parse, defaults that cannot help or are no JSON, paths that may leave a gap."""
    for translation in facts.action.response.translations:
        name, path, default = translation.name, translation.path, translation.default
        try:
            compiled = compile_path(path.value)
        except PathSyntaxError as error:
            place = path.part(error.at, len(path.value))
            yield finding("syntax-jsonpath", error.message, place, element=path.pointer)
            continue
        if default is not None and compiled.definite and not _is_json(default.value):
            message = f'the default of "{name}" is not JSON text: {default.value[:40]!r}'
            help_ = 'put texts in quotes of their own: "\\"none\\""'
            yield finding("default-not-json", message, default.span, help=help_, element=default.pointer)
        elif default is not None and not compiled.definite:
            code = "default-never-used" if _is_json(default.value) else "default-not-json"
            message = f'the path of "{name}" always gives a list, so that its default is never used'
            help_ = (
                f"write ${{successTemplateUtils.firstFromArray(${{{name}}}, {default.value})}} in the success template"
            )
            yield finding(code, message, default.span, help=help_, element=default.pointer)
        elif default is None and compiled.definite:
            message = f'"{name}" has no default: a response without it takes the failure path'
            yield finding("path-without-default", message, path.span, help="add a default", element=path.pointer)
        if _MISSING_MATTERS.search(path.value):
            message = f'the filter of "{name}" also decides about entries where the member is null or missing'
            yield finding("filter-on-missing", message, path.span, element=path.pointer)


def unused(facts: Facts) -> Iterator[Diagnostic]:
    """Translations that the success template never uses, and defaults without a path."""
    template = facts.template("success")
    if template.block is None:
        return
    used = {use.reference.root for use in facts.uses if use.template.place == "success"}
    for translation in facts.action.response.translations:
        if translation.name not in used:
            message = f'the success template never uses "{translation.name}"'
            element = translation.path.pointer
            yield finding(
                "unused-translation", message, translation.path.span, help="remove it, or use it", element=element
            )
    for name, text in facts.action.response.stray_defaults:
        message = f'"{name}" has a default and no path'
        yield finding("unused-translation", message, text.span, help="remove it", element=text.pointer)


def success_template(facts: Facts) -> Iterator[Diagnostic]:
    """A success template that no response turns into JSON, and one that does not fit the contract."""
    template = facts.template("success")
    if template.block is None:
        return
    document = trial(facts)
    if document is _NO_JSON:
        message = "the success template gives no JSON, whatever the response"
        help_ = "put property names and texts in double quotes"
        yield finding(
            "success-template-not-json", message, template.text.span, help=help_, element=template.text.pointer
        )
    elif isinstance(document, dict) and not _passes_through(facts) and "record" not in facts.action.labels:
        yield from _against_schema(facts, document)


def _passes_through(facts: Facts) -> bool:
    uses = [use.reference.root for use in facts.uses if use.template.place == "success"]
    return "rawResult" in uses


def _against_schema(facts: Facts, document: dict[str, Any]) -> Iterator[Diagnostic]:
    outputs, text = facts.action.outputs, facts.action.response.success
    if kind_of(outputs.document) != "object" or not outputs.properties:
        return
    for name in document:
        if name not in outputs.properties:
            message = f'the success template gives "{name}", which the contract does not have'
            yield finding(
                "output-schema-mismatch", message, text.span, help="add it to the contract", element=text.pointer
            )
    for name, schema in outputs.properties.items():
        if name not in document:
            message = f'the success template never gives "{name}" of the contract'
            yield finding(
                "output-schema-mismatch", message, text.span, help="add it to the template", element=text.pointer
            )
        elif kind_of(schema) in ("string", "integer", "number", "boolean") and isinstance(document[name], list):
            message = f'"{name}" is a {kind_of(schema)} in the contract, but the path gives a list'
            help_ = "wrap it: ${successTemplateUtils.firstFromArray(...)}"
            yield finding("list-as-scalar", message, text.span, help=help_, element=text.pointer)


_NO_JSON = object()


def trial(facts: Facts) -> Any:
    """The document that the success template gives for an invented response, ``_NO_JSON`` when none of them works."""
    template = facts.template("success")
    assert template.block is not None
    for sample in _SAMPLES:
        variables: dict[str, Value] = {"rawResult": "{}"}
        for translation in facts.action.response.translations:
            compiled = _compiled(translation)
            one = json.dumps("x") if sample == "text" else sample
            variables[translation.name] = one if compiled is None or compiled.definite else f"[{one}]"
        try:
            return json.loads(render(template.block, variables))
        except (ValueError, RenderError, RecursionError):
            continue
    return _NO_JSON


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
