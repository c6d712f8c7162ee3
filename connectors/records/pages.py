"""The page of a record in its CRM: pure, from validated parts only (crm-apis.md §11)."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from connectors.connections import Connection
from connectors.records.systems import RecordType, system_of

_HUBSPOT_CODES = {"contact": "0-1", "company": "0-2", "ticket": "0-5"}


def pop_url(connection: Connection, type_: RecordType, id_: str) -> str | None:
    """The address that shows a record to an agent, None where the system has none or the id is not one of its own.

    ``popUrl`` of the connection, with ``{id}`` and ``{type}``, takes the place of the system's own page.
    """
    system = system_of(connection)
    template = str(connection.options.get("popUrl") or system.page)
    host = urlsplit(connection.origin).hostname or ""
    unknown_page = type_.custom and bool(system.custom_path) and "popUrl" not in connection.options
    if not template or not host or unknown_page or system.id.fullmatch(id_) is None:
        return None
    app, portal = connection.options.get("appId"), connection.options.get("portalId")
    if "{portal}" in template and not portal:
        return None
    values = {
        "id": quote(id_, safe=""),
        "type": quote(type_.object, safe=""),
        "object": quote(type_.object, safe=""),
        "path": quote(type_.path or type_.object, safe=""),
        "host": host,
        "lightning": host.replace(".my.salesforce.com", ".lightning.force.com"),
        "app": f"appid={quote(str(app), safe='')}&" if app else "",
        "portal": quote(str(portal or ""), safe=""),
        "code": _HUBSPOT_CODES.get(type_.object, quote(type_.object, safe="")),
    }
    url = template
    for name, value in values.items():
        url = url.replace("{" + name + "}", value)
    return url if url.startswith("https://") and "{" not in url else None
