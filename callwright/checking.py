"""``check`` as a function: all findings of all files in one run, sorted, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from callwright.discovery import Found, Kind, discover
from callwright.inventory import Surroundings, organisation_files, surroundings_of
from callwright.project import FILE_NAME, load_project, read_project
from callwright.sources import substitutions
from dsl.source import Diagnostic, Severity, Source, Span, decode, finding, read_file, sorted_unique
from dsl.source.report import Report

if TYPE_CHECKING:
    from contactcenter.organisation import Organisation
    from dsl.model import Flow
    from interpreter.ports import Capabilities


@dataclass(frozen=True, slots=True)
class Options:
    """What a check may be told: files for substitutions and organisation, codes to keep or leave out, and the bytes of
    files that need not be there (what came from standard input, under the name it goes by)."""

    subst: Path | None = None
    organisation: Path | None = None
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    given: Mapping[Path, bytes] = field(default_factory=dict)
    target: str | None = None
    """The adapter that is to run the flows."""


@dataclass(slots=True)
class _Run:
    options: Options
    findings: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    surroundings: dict[Path, Surroundings] = field(default_factory=dict)
    included: set[Path] = field(default_factory=set)
    """Files that flows take parts from: these need not be flows themselves."""

    def around(self, path: Path) -> Surroundings:
        """Project, organisation and data actions that the file lives among, loaded once per project."""
        project, _ = load_project(path)
        if project.root not in self.surroundings:
            self.surroundings[project.root] = surroundings_of(project, self.options.organisation)
        return self.surroundings[project.root]

    def kind_of(self, file: Found) -> Kind:
        """What a file is by its name, or because its project names it."""
        if file.kind is not Kind.FLOW:
            return file.kind
        project, path = self.around(file.path).project, file.path.resolve()
        named = {
            project.organisation: Kind.ORGANISATION,
            project.connections: Kind.CONNECTIONS,
            project.contacts: Kind.CONTACTS,
        }
        whole = (kind for place, kind in named.items() if place is not None and place.resolve() in (path, path.parent))
        return next(whole, Kind.FLOW)


def check_paths(paths: Sequence[Path], options: Options | None = None) -> Report:
    """Check files and folders; the report holds every finding that nothing told us to leave out."""
    options = options or Options()
    run = _Run(options)
    files = discover(paths)
    for file in files:
        _CHECKS[run.kind_of(file)](file, run)
    return Report([str(file.path) for file in files], _kept(run, files), run.sources)


def _kept(run: _Run, files: Iterable[Found]) -> list[Diagnostic]:
    """Findings after select, ignore and the project's ignores; ignores that hit nothing are findings of their own."""
    options, kept, used = run.options, [], set()
    for found in sorted_unique(run.findings):
        if found.code == "unknown-flow-type" and Path(found.span.path).resolve() in run.included:
            continue
        around = next((a for a in run.surroundings.values() if a.project.ignores_finding(found)), None)
        ignore = around.project.ignores_finding(found) if around else None
        if ignore is not None:
            used.add(ignore)
        elif found.code not in options.ignore and (not options.select or found.code in options.select):
            kept.append(found)
    checked_projects = {file.path.resolve().parent for file in files if file.kind is Kind.PROJECT}
    for around in run.surroundings.values():
        if around.project.root.resolve() in checked_projects:
            kept += [_unused(ignore.code, ignore.span) for ignore in around.project.ignores if ignore not in used]
    return sorted_unique(kept)


def _unused(code: str, span: Span) -> Diagnostic:
    return finding("unused-ignore", f'this ignore of "{code}" hits nothing', span, help="remove it")


def _read(file: Found, run: _Run) -> Source | None:
    data = run.options.given.get(file.path)
    source, findings = read_file(file.path) if data is None else decode(str(file.path), data)
    run.findings.extend(findings)
    if source is not None:
        run.sources[source.path] = source
    return source


def _check_project(file: Found, run: _Run) -> None:
    if _read(file, run) is not None and file.path.name == FILE_NAME:
        run.findings.extend(read_project(file.path)[1])
        run.around(file.path)


def _check_organisation(file: Found, run: _Run) -> None:
    """An organisation file by itself, or as one of a folder whose files make up the organisation together."""
    from contactcenter.organisation import load_organisation

    source = _read(file, run)
    if source is None:
        return
    place, path = run.around(file.path).project.organisation, file.path.resolve()
    others = [other for other in organisation_files(place) if other.resolve() != path] if _holds(place, path) else []
    read = (read_file(other)[0] for other in others)
    organisation, findings = load_organisation([source, *(other for other in read if other is not None)])
    run.findings.extend(found for found in findings if found.span.path == source.path)
    if not any(found.severity is Severity.ERROR for found in findings):
        run.findings.extend(_routed(organisation, source))


def _routed(organisation: Organisation, source: Source) -> Iterator[Diagnostic]:
    """Whether routing can read it: what is left to say when everything is right by itself."""
    from contactcenter.routing import problem_with

    problem = problem_with(organisation.routing_configuration())
    if problem is not None:
        yield finding("bad-value", f"the organisation cannot be routed by: {problem}", Span.whole_file(source.path))


def _holds(folder: Path | None, path: Path) -> TypeGuard[Path]:
    return folder is not None and folder.is_dir() and folder.resolve() == path.parent


def _check_connections(file: Found, run: _Run) -> None:
    from connectors import load_connections, mapping_findings

    source = _read(file, run)
    if source is not None:
        connections, findings = load_connections(source)
        run.findings.extend(findings)
        run.findings.extend(found for one in connections.values() for found in mapping_findings(one))


def _check_contacts(file: Found, run: _Run) -> None:
    source = _read(file, run)
    organisation = run.around(file.path).organisation
    if source is not None and organisation is not None:
        from contactcenter.customers import check_contacts

        run.findings.extend(check_contacts(source, organisation))


def _check_data_action(file: Found, run: _Run) -> None:
    from connectors import check_action, read_export

    source = _read(file, run)
    if source is None:
        return
    action, findings = read_export(source, named=file.named)
    run.findings.extend(findings)
    if action is not None:
        run.findings.extend(check_action(action, run.around(file.path).allowed_hosts(action)))


def _check_terraform(file: Found, run: _Run) -> None:
    from connectors import check_terraform

    source = _read(file, run)
    if source is not None:
        run.findings.extend(check_terraform(source, named=file.named)[1])


def _check_test(file: Found, run: _Run) -> None:
    from simulator import check_test_file

    source = _read(file, run)
    if source is not None:
        run.findings.extend(check_test_file(source)[1])


def _check_traffic(file: Found, run: _Run) -> None:
    from simulator.traffic import read_plan

    source = _read(file, run)
    if source is not None:
        run.findings.extend(read_plan(source)[1])


def _check_flow(file: Found, run: _Run) -> None:
    from dsl import check_flow

    source = _read(file, run)
    if source is None:
        return
    values, findings = substitutions(file.path, run.options.subst)
    run.findings.extend(findings)
    around = run.around(file.path)
    report = check_flow(
        source,
        inventory=around.inventory,
        substitutions=values,
        include=around.include_from(file.path),
        named=file.named,
    )
    run.findings.extend(report.findings if run.options.target is None else map(_at_target, report.findings))
    if run.options.target is not None and report.flow is not None:
        run.findings.extend(_lacking(report.flow, around, run.options.target))
    run.sources.update({other.path: other for other in report.others})
    run.included.update(Path(other.path).resolve() for other in report.others)


def adapters() -> Mapping[str, Capabilities]:
    """What may be a target, with what it can do."""
    from channels.telephony import ADAPTERS

    return ADAPTERS


def _lacking(flow: Flow, around: Surroundings, target: str) -> Iterator[Diagnostic]:
    """What the flow needs and the adapter does not have."""
    from callwright.linking import linked_flows
    from dsl.needs import lacking, needs_of

    return lacking(needs_of(flow, linked_flows(flow, around).values()), target, adapters()[target].names)


def _at_target(found: Diagnostic) -> Diagnostic:
    """Where a flow is to run live, an action that nobody answers is more than information."""
    return replace(found, severity=Severity.WARNING) if found.code == "port-without-service" else found


_CHECKS: dict[Kind, Callable[[Found, _Run], None]] = {
    Kind.PROJECT: _check_project,
    Kind.ORGANISATION: _check_organisation,
    Kind.CONNECTIONS: _check_connections,
    Kind.CONTACTS: _check_contacts,
    Kind.DATA_ACTION: _check_data_action,
    Kind.TERRAFORM: _check_terraform,
    Kind.TEST: _check_test,
    Kind.TRAFFIC: _check_traffic,
    Kind.FLOW: _check_flow,
}


def exit_code(report: Report, *, strict: bool) -> int:
    """1 for at least one error, or a warning under ``strict``; else 0."""
    return int(bool(report.count(Severity.ERROR) or (strict and report.count(Severity.WARNING))))
