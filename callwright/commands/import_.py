"""``callwright import``: Architect exports and CX-as-Code into a project."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from callwright.importing import Plan
    from dsl.source import Diagnostic


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--into", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(),
              help="The project's folder; default: here.")  # fmt: skip
@click.option(
    "--tf-var", "variables", multiple=True, metavar="NAME=VALUE", help="The value of a variable in Terraform files."
)
@click.option("--force", is_flag=True, help="Write over files that are there already.")
@click.option("--format", "format_", type=click.Choice(["pretty", "json"]), default="pretty", help="How it is told.")
def command(files: tuple[Path, ...], folder: Path, variables: tuple[str, ...], force: bool, format_: str) -> int:
    """Read FILES (or folders of them) and write a project.

    Architect's native exports (.i3InboundFlow and its siblings) become flows, CX-as-Code (Terraform) becomes
    organisation, connections, data actions and numbers. What a file is, is seen from its content. What cannot be
    carried over is told with its place.
    """
    from callwright.importing import collisions, plan_import, write
    from dsl.source import Severity, sorted_unique

    given = dict(variable.partition("=")[::2] for variable in variables)
    if any("=" not in variable for variable in variables):
        raise click.UsageError("--tf-var is written as NAME=VALUE")
    plan = plan_import(files, given)
    findings = sorted_unique(plan.findings)
    errors = [found for found in findings if found.severity is Severity.ERROR]
    taken = [] if force else collisions(plan, folder)
    written = not errors and not taken and bool(plan.files)
    if written:
        try:
            write(plan.files, folder)
        except OSError as error:
            raise click.UsageError(f"cannot write to {folder}: {error.strerror}") from None
    if format_ == "json":
        from dsl.source.report.json import as_object

        click.echo(
            json.dumps(
                {
                    "into": str(folder),
                    "written": [{"path": path, "from": plan.origins.get(path)} for path in plan.files if written],
                    "in_the_way": taken,
                    "findings": [as_object(found) for found in findings],
                },
                indent=2,
                ensure_ascii=False,
            )
        )
        return 1 if errors or taken else 0
    _tell(plan, findings, folder, taken, written=written)
    return 1 if errors or taken else 0


def _tell(plan: Plan, findings: list[Diagnostic], folder: Path, taken: list[str], *, written: bool) -> None:
    from dsl.source.report import Report, pretty

    if findings:
        report = Report(list(plan.sources), findings, plan.sources, color=sys.stderr.isatty())
        click.echo(pretty(report), err=True, nl=False)
    for path in taken:
        click.echo(f"{folder / path} is there already; nothing was written. Use --force to write over it", err=True)
    if not written:
        return
    for path in sorted(plan.files):
        origin = plan.origins.get(path)
        click.echo(f"wrote {folder / path}" + (f"  from {origin}" if origin else ""))
    click.echo(f"\nnow try: callwright check {folder}")
