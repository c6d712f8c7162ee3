"""Users, groups and roles."""

from __future__ import annotations

from callwright.importing.plan import Plan
from callwright.importing.terraform.view import View


def carry_user(view: View, plan: Plan) -> None:
    """``genesyscloud_user``: skills and languages by name with their proficiency; passwords never."""
    entry: dict[str, object] = {"username": view.text("email"), "name": view.text("name")}
    for native in ("department", "title", "state"):
        if view.text(native) and (native, view.text(native)) != ("state", "active"):
            entry[native] = view.text(native)
    division = view.name_of("division_id")
    if division:
        entry["division"] = division
    for native, key, section in (
        ("routing_skills", "skill_id", "skills"),
        ("routing_languages", "language_id", "languages"),
    ):
        held = [
            {"name": name, "proficiency": block.number("proficiency") or 0}
            for block in view.blocks(native)
            if (name := block.name_of(key))
        ]
        if held:
            entry[section] = held
    if view.get("password") is not None:
        view.report("the password is left out", help_="set it with callwright user set-password")
    view.skip("manager", "acd_auto_answer", "profile_skills", "locations", "certifications")
    plan.organisation.setdefault("users", []).append(entry)
    view.leave_rest()


def carry_user_roles(view: View, plan: Plan) -> None:
    """``genesyscloud_user_roles``: the roles of a user, each in its divisions."""
    name = view.name_of("user_id")
    user = next((u for u in plan.organisation.get("users", []) if isinstance(u, dict) and u["username"] == name), None)
    roles: list[object] = []
    for block in view.blocks("roles"):
        role, divisions = block.name_of("role_id"), block.names_of("division_ids")
        if role:
            roles += [{"role": role, "division": division} for division in divisions if division != "*"] or [role]
    if isinstance(user, dict) and roles:
        user["roles"] = roles
    elif roles:
        view.report(f'the user "{name}" is not in these files; the roles are left out')
    view.leave_rest()


def carry_group(view: View, plan: Plan) -> None:
    """``genesyscloud_group``."""
    entry: dict[str, object] = {"name": view.text("name")}
    members = view.names_of("member_ids")
    if members:
        entry["members"] = members
    if view.text("description"):
        entry["description"] = view.text("description")
    view.skip("type", "visibility", "rules_visible", "owner_ids", "addresses", "roles_enabled")
    plan.organisation.setdefault("groups", []).append(entry)
    view.leave_rest()


def carry_role(view: View, plan: Plan) -> None:
    """``genesyscloud_auth_role``: its policies as permissions ``domain:entity:action``."""
    permissions: list[object] = []
    for block in view.blocks("permission_policies"):
        actions = block.plain("action_set")
        for action in actions if isinstance(actions, list) else ["*"]:
            permissions.append(f"{block.text('domain')}:{block.text('entity_name')}:{action}")
        if block.blocks("conditions"):
            view.report(
                "the conditions of a permission are left out: the role may do more than it did", block.node.span
            )
    entry: dict[str, object] = {"name": view.text("name"), "permissions": permissions}
    if view.text("description"):
        entry["description"] = view.text("description")
    view.skip("permissions", "default_role_id")
    plan.organisation.setdefault("roles", []).append(entry)
    view.leave_rest()
