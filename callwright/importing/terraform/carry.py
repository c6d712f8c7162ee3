"""What each kind of resource becomes in the project (CX-as-Code's names to the vendor's API names)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from callwright.importing.plan import Plan
from callwright.importing.terraform.configuration import Configuration
from callwright.importing.terraform.integrations import carry_action, carry_credential, carry_integration
from callwright.importing.terraform.people import carry_group, carry_role, carry_user, carry_user_roles
from callwright.importing.terraform.queues import carry_queue
from callwright.importing.terraform.routes import carry_flow, carry_ivr, carry_prompt
from callwright.importing.terraform.tables import (
    carry_emergency_group,
    carry_schedule,
    carry_schedule_group,
    carry_table,
    carry_table_row,
)
from callwright.importing.terraform.view import View, views
from dsl.source import Severity, finding

Carrier = Callable[[View, Plan], None]


def _plain(section: str, *keys: str) -> Carrier:
    """A thing with a name and little else."""

    def carry(view: View, plan: Plan) -> None:
        entry: dict[str, object] = {"name": view.text(keys[0]) if keys else view.text("name")}
        division = view.name_of("division_id")
        if division:
            entry["division"] = division
        if view.text("description"):
            entry["description"] = view.text("description")
        view.skip("home", "file_path", "filepath", "substitutions")
        plan.organisation.setdefault(section, []).append(entry)
        view.leave_rest()

    return carry


def _silent(view: View, plan: Plan) -> None:
    """Numbers and places that other resources use; they are nothing by themselves."""


CARRIERS: Mapping[str, Carrier] = {
    "genesyscloud_flow": carry_flow,
    "genesyscloud_auth_division": _plain("divisions"),
    "genesyscloud_auth_role": carry_role,
    "genesyscloud_routing_skill": _plain("skills"),
    "genesyscloud_routing_language": _plain("languages"),
    "genesyscloud_routing_wrapupcode": _plain("wrapupCodes"),
    "genesyscloud_user": carry_user,
    "genesyscloud_user_roles": carry_user_roles,
    "genesyscloud_group": carry_group,
    "genesyscloud_routing_queue": carry_queue,
    "genesyscloud_script": _plain("scripts", "script_name"),
    "genesyscloud_flow_outcome": _plain("flowOutcomes"),
    "genesyscloud_architect_grammar": _plain("grammars"),
    "genesyscloud_routing_utilization_label": _plain("utilizationLabels"),
    "genesyscloud_architect_user_prompt": carry_prompt,
    "genesyscloud_architect_datatable": carry_table,
    "genesyscloud_architect_datatable_row": carry_table_row,
    "genesyscloud_architect_schedules": carry_schedule,
    "genesyscloud_architect_schedulegroups": carry_schedule_group,
    "genesyscloud_architect_emergencygroup": carry_emergency_group,
    "genesyscloud_integration": carry_integration,
    "genesyscloud_integration_credential": carry_credential,
    "genesyscloud_integration_action": carry_action,
    "genesyscloud_integration_action_draft": carry_action,
    "genesyscloud_integration_custom_auth_action": carry_action,
    "genesyscloud_architect_ivr": carry_ivr,
    "genesyscloud_telephony_providers_edges_did_pool": _silent,
    "genesyscloud_telephony_providers_edges_did": _silent,
}
"""Kinds that have a place in a project, in the order in which they are written."""


def carry_over(configuration: Configuration, plan: Plan) -> None:
    """Put every resource into the plan; what has no place is reported with where it stands."""
    order = {kind: index for index, kind in enumerate(CARRIERS)}
    found = views(configuration, plan)
    for view in sorted(found, key=lambda view: order.get(view.resource.kind, len(order))):
        resource = view.resource
        if view.get("for_each") is not None or _repeats(view):
            message = f"{resource.address} is repeated (count, for_each); it is not carried over"
            plan.findings.append(finding("not-imported", message, resource.span, help="write the copies out"))
        elif resource.kind in CARRIERS:
            CARRIERS[resource.kind](view, plan)
        elif resource.kind.startswith("genesyscloud_"):
            message = f"{resource.address}: a project has no place for {resource.kind}"
            plan.findings.append(finding("not-imported", message, resource.span))
        else:
            message = f"{resource.address} is nothing of Genesys Cloud"
            plan.findings.append(finding("not-imported", message, resource.span, severity=Severity.INFO))


def _repeats(view: View) -> bool:
    count = view.get("count")
    return count is not None and str(view.plain("count")) != "1"
