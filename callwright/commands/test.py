"""``callwright test``: rehearsals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from callwright.testing import Run, Verdict


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("-k", "keyword", metavar="TEXT", help="Only cases whose file or name contains the text.")
@click.option(
    "--format", "format_", type=click.Choice(["pretty", "json", "junit"]), default="pretty", help="The report."
)
def command(paths: tuple[Path, ...], keyword: str | None, format_: str) -> int:
    """Run the *.test.yaml files of PATHS (default: this folder); every case runs, whatever others do."""
    from callwright.testing import run_tests
    from dsl.source import has_errors

    def wanted(name: str) -> bool:
        return keyword is None or keyword.casefold() in name.casefold()

    shown = _show if format_ == "pretty" else None
    run = run_tests(list(paths) or [Path()], wanted, shown)
    {"pretty": _summary, "json": _json, "junit": _junit}[format_](run)
    return int(bool(run.failed) or has_errors(run.findings))


def _show(verdict: Verdict) -> None:
    mark = click.style("ok  ", fg="green") if verdict.passed else click.style("FAIL", fg="red", bold=True)
    click.echo(f"{mark} {verdict.file}::{verdict.case.name}")
    for failure in verdict.failures:
        span = failure.span
        click.echo(f"     {span.path}:{span.start.line}:{span.start.column}: {failure.message}")
    if not verdict.passed:
        for line in verdict.transcript:
            click.echo(
                click.style(f"       {(line.at - verdict.case.at) / 1000:6.1f} s  {line.who:<7} {line.text}", dim=True)
            )


def _summary(run: Run) -> None:
    from dsl.source.report import Report, pretty

    if run.findings:
        click.echo(pretty(Report([], run.findings, run.sources)), nl=False)
    click.echo(f"{len(run.verdicts) - run.failed} passed, {run.failed} failed")


def _json(run: Run) -> None:
    from dsl.source.report.json import as_object

    cases = [
        {
            "file": verdict.file,
            "name": verdict.case.name,
            "passed": verdict.passed,
            "failures": [
                {"line": f.span.start.line, "column": f.span.start.column, "message": f.message}
                for f in verdict.failures
            ],
        }
        for verdict in run.verdicts
    ]
    document = {"schema": "callwright.test/1", "cases": cases, "findings": [as_object(f) for f in run.findings]}
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _junit(run: Run) -> None:
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    suite = Element("testsuite", name="callwright test", tests=str(len(run.verdicts)), failures=str(run.failed))
    for verdict in run.verdicts:
        case = SubElement(suite, "testcase", classname=verdict.file, name=verdict.case.name)
        for failure in verdict.failures:
            SubElement(case, "failure", message=failure.message.splitlines()[0]).text = failure.message
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    click.echo('<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode"))
