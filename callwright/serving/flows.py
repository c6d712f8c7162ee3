"""The published flows of a node: compiled when it starts, found by number and by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callwright.inventory import flow_files
from callwright.loading import executable_of, load_flow_file
from callwright.numbers import bare
from callwright.project import Project
from channels.telephony import ADAPTERS
from contactcenter.conversations import Fallback
from dsl.needs import lacking
from dsl.program import Program
from dsl.source import Diagnostic, Severity, Source
from interpreter import Executable

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class PublishedFlows:
    """Flows by the number that reaches them and by name (``conversations.Programs``)."""

    by_number: Mapping[str, Executable] = field(default_factory=dict)
    by_name: Mapping[str, Executable] = field(default_factory=dict)

    def for_number(self, dialled: str) -> Executable | None:
        """The flow of a number: exact, then the longest prefix with ``*``, then ``default``."""
        number = bare(dialled)
        if number in self.by_number:
            return self.by_number[number]
        prefixes = [key for key in self.by_number if key.endswith("*") and number.startswith(key[:-1])]
        key = max(prefixes, key=len, default=DEFAULT)
        return self.by_number.get(key)

    def named(self, flow: str) -> Executable | None:
        """A flow by name, whatever its case."""
        return self.by_name.get(flow.casefold())

    def fallback(self, dialled: str) -> Fallback | None:
        """None: a caller whose flow is lost hears the house's own sentence."""
        return None


@dataclass(slots=True)
class Publication:
    """What came of publishing: the flows that may run, and what was found in all of them."""

    flows: PublishedFlows
    findings: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def errors(self) -> list[Diagnostic]:
        """Findings that keep a flow from running."""
        return [found for found in self.findings if found.severity is Severity.ERROR]

    @property
    def lacking(self) -> list[Diagnostic]:
        """What flows need and the adapter that their calls come in by does not have."""
        return [found for found in self.findings if found.code == "capability-missing"]


def publish(project: Project, adapters: Sequence[str] = ()) -> Publication:
    """Check, compile and link every flow of a project; one with errors is not published.

    ``adapters`` are those that calls come in by: what one of them lacks is found, too.
    """
    by_path: dict[Path, Executable] = {}
    result = Publication(PublishedFlows())
    for path in flow_files(project):
        loaded = load_flow_file(path)
        result.findings.extend(loaded.findings)
        if loaded.source is not None:
            result.sources[loaded.source.path] = loaded.source
        if loaded.flow is not None and not any(found.severity is Severity.ERROR for found in loaded.findings):
            executable = executable_of(loaded)
            by_path[path.resolve()] = executable
            result.findings.extend(_lacking(project, executable.program, adapters))
    numbers = {
        bare(number): by_path[path.resolve()] for number, path in project.numbers.items() if path.resolve() in by_path
    }
    names = {executable.program.flow.casefold(): executable for executable in by_path.values()}
    result.flows = PublishedFlows(numbers, names)
    return result


def _lacking(project: Project, program: Program, adapters: Sequence[str]) -> list[Diagnostic]:
    found = (one for name in adapters for one in lacking(program.needs, name, ADAPTERS[name].names))
    return [one for one in found if project.ignores_finding(one) is None]
