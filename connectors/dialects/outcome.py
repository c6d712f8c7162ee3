"""What an answer means: success, or the failure with the system's own errors unfolded (data-actions.md §7.3,
crm-apis.md §9)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connectors.dialects.errors import generic, graphql, hubspot, odata, salesforce, servicenow, zendesk
from connectors.failures import Failure, RemoteError, kind_of_status
from connectors.http import HttpResponse

Unfold = Callable[[int, Any], tuple[str | None, tuple[RemoteError, ...]]]
"""``unfold(status, document)`` gives a kind of failure that overrides the status's own, and the remote errors."""

UNFOLD: Mapping[str, Unfold] = {
    "salesforce-datadip": salesforce,
    "microsoft-dynamics-data-actions": odata,
    "graph-rest": odata,
    "zendesk-data-actions": zendesk,
    "servicenow": servicenow,
    "hubspot": hubspot,
    "graphql": graphql,
}

_TELLS_IN_BODY = frozenset({"graphql", "graph-rest", "salesforce-datadip"})
"""Types whose failures may come with a status of success."""


def failure_of(integration_type: str, response: HttpResponse, *, allow_partial: bool = False) -> Failure | None:
    """The failure that a response tells, None when it is a success."""
    ok = 200 <= response.status < 300
    if ok and integration_type not in _TELLS_IN_BODY:
        return None
    document = _document(response)
    unfold = UNFOLD.get(integration_type, generic)
    if integration_type == "graphql":
        errors = isinstance(document, dict) and bool(document.get("errors"))
        data = document.get("data") if isinstance(document, dict) else None
        if ok and (not errors or (allow_partial and data)):
            return None
    elif ok:
        part = composite_failure(document)
        if part is None:
            return None
        response = replace(response, status=part[0])
        document = part[1]
    kind, remote = unfold(response.status, document)
    kind = kind or ("credentials" if response.status == 401 else kind_of_status(response.status))
    told = "; ".join(error.message for error in remote if error.message)
    message = f"the system answered with status {response.status}" + (f": {told}" if told else "")
    entity = next((error.entity_id for error in remote if error.entity_id), "")
    return Failure(
        kind, message, _status(kind, response.status), entity_id=entity, remote=remote, attempts=response.attempts
    )


def composite_failure(document: Any) -> tuple[int, Any] | None:
    """Status and body of the part of a composite answer that failed first; the whole says 200 all the same.

    Salesforce has ``compositeResponse`` with ``httpStatusCode``, a batch of the Graph family ``responses`` with
    ``status``.
    """
    told: dict[str, Any] = document if isinstance(document, dict) else {}
    failed = [
        (part[status], part.get("body"))
        for parts, status in (("compositeResponse", "httpStatusCode"), ("responses", "status"))
        for part in (told[parts] if isinstance(told.get(parts), list) else ())
        if isinstance(part, dict) and isinstance(part.get(status), int) and part[status] >= 300
    ]
    return next((part for part in failed if "PROCESSING_HALTED" not in json.dumps(part[1])), next(iter(failed), None))


def _status(kind: str, status: int) -> int | None:
    """The remote status, where the table does not give one of its own."""
    return None if kind in ("credentials", "remote-busy", "remote-conflict") or 200 <= status < 300 else status


def _document(response: HttpResponse) -> Any:
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None
