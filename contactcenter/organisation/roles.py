"""Roles as sets of permissions (customers.md §12).

A permission is ``domain:entity:action``; each part of what a role holds may be ``*``. Checks ask for
permissions and never for the name of a role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contactcenter.organisation.reading import Reader
from contactcenter.organisation.things import METADATA, Thing, extended
from dsl.source import Map, Scalar

_PERMISSION = re.compile(r"(\*|[A-Za-z]+):(\*|[A-Za-z]+):(\*|[A-Za-z]+)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Thing):
    """A role and what it allows."""

    permissions: frozenset[str] = frozenset()


def read_role(body: Map, thing: Thing, reader: Reader) -> Role:
    """``{name, permissions: [domain:entity:action]}``."""
    what = f'the role "{thing.name}"'
    reader.keys(body, (*METADATA, "permissions", "permissionPolicies", "default"), what)
    allowed = set()
    for item in reader.items(body.get("permissions"), f'"permissions" of {what}'):
        text = reader.text(item, "a permission")
        if text is None:
            continue
        if _PERMISSION.match(text):
            allowed.add(text)
        else:
            help_ = "write domain:entity:action, each part a word or *"
            reader.report("bad-literal", f'"{text}" is no permission', item.span, help_)
    return extended(
        thing,
        Role,
        permissions=frozenset(allowed),
    )


def granted(held: Iterable[str], wanted: str) -> bool:
    """Whether a set of permissions, wildcards included, allows ``domain:entity:action``."""
    parts = wanted.split(":")
    return any(
        all(have in ("*", want) for have, want in zip(permission.split(":"), parts, strict=True))
        for permission in held
        if permission.count(":") == len(parts) - 1
    )


def grants_of(node: Map | Scalar, reader: Reader) -> tuple[str | None, str | None]:
    """A user's role: its id, and the division it holds in (``None``: in all)."""
    if isinstance(node, Scalar):
        return reader.reference(node, "role"), None
    role = reader.reference(node.get("role") or node.get("name"), "role")
    return role, reader.reference(node.get("division"), "division")


_CONTACT_WORK = """
    externalContacts:conversation:associate externalContacts:contact:add externalContacts:contact:view
    externalContacts:contact:edit externalContacts:contact:search externalContacts:session:view
    externalContacts:identity:promote externalContacts:identity:merge externalContacts:externalOrganization:view
    externalContacts:externalOrganization:search crm:record:view crm:record:add crm:record:edit crm:record:link
""".split()
_DESK = """
    conversation:*:* routing:queue:view routing:queue:search routing:skill:view routing:language:view
    routing:wrapupCode:view callwright:desk:use callwright:card:view callwright:card:link callwright:card:create
    callwright:card:merge directory:user:view workitems:workitem:view workitems:workitem:edit
    workitems:workitem:add journey:event:view journey:eventType:view journey:session:view journey:sessionType:view
""".split()

DEFAULT_ROLES: Mapping[str, frozenset[str]] = {
    "agent": frozenset([*_DESK, *_CONTACT_WORK, "analytics:agentConversationDetail:view"]),
    "supervisor": frozenset(
        [
            *_DESK,
            *_CONTACT_WORK,
            "analytics:conversationDetail:view",
            "analytics:queueObservation:view",
            "analytics:userObservation:view",
            "externalContacts:conversation:viewAll",
            "routing:*:view",
            "routing:conversation:edit",
            "routing:queue:edit",
            "routing:skill:assign",
            "routing:language:assign",
            "callwright:supervisor:view",
            "workitems:*:*",
        ]
    ),
    "crm-administrator": frozenset(
        ["externalContacts:*:*", "crm:*:*", "analytics:conversationDetail:view", "gdpr:*:*", "callwright:changes:view"]
    ),
    "administrator": frozenset(["*:*:*"]),
    "designer": frozenset(["architect:*:*", "integrations:*:*", "routing:*:view", "callwright:flow:publish"]),
}
"""Roles that are always there; an organisation may define them otherwise under the same name."""
