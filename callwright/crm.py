"""The built-in CRM and all data actions of a project, wired: what flows reach over the client factory.

The CRM answers its own origin in process, so that its data actions are like those of any other system, without a
socket and without an import of one by the other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from callwright.actions import connections_of, data_actions_of
from callwright.project import Project
from connectors import CRM_INTEGRATION, CRM_ORIGIN, DataActions, HttpFactory, crm_connection
from contactcenter.customers import Customers, load_contacts, settings_from
from contactcenter.customers.routes import Crm, Request, crm_routes
from contactcenter.organisation import Organisation
from dsl.source import Diagnostic, read_file
from store import Store

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class BuiltInCrm:
    """Customers, the operations over them, and data actions; ``findings`` of contacts and connections."""

    customers: Customers
    operations: Crm
    actions: DataActions
    findings: list[Diagnostic]

    async def close(self) -> None:
        """Close the connections of all data actions."""
        await self.actions.factory.aclose()


def built_in_crm(project: Project, organisation: Organisation, store: Store, now: Callable[[], int]) -> BuiltInCrm:
    """The CRM on a store with the project's contacts, and its data actions beside those of the project.

    ``now`` gives UTC ms. Contacts that are there already are not made again.
    """
    customers = Customers(store, settings_from(organisation), now)
    findings: list[Diagnostic] = []
    if project.contacts is not None:
        source, found = read_file(project.contacts)
        findings += found
        findings += load_contacts(source, customers) if source is not None else []
    operations = crm_routes(customers)
    factory = HttpFactory()
    factory.mount(CRM_ORIGIN, asgi(operations))
    connections, found = connections_of(project)
    actions = DataActions(data_actions_of(project), {**connections, CRM_INTEGRATION: crm_connection()}, factory)
    return BuiltInCrm(customers, operations, actions, [*findings, *found])


def asgi(operations: Crm) -> Any:
    """The table of operations as an ASGI application; it blocks in a thread and never raises."""

    async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        raw = b""
        more = True
        while more:
            message = await receive()
            raw += message.get("body", b"")
            more = bool(message.get("more_body"))
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            body=body,
            headers={
                name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in scope["headers"]
            },
        )
        answer = await asyncio.to_thread(operations.answer, request)
        headers = {"content-type": "application/json", **answer.headers}
        if answer.body is None:
            content = b""
        elif isinstance(answer.body, str | bytes):
            content = answer.body.encode() if isinstance(answer.body, str) else answer.body
        else:
            content = json.dumps(answer.body, ensure_ascii=False).encode()
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": fields})
        await send({"type": "http.response.body", "body": content})

    return application
