"""What is reported: the findings of a run over some files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsl.source.diagnostics import Diagnostic, Severity
from dsl.source.text import Source


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, sorted and unique, of ``paths``; ``sources`` holds the texts that excerpts are taken from."""

    paths: Sequence[str]
    findings: Sequence[Diagnostic]
    sources: Mapping[str, Source] = field(default_factory=dict)
    color: bool = False
    version: str = "0"

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(1 for found in self.findings if found.severity is severity)
