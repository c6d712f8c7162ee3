"""The project's own files: ``callwright.yaml``, ``organisation.yaml``, ``connections.yaml`` (DESIGN.md)."""

from __future__ import annotations

from typing import cast

from callwright.importing.plan import Plan
from contactcenter.organisation.kinds import KINDS
from dsl.native.flow import node_of
from dsl.native.values import Template
from dsl.source import Span
from dsl.source.emit import to_yaml

_NOWHERE = Span.whole_file("<import>")


def assemble(plan: Plan) -> None:
    """Write what was gathered; a project without numbers gets a placeholder that says what to do."""
    if not plan.files and not plan.organisation and not plan.connections:
        return
    sections = {
        row.section: plan.organisation[row.section] for row in KINDS.values() if row.section in plan.organisation
    }
    if sections:
        head = "# Queues, skills, people and the rest of the organisation, imported by callwright import.\n"
        plan.files["organisation.yaml"] = head + _yaml(sections)
    if plan.connections:
        head = "# The systems that data actions call. Secrets stand here by reference only: set these variables.\n"
        plan.files["connections.yaml"] = head + _yaml({"connections": plan.connections})
    plan.files["callwright.yaml"] = _project(plan)


def _project(plan: Plan) -> str:
    numbers = {number: plan.flows[flow] for number, flow in plan.numbers.items() if flow in plan.flows}
    lines = ["# The project: which flow answers which number."]
    calls = [path for path in plan.flows.values() if "inboundCall:" in plan.files.get(path, "")]
    if numbers:
        lines.append("numbers:")
        lines += [f'  "{number}": {path}' for number, path in numbers.items()]
    elif calls:
        lines += ["numbers:", f"  default: {calls[0]}"]
    lines.append(f"language: {plan.language or 'en-us'}")
    for name in ("organisation", "connections"):
        if f"{name}.yaml" in plan.files:
            lines.append(f"{name}: {name}.yaml")
    return "\n".join(lines) + "\n"


def _yaml(content: object) -> str:
    return to_yaml(node_of(cast("Template", content), _NOWHERE))
