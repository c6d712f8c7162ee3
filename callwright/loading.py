"""From a flow file to something that runs: checked, compiled, linked to the organisation it belongs to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callwright.inventory import Surroundings, surroundings_of
from callwright.project import load_project
from callwright.sources import substitutions
from dsl import check_flow
from dsl.model import Flow
from dsl.source import Diagnostic, Severity, Source, has_errors, read_file

if TYPE_CHECKING:
    from interpreter import Executable


@dataclass(frozen=True, slots=True)
class Loaded:
    """A flow as read, with what surrounds it and what was found."""

    flow: Flow | None
    source: Source | None
    findings: list[Diagnostic]
    around: Surroundings
    others: tuple[Source, ...] = ()
    """Files that were taken into the flow."""

    @property
    def text(self) -> str:
        """All that the flow was read from: a snapshot fits only what it was taken of."""
        return "\n".join(one.text for one in (self.source, *self.others) if one is not None)


def load_flow_file(path: Path, subst: Path | None = None, organisation: Path | None = None) -> Loaded:
    """Read and check a flow file in its project."""
    project, project_findings = load_project(path)
    around = surroundings_of(project, organisation)
    source, findings = read_file(path)
    if source is None:
        return Loaded(None, None, findings, around)
    values, more = substitutions(path, subst)
    include = around.include_from(path)
    checked = check_flow(source, inventory=around.inventory, substitutions=values, include=include)
    found = [*project_findings, *findings, *more, *checked.findings]
    kept = [item for item in found if project.ignores_finding(item) is None]
    return Loaded(checked.flow, source, kept, around, checked.others)


def load_flow_or_complain(path: Path, subst: Path | None, organisation: Path | None) -> Loaded | None:
    """The same for commands: errors are shown on standard error, and then there is nothing to run."""
    loaded = load_flow_file(path, subst, organisation)
    errors = [found for found in loaded.findings if found.severity is Severity.ERROR]
    if errors:
        from dsl.source.report import Report, pretty

        sources = {one.path: one for one in (loaded.source, *loaded.others) if one is not None}
        report = Report([str(path)], errors, sources, color=sys.stderr.isatty())
        click.echo(pretty(report), err=True, nl=False)
    return None if loaded.flow is None or has_errors(loaded.findings) else loaded


def executable_of(loaded: Loaded) -> Executable:
    """The flow, compiled with the flows that it calls and linked to the organisation's names."""
    from dsl.compile import compile_flow
    from interpreter import link

    assert loaded.flow is not None
    return link(compile_flow(loaded.flow, loaded.text, modules=linked_to(loaded)), loaded.around.organisation)


def linked_to(loaded: Loaded) -> Mapping[str, Flow]:
    """The modules and bots that a flow takes into its program, by name."""
    from callwright.linking import linked_flows

    assert loaded.flow is not None
    return linked_flows(loaded.flow, loaded.around)
