"""``callwright action render - | read - | translate -``: a JSON line in, a JSON line out (DESIGN.md, "What
machines read").

Pure functions; a line that is wrong is answered with ``{"error": {"code", "message"}}``, never with an exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from connectors.templates import RenderError, TemplateSyntaxError, render
from connectors.templates.values import compact_json
from connectors.translation import NOT_FOUND, PathSyntaxError, TranslationError, read_path, translate

Answer = dict[str, Any]


def render_line(line: str) -> str:
    """``{"template", "context": {"input", "credentials", "authResponse", "vars"}}`` -> ``{"output"}``."""
    return _answered(line, _render)


def read_line(line: str) -> str:
    """``{"path", "document"}`` -> ``{"value"}`` or ``{"not_found": true}``."""
    return _answered(line, _read)


def translate_line(line: str) -> str:
    """``{"translationMap", "translationMapDefaults", "successTemplate", "response"}`` -> ``{"output"}``.

    A ``response`` that is a text is the raw body; anything else is the JSON document itself.
    """
    return _answered(line, _translate)


def _answered(line: str, answer: Callable[[dict[str, Any]], Answer]) -> str:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        return _error("syntax-json", "the line is not JSON")
    if not isinstance(question, dict):
        return _error("wrong-kind", "a line is a JSON object")
    try:
        return _line(answer(question))
    except KeyError as error:
        return _error("missing-parameter", f'"{error.args[0]}" is missing')
    except TemplateSyntaxError as error:
        return _error("syntax-template", error.message, error.at)
    except RenderError as error:
        return _error(error.code or "render-failed", error.message, error.at)
    except PathSyntaxError as error:
        return _error("syntax-jsonpath", error.message, error.at)
    except TranslationError as error:
        return _error("translation-failed", error.message)
    except (TypeError, AttributeError, ValueError, ArithmeticError, RecursionError):
        return _error("wrong-kind", "a value of the line has the wrong kind")


def _error(code: str, message: str, at: int | None = None) -> str:
    place = {} if at is None else {"column": at + 1}
    return _line({"error": {"code": code, "message": message, **place}})


def _line(answer: Answer) -> str:
    """One line of UTF-8; half a character (a lone surrogate) is written as an escape."""
    text = json.dumps(answer, ensure_ascii=False)
    return text if text.isprintable() or _is_encodable(text) else json.dumps(answer)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _render(question: dict[str, Any]) -> Answer:
    given = question.get("context") or {}
    context = {name: given[name] for name in ("input", "credentials", "authResponse") if name in given}
    context["input"] = _with_raw_request(given.get("input") or {})
    return {"output": render(question["template"], {**context, **(given.get("vars") or {})})}


def _with_raw_request(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs if "rawRequest" in inputs else {**inputs, "rawRequest": compact_json(inputs)}


def _read(question: dict[str, Any]) -> Answer:
    value = read_path(question["path"], question["document"])
    return {"not_found": True} if value is NOT_FOUND else {"value": value}


def _translate(question: dict[str, Any]) -> Answer:
    response = question["response"]
    raw = response if isinstance(response, str) else compact_json(response)
    paths, defaults = question.get("translationMap") or {}, question.get("translationMapDefaults") or {}
    return {"output": translate(paths, defaults, question.get("successTemplate", "${rawResult}"), raw)}
