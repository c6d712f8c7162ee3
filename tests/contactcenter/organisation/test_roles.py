from __future__ import annotations

from collections.abc import Callable

import pytest

from contactcenter.organisation import Organisation, granted

Load = Callable[..., Organisation]


@pytest.mark.parametrize(
    ("held", "wanted", "allowed"),
    [
        ("externalContacts:contact:view", "externalContacts:contact:view", True),
        ("externalContacts:contact:*", "externalContacts:contact:delete", True),
        ("externalContacts:*:view", "externalContacts:contact:delete", False),
        ("*:*:*", "routing:queue:view", True),
        ("routing:queue:view", "routing:queue", False),
    ],
)
def test_a_permission_is_granted_part_by_part(held: str, wanted: str, *, allowed: bool) -> None:
    assert granted([held], wanted) is allowed


@pytest.mark.parametrize(
    ("permission", "agent", "supervisor", "crm"),
    [
        ("externalContacts:conversation:associate", True, True, True),
        ("analytics:agentConversationDetail:view", True, False, False),
        ("analytics:conversationDetail:view", False, True, True),
        ("externalContacts:conversation:viewAll", False, True, True),
        ("externalContacts:contact:add", True, True, True),
        ("externalContacts:contact:view", True, True, True),
        ("externalContacts:contact:edit", True, True, True),
        ("externalContacts:contact:delete", False, False, True),
        ("externalContacts:session:view", True, True, True),
        ("externalContacts:identity:promote", True, True, True),
        ("externalContacts:identity:merge", True, True, True),
    ],
)
def test_the_default_roles_hold_the_lines_of_the_single_customer_view(
    load: Load, permission: str, *, agent: bool, supervisor: bool, crm: bool
) -> None:
    organisation = load("""
        users:
          - {username: a@example.com, roles: [agent]}
          - {username: s@example.com, roles: [supervisor]}
          - {username: c@example.com, roles: [crm-administrator]}
    """)
    held = [organisation.allows(f"{who}@example.com", permission) for who in "asc"]
    assert held == [agent, supervisor, crm]


def test_a_role_holds_in_its_division_only(load: Load) -> None:
    organisation = load("""
        divisions: [{name: North, id: n}, {name: South, id: s}]
        roles: [{name: clerk, permissions: ["crm:record:view"]}]
        users: [{username: a@example.com, roles: [{role: clerk, division: North}]}]
    """)
    assert organisation.allows("a@example.com", "crm:record:view", "n")
    assert not organisation.allows("a@example.com", "crm:record:view", "s")


def test_an_organisation_may_define_a_default_role_otherwise(load: Load) -> None:
    organisation = load("""
        roles: [{name: agent, permissions: []}]
        users: [{username: a@example.com, roles: [agent]}]
    """)
    assert organisation.permissions_of("a@example.com") == frozenset()
