"""Flows, the numbers that reach them, and prompts."""

from __future__ import annotations

from pathlib import Path

from callwright.importing.plan import Plan
from callwright.importing.terraform.view import View
from dsl.actions import FLOW_TYPES
from dsl.source import Map, Scalar, Source, read_file, read_yaml
from dsl.source.emit import to_yaml
from dsl.source.tree import Plain


def carry_flow(view: View, plan: Plan) -> None:
    """``genesyscloud_flow``: the Archy file that it names, and its substitutions as the file's own."""
    given = view.text("filepath") or view.text("file_path")
    substitutions = view.plain("substitutions")
    view.skip("force_unlock", "name", "type")
    path = _file(given, view)
    if path is None:
        view.report(f'the flow file "{given}" is not among these files; the flow is left out')
        return
    source, findings = read_file(path)
    plan.findings += findings
    if source is None:
        return
    values = {}
    if isinstance(substitutions, dict):
        values = {name: view.configuration.plain_text(str(value)) for name, value in substitutions.items()}
    name = _name_in(source, values) or path.stem
    already = next(
        (old for old, origin in plan.origins.items() if origin == source.path and old.startswith("flows/")), None
    )
    written = already or plan.add("flows", name, ".yaml", source.text, source.path)
    plan.flows[name] = written
    view.configuration.names[view.resource.address] = name
    if values:
        from callwright.importing.terraform.evaluation import node_from

        companion = written.removesuffix(".yaml") + ".subst.yaml"
        content: dict[str, Plain] = dict(values)
        plan.files[companion] = to_yaml(node_from(content, view.resource.span))
    view.leave_rest()


def _file(text: str, view: View) -> Path | None:
    """The file, looked for beside the configuration and in the folders above it that the import was given."""
    folder = Path(view.resource.source.path).parent
    for base in (folder, *view.configuration.roots):
        path = base / text if not text.startswith(f"{folder}/") else Path(text)
        inside = any(path.resolve().is_relative_to(root.resolve()) for root in (folder, *view.configuration.roots))
        if text and inside and path.is_file():
            return path
    return None


def _name_in(source: Source, values: dict[str, str]) -> str:
    tree, _ = read_yaml(source, values)
    if not isinstance(tree, Map) or not len(tree) or tree.items[0][0].text not in FLOW_TYPES:
        return ""
    body = tree.items[0][1]
    name = body.get("name") if isinstance(body, Map) else None
    return name.text if isinstance(name, Scalar) else ""


def carry_ivr(view: View, plan: Plan) -> None:
    """``genesyscloud_architect_ivr``: its numbers and the flow that answers them in opening hours."""
    flow = view.name_of("open_hours_flow_id")
    numbers = view.names_of("dnis")
    for number in numbers:
        plan.numbers[number] = flow
    if numbers and flow and flow not in plan.flows:
        view.report(f'the flow "{flow}" that answers {", ".join(numbers)} is not among these files')
    for native, when in (("closed_hours_flow_id", "closed"), ("holiday_hours_flow_id", "holiday")):
        other = view.name_of(native)
        if other:
            view.report(f'a project has one flow per number: "{other}" ({when} hours) is left out',
                        help_="let the flow evaluate the schedule group and transfer to that flow")  # fmt: skip
    view.skip("name", "description", "division_id", "schedule_group_id")
    view.leave_rest()


def carry_prompt(view: View, plan: Plan) -> None:
    """``genesyscloud_architect_user_prompt``: what is said, language by language; recordings are named only."""
    resources: list[object] = []
    for block in view.blocks("resources"):
        resource: dict[str, object] = {"language": block.text("language")}
        words = block.text("tts_string") or block.text("text")
        if words:
            resource["ttsString"] = words
        recording = block.text("filename")
        if recording:
            resource["mediaUri"] = recording
        block.skip("file_content_hash", "text")
        block.leave_rest()
        resources.append(resource)
    entry: dict[str, object] = {"name": view.text("name"), "resources": resources}
    if view.text("description"):
        entry["description"] = view.text("description")
    plan.organisation.setdefault("prompts", []).append(entry)
    view.leave_rest()
