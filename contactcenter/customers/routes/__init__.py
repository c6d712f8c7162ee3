"""The routes of the built-in CRM without a server: a table of operations, and one function that answers a request.

``crm_routes(customers).answer(Request(...)) -> Response`` serves the vendor's ``/api/v2/externalcontacts`` and our own
``/api/callwright/v1``; whoever has a server translates, and the in-process client of data actions needs none.
"""

from __future__ import annotations

from contactcenter.customers.routes import contacts, crm
from contactcenter.customers.routes.message import Request, Response
from contactcenter.customers.routes.table import OWN, Crm, Route, operations
from contactcenter.customers.service import Customers

__all__ = ["Crm", "Request", "Response", "Route", "all_routes", "crm_routes"]


def all_routes() -> tuple[Route, ...]:
    """Every operation, the vendor's and our own; one without a handler answers 501."""
    own = (
        Route(method, OWN + path, "ALL", permissions, handler)
        for (method, path), (permissions, handler) in ((key.split(" "), row) for key, row in crm.HANDLERS.items())
    )
    return (*operations({**contacts.HANDLERS}), *own)


def crm_routes(customers: Customers) -> Crm:
    """The routes over a service."""
    return Crm(customers, all_routes())
