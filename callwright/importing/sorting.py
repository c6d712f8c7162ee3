"""Which importer a file is for, by what it holds: never by its name.

Architect's native export, CX-as-Code (Terraform's JSON or HCL), a data action's export, or a flow that is Archy
YAML already: the last two only take their place in the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from callwright.importing.assemble import assemble
from callwright.importing.contracts import carry_contracts, write_contracts
from callwright.importing.plan import Plan
from callwright.importing.terraform import Configuration, carry_over
from callwright.sources import substitution_file, substitutions
from dsl.actions import FLOW_TYPES
from dsl.native import decode_native, import_flow, to_text
from dsl.source import Diagnostic, Map, Scalar, Source, Span, finding, has_errors, read_file, read_json, read_yaml

_LEFT_OUT = frozenset({"node_modules", "__pycache__"})
_OPEN = "unknown-substitution"
"""What a placeholder without a value is told as: such a name says nothing of the flow, its file's name does."""
_FOLDER_SUFFIXES = (".tf", ".tfvars", ".json", ".yaml", ".yml")


def plan_import(paths: Iterable[Path], variables: Mapping[str, str] | None = None) -> Plan:
    """Everything that the files (or the files of folders) become; nothing is written.

    ``variables`` are values of Terraform's variables, which go before those of the files.
    """
    plan = Plan()
    given = list(paths)
    terraform = Configuration(roots=[path if path.is_dir() else path.parent for path in given])
    for name, text in (variables or {}).items():
        terraform.give(name, text)
    for path, named in _files(given):
        source, findings = read_file(path)
        plan.findings += findings
        if source is not None:
            plan.sources[source.path] = source
            _sort(source, path, plan, terraform, named=named)
    carry_over(terraform, plan)
    write_contracts(plan)
    assemble(plan)
    return plan


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") or part in _LEFT_OUT for part in file.relative_to(path).parts)
            if file.is_file() and not hidden and (file.suffix in _FOLDER_SUFFIXES or file.suffix.startswith(".i3")):
                yield file, False


def _sort(source: Source, path: Path, plan: Plan, terraform: Configuration, *, named: bool) -> None:
    native = decode_native(source)
    if native is not None:
        inner, tree = native
        imported = import_flow(tree)
        plan.findings += imported.findings if inner is source else _in_the_file(imported.findings, source)
        written = plan.add("flows", imported.name, ".yaml", to_text(imported, path.name), source.path)
        plan.flows[imported.name] = written
        carry_contracts(tree, plan, source.path)
        plan.language = plan.language or _language(imported.document, imported.flow_type)
    elif source.text.lstrip("\ufeff \t\r\n").startswith("{"):
        _sort_json(source, plan, terraform, named=named)
    elif path.suffix in (".tf", ".tfvars", ".hcl") or terraform.looks_like(source):
        terraform.read(source, plan.findings)
    elif not _is_flow(source, plan) and named:
        message = "this file is neither an Architect export nor CX-as-Code, nor a flow or a data action"
        help_ = "give .i3...Flow files, Terraform files (.tf, .tf.json), data-action exports or Archy YAML"
        plan.findings.append(finding("unknown-export", message, source.span(0, 1), help=help_))


def _in_the_file(findings: Iterable[Diagnostic], source: Source) -> list[Diagnostic]:
    """Findings of an encoded file: its one long line has no places, the message has the JSON path."""
    return [replace(f, span=Span.whole_file(source.path), message=f"{f.message} ({f.element})") for f in findings]


def _sort_json(source: Source, plan: Plan, terraform: Configuration, *, named: bool) -> None:
    from connectors.format import read_export, write_export

    tree, findings = read_json(source)
    if tree is None:
        plan.findings += findings
    elif isinstance(tree, Map) and any(key in tree for key in ("resource", "variable", "locals", "data", "terraform")):
        terraform.read_json(source, tree, plan.findings)
    elif isinstance(tree, Map) and "config" in tree and "name" in tree:
        import json

        action, found = read_export(source)
        plan.findings += [f for f in found if f.severity == "error"]
        if action is not None and not has_errors(found):
            text = json.dumps(write_export(action), indent=2, ensure_ascii=False) + "\n"
            plan.add("actions", action.name, ".json", text, source.path)
    elif named:
        message = "this JSON is no flow, no Terraform configuration and no data action"
        plan.findings.append(finding("unknown-export", message, source.span(0, 1)))


def _is_flow(source: Source, plan: Plan) -> bool:
    """Take a flow that is in Archy's form already as it is, with the values of its ``{{placeholders}}``."""
    path = Path(source.path)
    values, _ = substitutions(path, None)
    tree, findings = read_yaml(source, values)
    known = {name.casefold() for name in FLOW_TYPES}
    if not isinstance(tree, Map) or len(tree) != 1 or tree.items[0][0].text.casefold() not in known:
        return False
    key, body = tree.items[0]
    node = body.get("name") if isinstance(body, Map) else None
    name = node.text if isinstance(node, Scalar) else path.stem
    if plan.files.get(plan.flows.get(name, "")) == source.text:
        return True
    is_open = node is not None and any(node.span.start.line == f.span.start.line for f in findings if f.code == _OPEN)
    written = plan.add("flows", path.stem if is_open else name, ".yaml", source.text, source.path)
    plan.flows.setdefault(name, written)
    plan.language = plan.language or _language(tree, key.text)
    beside = substitution_file(path)
    given = read_file(beside)[0] if beside is not None else None
    if given is not None:
        to = written.removesuffix(".yaml") + ".subst.yaml"
        plan.files[to], plan.origins[to] = given.text, given.path
    return True


def _language(document: Map, flow_type: str) -> str:
    body = document.get(flow_type)
    node = body.get("defaultLanguage") if isinstance(body, Map) else None
    return node.text if isinstance(node, Scalar) else ""
