"""Which operation a request means, what it takes to be allowed to, and who answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from contactcenter.customers.problems import CustomerError, NotFoundError, error_body
from contactcenter.customers.routes.message import Handler, Request, Response
from contactcenter.customers.service import Customers
from contactcenter.customers.wire import BASE

OWN = "/api/callwright/v1"
DOMAIN, OLDER_DOMAIN = "externalContacts:", "relate:"
CONTACT_ACTIONS = "add delete edit enrich search view viewAll".split()
_PARAMETER = re.compile(r"\{(\w+)\}")


class MissingPermissionError(CustomerError):
    """403 in the vendor's words."""

    status, code = 403, "missing.permissions"


class Route(msgspec.Struct, frozen=True):
    """An operation: ``rule`` ANY or ALL of ``permissions``, whole and with their domain; ``pattern`` holds
    ``{parameters}``. A route that is ``gated`` is closed to whoever may do nothing at all with contacts (§7)."""

    method: str
    pattern: str
    rule: str
    permissions: tuple[str, ...]
    handler: Handler | None = None
    has_twin: bool = False
    gated: bool = False

    def match(self, path: str) -> Mapping[str, str] | None:
        """The parameters of a path that fits, or None."""
        found = _expression(self.pattern).fullmatch(path)
        return None if found is None else found.groupdict()

    def is_allowed(self, request: Request) -> bool:
        """Whether the client may (customers.md §12)."""
        domains = (DOMAIN, OLDER_DOMAIN) if self.has_twin else (DOMAIN,)

        def holds(permission: str) -> bool:
            return any(request.allows(permission.replace(DOMAIN, domain, 1)) for domain in domains)

        if self.gated and not any(holds(f"{DOMAIN}contact:{action}") for action in CONTACT_ACTIONS):
            return False
        held = [holds(permission) for permission in self.permissions]
        return all(held) if self.rule == "ALL" else any(held)


@lru_cache(maxsize=512)
def _expression(pattern: str) -> re.Pattern[str]:
    parts = _PARAMETER.split(pattern)
    quoted = (
        f"(?P<{part}>[^/]+)" if odd else re.escape(part) for part, odd in zip(parts, _alternating(), strict=False)
    )
    return re.compile("".join(quoted))


def _alternating() -> Any:  # an endless iterator of False, True
    while True:
        yield False
        yield True


def operations(handlers: Mapping[str, Handler]) -> tuple[Route, ...]:
    """The vendor's operations with whoever answers them, ``handlers`` by ``"METHOD path"``; raises ``LookupError``
    for a handler without a row, so that nothing is ever served without its permission."""
    text = files("contactcenter.customers.routes").joinpath("operations.txt").read_text(encoding="utf-8")
    rows = [[part.strip() for part in line.split("|")] for line in text.splitlines() if line and line[0] != "#"]
    unknown = set(handlers) - {f"{row[0]} {row[1]}" for row in rows}
    if unknown:
        raise LookupError(f"no row in operations.txt: {', '.join(sorted(unknown))}")
    found = [_operation(row, handlers.get(f"{row[0]} {row[1]}")) for row in rows]
    return tuple(sorted(found, key=_specific_first))


def _operation(row: list[str], handler: Handler | None) -> Route:
    method, path, rule, permissions, twin = row
    return Route(
        method,
        BASE + path,
        rule,
        tuple(DOMAIN + one for one in permissions.split()),
        handler,
        has_twin=twin == "rel",
        gated=_is_gated(path),
    )


_GATED = ("/bulk/contacts", "/conversations/", "/merge/contacts", "/identifierlookup", "/reversewhitepageslookup")


def _is_gated(path: str) -> bool:
    if path.startswith(("/contacts/schemas", "/contacts/exports", "/identifierlookup/organizations")):
        return False
    return path.startswith(("/contacts", "/scan/contacts", "/graphs/", *_GATED))


def _specific_first(route: Route) -> tuple[int, str]:
    """A literal path before one with parameters (``/contacts/merge`` before ``/contacts/{contactId}``)."""
    return (len(_PARAMETER.findall(route.pattern)), route.pattern)


class Crm:
    """The routes of the built-in CRM over its service; ``answer`` never raises."""

    def __init__(self, customers: Customers, routes: tuple[Route, ...]) -> None:
        self.customers = customers
        self.routes = routes

    def answer(self, request: Request) -> Response:
        """Find the operation, check the permission, answer; every refusal is the vendor's error body."""
        try:
            return self._answer(request)
        except CustomerError as error:
            return Response(error.status, error_body(error))

    def _answer(self, request: Request) -> Response:
        if not self.customers.settings.enabled:
            raise NotFoundError("the built-in CRM is switched off", "crm.disabled")
        for route in self.routes:
            parameters = route.match(request.path) if route.method == request.method else None
            if parameters is None:
                continue
            if not route.is_allowed(request):
                needed = (" and " if route.rule == "ALL" else " or ").join(route.permissions)
                raise MissingPermissionError(f"this needs the permission {needed}")
            if route.handler is None:
                return Response(501, error_body(NotServedError(f"{request.method} {route.pattern} is not served here")))
            return route.handler(self.customers, request, **parameters)
        raise NotFoundError(f"there is nothing at {request.method} {request.path}")


class NotServedError(CustomerError):
    """A known operation that nothing stands behind."""

    status, code = 501, "not.implemented"
