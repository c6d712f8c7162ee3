"""Published flows, unchanged: all load, none has an error, and every warning is a true one (docs/fidelity.md)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from callwright.checking import check_paths
from callwright.sources import substitutions
from dsl import check_flow
from dsl.compile import compile_flow
from dsl.source import Severity, Source
from interpreter import link

TRUE_WARNINGS = {
    ("cicd-sample-inbound-call-flow", "variable-never-written"): 2,
    ("ms-teams-integrations-presence-trigger", "variable-never-written"): 1,
    ("Switch from Voice Channel with Context", "variable-never-written"): 1,
    ("Proactive callback offer", "maybe-not-set"): 1,
    ("Proactive callback offer", "undeclared-variable"): 9,
    ("EmailComprehendFlow", "undeclared-variable"): 4,
    ("Proactive callback connect", "leftover-placeholder"): 3,
    ("Proactive callback offer", "leftover-placeholder"): 2,
    ("Proactive callback workbin", "leftover-placeholder"): 3,
    ("Trigger proactive callback workflow", "leftover-placeholder"): 1,
}

pytestmark = pytest.mark.corpus


def flow_files(corpus: Path) -> list[Path]:
    files = [path for path in sorted((corpus / "flows").rglob("*.y*ml")) if not path.name.endswith(".subst.yaml")]
    assert len(files) >= 56
    return files


def test_the_only_findings_are_the_true_ones(corpus: Path) -> None:
    findings = check_paths([corpus / "flows"]).findings
    assert [f for f in findings if f.severity is Severity.ERROR] == []
    assert [f for f in findings if f.code.startswith("unknown-")] == []
    warnings = Counter((Path(f.span.path).stem, f.code) for f in findings if f.severity is Severity.WARNING)
    assert dict(warnings) == TRUE_WARNINGS


def test_every_flow_compiles_and_links_with_and_without_its_substitutions(corpus: Path) -> None:
    for path in flow_files(corpus):
        text = path.read_text(encoding="utf-8-sig")
        for values in ({}, substitutions(path, None)[0]):
            checked = check_flow(Source(path.name, text), substitutions=values)
            assert checked.flow is not None, path.name
            link(compile_flow(checked.flow, text))


def test_without_substitutions_only_the_placeholders_are_errors(corpus: Path) -> None:
    for path in flow_files(corpus):
        findings = check_flow(Source(path.name, path.read_text(encoding="utf-8-sig"))).findings
        errors = {f.code for f in findings if f.severity is Severity.ERROR}
        assert errors <= {"unknown-substitution"}, path.name
