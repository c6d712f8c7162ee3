"""Running test files: each case is one call in virtual time, all cases run, differences are told in the
file's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callwright.discovery import Kind, discover
from callwright.loading import Loaded, load_flow_file
from callwright.rehearsing import Caller, Stage, play
from dsl.source import Diagnostic, Source, has_errors, read_file
from simulator.caller import Line
from simulator.judge import Failure, Seen, judge
from simulator.opening import WrongInput
from simulator.testfile import Case, CaseFile, check_test_file


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one case."""

    file: str
    case: Case
    failures: tuple[Failure, ...]
    transcript: tuple[Line, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


@dataclass(slots=True)
class Run:
    """A run over test files: verdicts, findings of files that could not be run, and their sources."""

    verdicts: list[Verdict] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many cases failed."""
        return sum(not verdict.passed for verdict in self.verdicts)


def run_tests(
    paths: list[Path], wanted: Callable[[str], bool] | None = None, on_verdict: Callable[[Verdict], None] | None = None
) -> Run:
    """Run the test files of the paths; ``wanted`` chooses cases by ``file::name``."""
    run = Run()
    for file in discover(paths):
        if file.kind is Kind.TEST:
            for verdict in _run_file(file.path, run, wanted or (lambda _: True)):
                run.verdicts.append(verdict)
                if on_verdict is not None:
                    on_verdict(verdict)
    return run


def _run_file(path: Path, run: Run, wanted: Callable[[str], bool]) -> Iterator[Verdict]:
    source, findings = read_file(path)
    run.findings.extend(findings)
    if source is None:
        return
    run.sources[source.path] = source
    cases, found = check_test_file(source)
    run.findings.extend(found)
    if cases is None or has_errors(found):
        return
    loaded = _flow_of(path, cases, run)
    if loaded is None:
        return
    for case in cases.cases:
        if wanted(f"{path}::{case.name}"):
            verdict, more = run_case(str(path), loaded, case)
            run.findings.extend(found for found in more if found not in run.findings)
            yield verdict


def _flow_of(path: Path, cases: CaseFile, run: Run) -> Loaded | None:
    from dsl.source import finding

    flow = path.parent / cases.flow
    if not flow.is_file():
        message = f"the flow {cases.flow} is not there"
        run.findings.append(finding("unknown-flow", message, cases.flow_span, help=f"looked for {flow}"))
        return None
    loaded = load_flow_file(flow)
    if loaded.source is not None:
        run.sources[loaded.source.path] = loaded.source
    if loaded.flow is None or has_errors(loaded.findings):
        run.findings.extend(loaded.findings)
        return None
    return loaded


def run_case(path: str, loaded: Loaded, case: Case) -> tuple[Verdict, Sequence[Diagnostic]]:
    """Play one case and judge it; besides, what was wrong with the data that it ran on."""
    caller = Caller(case.number, case.dialled, case.at, case.language, case.steps, case.opening)
    try:
        played = play(loaded, caller, Stage(case.stubs, case.refusing, services=case.services))
    except WrongInput as error:
        return Verdict(path, case, (Failure(str(error), case.span),)), ()
    failures = judge(case, Seen(played.rehearsal, played.actions, played.caller))
    return Verdict(path, case, tuple(failures), tuple(played.rehearsal.transcript)), played.findings
