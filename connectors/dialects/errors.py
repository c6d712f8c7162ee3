"""How each system tells its errors (crm-apis.md §9): one small function per dialect.

Each takes the status and the parsed body (None when it is no JSON) and gives a kind of failure, where the status alone
would say the wrong one, and the errors. Bodies of unknown shape give no errors: nothing is copied that was not
understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.failures import RemoteError

Told = tuple[str | None, tuple[RemoteError, ...]]

MAX_ERRORS = 10
"""Errors taken over from one answer."""


def _text(value: Any) -> str:
    """A code or message as text of at most 200 characters; anything that is no scalar is dropped."""
    return str(value)[:200] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def generic(status: int, document: Any) -> Told:
    """``{"error": {"code", "message"}}``, ``{"code", "message"}``, ``{"message"}``, ``{"errors": [...]}`` of these."""
    if not isinstance(document, dict):
        return None, ()
    inner = document.get("error")
    if isinstance(inner, dict):
        return None, (_error(inner),)
    if isinstance(inner, str):
        return None, (RemoteError(inner[:200], message=_text(document.get("error_description"))),)
    listed = document.get("errors")
    if isinstance(listed, list) and any(isinstance(item, dict) for item in listed):
        return None, tuple(_error(item) for item in listed[:MAX_ERRORS] if isinstance(item, dict))
    error = _error(document)
    return None, (error,) if error.code or error.message else ()


def _error(body: dict[str, Any]) -> RemoteError:
    """One error; GraphQL and Directus tell code, field and what exactly was wrong under ``extensions``."""
    given = body.get("extensions")
    more: dict[str, Any] = given if isinstance(given, dict) else {}
    code = _text(more.get("code") or body.get("code") or body.get("errorCode"))
    field = _text(body.get("field") or body.get("fieldName") or more.get("field"))
    inner = more.get("errors")
    parts = [body, *(one for one in (inner if isinstance(inner, list) else ()) if isinstance(one, dict))]
    messages = (_text(part.get("message")) for part in parts[:MAX_ERRORS])
    return RemoteError(code, field, message="; ".join(message for message in messages if message))


def salesforce(status: int, document: Any) -> Told:
    """A list of ``{message, errorCode, fields}``; 300 lists the records that an external id means."""
    if status == 300 and isinstance(document, list):
        ids = [str(item).rpartition("/")[2] for item in document[:MAX_ERRORS]]
        return "remote-conflict", tuple(RemoteError("MULTIPLE_CHOICES", entity_id=entity) for entity in ids)
    errors = tuple(_salesforce_errors(document))
    codes = {error.code for error in errors}
    if status == 403 and "REQUEST_LIMIT_EXCEEDED" in codes:
        return "remote-busy", errors
    if status in (409, 410, 412):
        return "remote-conflict", errors
    return None, errors


def _salesforce_errors(document: Any) -> Iterator[RemoteError]:
    for item in (document if isinstance(document, list) else [document])[:MAX_ERRORS]:
        if isinstance(item, dict):
            fields = item.get("fields")
            names = [_text(name) for name in fields] if isinstance(fields, list) and fields else [""]
            for name in names:
                yield RemoteError(_text(item.get("errorCode")), name, message=_text(item.get("message")))


def odata(status: int, document: Any) -> Told:
    """``{"error": {"code", "message"}}``; 412 is a conflict of versions."""
    kind = "remote-conflict" if status == 412 else None
    return kind, generic(status, document)[1]


def zendesk(status: int, document: Any) -> Told:
    """``{"error", "description", "details": {field: [{description, error}]}}``."""
    if not isinstance(document, dict):
        return None, ()
    code = document.get("error")
    if isinstance(code, dict):
        return generic(status, document)
    details = document.get("details")
    found = [RemoteError(_text(code), message=_text(document.get("description")))]
    for field, problems in details.items() if isinstance(details, dict) else ():
        first = problems[0] if isinstance(problems, list) and problems else {}
        inner = first if isinstance(first, dict) else {}
        found.append(RemoteError(_text(inner.get("error")), _text(field), message=_text(inner.get("description"))))
    return None, tuple(found[:MAX_ERRORS])


def servicenow(status: int, document: Any) -> Told:
    """``{"error": {"message", "detail"}, "status": "failure"}``."""
    inner = document.get("error") if isinstance(document, dict) else None
    if not isinstance(inner, dict):
        return None, ()
    return None, (RemoteError(message=_text(inner.get("message"))),)


def hubspot(status: int, document: Any) -> Told:
    """``{"status": "error", "category", "message"}``."""
    if not isinstance(document, dict):
        return None, ()
    category = _text(document.get("category"))
    kind = {"RATE_LIMITS": "remote-busy"}.get(category)
    return kind, (RemoteError(category, message=_text(document.get("message"))),)


GRAPHQL_KINDS = {
    "UNAUTHENTICATED": "credentials",
    "INVALID_CREDENTIALS": "credentials",
    "FORBIDDEN": "remote-forbidden",
    "BAD_USER_INPUT": "remote",
    "GRAPHQL_VALIDATION_FAILED": "remote",
    "INTERNAL_SERVER_ERROR": "remote-broken",
    "SERVICE_UNAVAILABLE": "remote-broken",
    "RATE_LIMITED": "remote-busy",
    "THROTTLED": "remote-busy",
    "REQUESTS_EXCEEDED": "remote-busy",
}


def graphql(status: int, document: Any) -> Told:
    """``errors`` on any status; the first error's ``extensions.code`` decides, no code means a wrong query."""
    listed = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        return None, ()
    errors = tuple(_error(item) if isinstance(item, dict) else RemoteError() for item in listed[:MAX_ERRORS])
    return GRAPHQL_KINDS.get(errors[0].code, "remote"), errors
