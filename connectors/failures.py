"""What a data action says when it fails: the 13 failure outputs and the one table of codes (data-actions.md §7.3).

``Failure.outputs`` is what a flow can bind; nothing of credentials, bodies or query strings is ever in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MAX_MESSAGE = 500
"""Characters of a user message."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the table: ``errorCode``, ``status``, ``details.errorCode[0]``."""

    error_code: str
    status: int
    detail: str


KINDS: Mapping[str, Kind] = {
    "input": Kind("bad.request", 400, "ACTION.INPUT_VALIDATION"),
    "template": Kind("bad.request", 400, "ACTION.PROCESSING"),
    "blocked": Kind("bad.request", 400, "ACTION.BLOCKED_HOST"),
    "not-configured": Kind("not.found", 404, "ACTION.NOT_CONFIGURED"),
    "credentials": Kind("INVALID_CREDENTIALS", 400, "ACTION.AUTHENTICATION"),
    "certificate": Kind("bad.gateway", 502, "ACTION.CERTIFICATE"),
    "connect": Kind("bad.gateway", 502, "ACTION.REMOTE_ENDPOINT"),
    "remote": Kind("bad.request", 400, "ACTION.REMOTE_ENDPOINT"),
    "remote-forbidden": Kind("forbidden", 403, "ACTION.REMOTE_ENDPOINT"),
    "remote-not-found": Kind("not.found", 404, "ACTION.REMOTE_ENDPOINT"),
    "remote-conflict": Kind("conflict", 409, "ACTION.REMOTE_ENDPOINT"),
    "remote-busy": Kind("too.many.requests", 429, "ACTION.REMOTE_ENDPOINT"),
    "remote-broken": Kind("internal.server.error", 500, "ACTION.REMOTE_ENDPOINT"),
    "processing": Kind("internal.server.error", 500, "ACTION.PROCESSING"),
    "output": Kind("internal.server.error", 500, "ACTION.OUTPUT_VALIDATION"),
    "limited": Kind("too.many.requests", 429, "ACTION.RATE_LIMITED"),
    "timeout": Kind("gateway.timeout", 504, "ACTION.TIMEOUT"),
}
"""Every way to fail; no other codes can be given."""


@dataclass(frozen=True, slots=True)
class RemoteError:
    """One error that a system told: its own code, the field and the record it is about."""

    code: str = ""
    field: str = ""
    entity_id: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed data action.

    ``kind`` is a key of ``KINDS``; ``status`` is the remote one where the table says so; ``timed_out`` by the flow's
    own deadline means its timeout path, where no outputs are set.
    """

    kind: str
    message: str
    status: int | None = None
    correlation_id: str = ""
    entity_id: str = ""
    entity_name: str = ""
    remote: tuple[RemoteError, ...] = ()
    attempts: int = 0
    timed_out: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no kind of failure {self.kind!r}")

    @property
    def error_code(self) -> str:
        """``errorCode`` of the table."""
        return KINDS[self.kind].error_code

    def outputs(self) -> dict[str, Any]:
        """The 13 failure outputs as run-time values."""
        row = KINDS[self.kind]
        remote = self.remote
        return {
            "errorCode": row.error_code,
            "status": self.status or row.status,
            "correlationId": self.correlation_id,
            "entityId": self.entity_id,
            "entityName": self.entity_name,
            "userMessage": self.message[:MAX_MESSAGE],
            "userParamsMessage": self.message[:MAX_MESSAGE],
            "userParams.key": tuple("field" for error in remote if error.field),
            "userParams.value": tuple(error.field for error in remote if error.field),
            "details.errorCode": (row.detail, *(error.code for error in remote if error.code)),
            "details.fieldName": tuple(error.field for error in remote if error.field),
            "details.entityId": tuple(error.entity_id for error in remote if error.entity_id),
            "details.entityName": (self.entity_name,) if self.entity_name else (),
        }

    def of(self, correlation_id: str, entity_name: str) -> Failure:
        """The same failure, placed at a request."""
        return replace(self, correlation_id=correlation_id, entity_name=entity_name)


OUTPUT_NAMES = tuple(Failure("processing", "").outputs())
"""The names of the failure outputs, the same 13 wherever there are any."""


def kind_of_status(status: int) -> str:
    """The row for a remote status outside 200-299."""
    if status >= 500:
        return "remote-broken"
    by_status = {403: "remote-forbidden", 404: "remote-not-found", 409: "remote-conflict", 429: "remote-busy"}
    return by_status.get(status, "remote")
