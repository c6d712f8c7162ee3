"""What goes wrong with a request, each with its status and the vendor's error body (customers.md §13).

CustomerError            status, code, message, details
├── BadRequestError      400  the request cannot mean anything
├── ForbiddenError       403  switched off, or not allowed
├── NotFoundError        404  there is no such thing (any more)
├── ClashError           409  it contradicts what is there: aliases, owners, limits, versions of schemas
├── StaleError           412  somebody changed it first (If-Match)
└── UnprocessableError   422  an idempotency key with another body
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class CustomerError(Exception):
    """Root; never shown to a caller or agent as it is, only as the answer to a request."""

    status = 500
    code = "internal.server.error"

    def __init__(self, message: str, code: str | None = None, details: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = tuple(details)


class BadRequestError(CustomerError):
    """The request cannot mean anything."""

    status, code = 400, "bad.request"


class ForbiddenError(CustomerError):
    """Switched off, or not allowed."""

    status, code = 403, "forbidden"


class NotFoundError(CustomerError):
    """There is no such thing, or not any more."""

    status, code = 404, "not.found"


class ClashError(CustomerError):
    """It contradicts what is there."""

    status, code = 409, "conflict"


class StaleError(CustomerError):
    """Somebody changed it first."""

    status, code = 412, "precondition.failed"


class UnprocessableError(CustomerError):
    """An idempotency key was used again with another body."""

    status, code = 422, "unprocessable"


def error_body(error: CustomerError, context_id: str = "") -> dict[str, Any]:
    """The vendor's error body."""
    return {
        "message": error.message,
        "code": error.code,
        "status": error.status,
        "contextId": context_id,
        "messageWithParams": error.message,
        "messageParams": {},
        "details": [dict(detail) for detail in error.details],
        "errors": [],
    }
