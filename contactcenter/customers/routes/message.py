"""Requests and responses as values: whoever has a server, or none, carries them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from contactcenter.customers.problems import BadRequestError
from contactcenter.customers.unit import SYSTEM, Actor


def _everything(permission: str) -> bool:
    return True


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request: ``path`` without query, ``body`` the JSON it carried (None without one), header names in lower case.

    ``allows`` answers whether the client holds a permission; a flow acts with the rights of its integration.
    """

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: Any = None
    headers: Mapping[str, str] = {}
    actor: Actor = SYSTEM
    allows: Callable[[str], bool] = _everything

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body as an object; raises ``BadRequestError``."""
        if not isinstance(self.body, Mapping):
            raise BadRequestError("the request needs a JSON object as its body")
        return self.body

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number of the query within limits; raises ``BadRequestError``."""
        text = self.query.get(name)
        if text is None or text == "":
            return default
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise BadRequestError(f'"{name}" is a number from {low} to {high}', details=[{"fieldName": name}])
        return int(text)

    def flag(self, name: str) -> bool:
        """Whether the query says ``true``."""
        return self.query.get(name, "").casefold() == "true"

    @property
    def revision(self) -> int | None:
        """The revision of ``If-Match``, when it was sent."""
        text = self.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
        return int(text) if text.isdigit() else None


class Response(msgspec.Struct, frozen=True):
    """An answer: ``body`` is JSON data, or text with a ``content-type`` among the headers; None is no body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}


Handler = Callable[..., Response]
"""``handler(customers, request, **parameters of the path)``; raises ``CustomerError``."""
