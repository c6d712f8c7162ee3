"""``callwright check``: findings of flows, organisation, data actions and tests."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from callwright.commands.options import flow_options

FORMATS = ("pretty", "oneline", "json", "github", "sarif", "junit")


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@flow_options
@click.option("--format", "format_", type=click.Choice(FORMATS), default="pretty", help="How findings are shown.")
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option("--select", multiple=True, metavar="CODE", help="Show only these codes.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Leave these codes out.")
@click.option("--max", "most", type=click.IntRange(min=1), help="Show at most N findings.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour in pretty output."
)
def command(
    paths: tuple[Path, ...],
    subst: Path | None,
    organisation: Path | None,
    format_: str,
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    most: int | None,
    color: str,
) -> int:
    """Check PATHS (files or folders) and show what is wrong, where, and what to do about it."""
    from callwright import __version__
    from callwright.checking import Options, check_paths, exit_code
    from dsl.source import CODES
    from dsl.source.report import FORMATS as RENDERERS

    for code in (*select, *ignore):
        if code not in CODES:
            from dsl.source import did_you_mean

            raise click.UsageError(
                f'there is no code "{code}"; {did_you_mean(code, CODES) or "see callwright explain"}'
            )
    options = Options(subst, organisation, frozenset(select), frozenset(ignore), most)
    report = check_paths(paths, options)
    painted = color == "always" or (color == "auto" and sys.stdout.isatty())
    click.echo(RENDERERS[format_](replace(report, color=painted, version=__version__)), nl=False)
    return exit_code(report, strict=strict)
