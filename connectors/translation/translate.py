"""A response to a document: translation map, defaults, success template (data-actions.md §6, §3 step 8-9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.contract import MAX_DEPTH, depth
from connectors.model import Response
from connectors.templates import RenderError, TemplateSyntaxError, Value, render
from connectors.templates.values import compact_json
from connectors.translation.jsonpath import NOT_FOUND, PathSyntaxError, compile_path


class TranslationError(Exception):
    """The response cannot be translated: not JSON, a bad path, or a success template that gives no JSON."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse_json(text: str, what: str) -> Any:
    """JSON as RFC 8259 has it; nothing at all is an empty object (204 and friends)."""
    if not text.strip():
        return {}
    try:
        document = _read_json(text)
    except (ValueError, RecursionError):
        raise TranslationError(f"{what} is not JSON") from None
    if depth(document) > MAX_DEPTH:
        raise TranslationError(f"{what} is nested deeper than {MAX_DEPTH} levels")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_read_json = json.JSONDecoder(parse_constant=_no_constant).decode


def translate(paths: Mapping[str, str], defaults: Mapping[str, str], success_template: str, response: str) -> Any:
    """The document that a success template makes of a response; raises ``TranslationError``.

    A default is raw JSON text and takes the place of a definite path that does not resolve, of nothing else.
    """
    raw = response if response.strip() else "{}"
    document = parse_json(raw, "the response")
    variables: dict[str, Value] = {"rawResult": raw}
    missing = []
    try:
        for name, path in paths.items():
            value = compile_path(path).read(document)
            if value is not NOT_FOUND:
                variables[name] = compact_json(value)
            elif name in defaults:
                variables[name] = defaults[name]
            else:
                missing.append(path)
        rendered = render(success_template, variables)
    except (PathSyntaxError, TemplateSyntaxError, RenderError) as error:
        raise TranslationError(error.message) from None
    try:
        return parse_json(rendered, "what the success template gives")
    except TranslationError as error:
        if not missing:
            raise
        raise TranslationError(f"{error.message}: the response has nothing at {', '.join(missing)}") from None


def translate_response(response: Response, text: str) -> Any:
    """The same for an action's response template."""
    paths = {t.name: t.path.value for t in response.translations}
    defaults = {t.name: t.default.value for t in response.translations if t.default is not None}
    return translate(paths, defaults, response.success.value, text)
