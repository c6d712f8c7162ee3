"""``callwright check``: findings of flows, organisation, data actions and tests."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from callwright.commands.options import flow_options

_STANDARD_INPUT = Path("-")
FORMATS = ("pretty", "oneline", "json", "github", "sarif", "junit")


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@flow_options
@click.option("--stdin-name", type=click.Path(path_type=Path), default="stdin.yaml", help="The name of what `-` reads.")
@click.option("--target", metavar="ADAPTER", help="The adapter that is to run the flows: what it or the house lacks.")
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
    stdin_name: Path,
    target: str | None,
    format_: str,
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    most: int | None,
    color: str,
) -> int:
    """Check PATHS (files or folders, `-` for standard input): what is wrong, where, and what to do about it."""
    from callwright import __version__
    from callwright.checking import Options, adapters, check_paths, exit_code
    from dsl.source import CODES
    from dsl.source.report import FORMATS as RENDERERS

    for code in (*select, *ignore):
        if code not in CODES:
            from dsl.source import did_you_mean

            raise click.UsageError(
                f'there is no code "{code}"; {did_you_mean(code, CODES) or "see callwright explain"}'
            )
    given = {stdin_name: sys.stdin.buffer.read()} if _STANDARD_INPUT in paths else {}
    if target is not None and target not in adapters():
        raise click.UsageError(f'there is no adapter "{target}", only {" and ".join(adapters())}')
    options = Options(subst, organisation, frozenset(select), frozenset(ignore), given, target)
    report = check_paths([stdin_name if path == _STANDARD_INPUT else path for path in paths], options)
    painted = color == "always" or (color == "auto" and sys.stdout.isatty())
    shown = replace(report, findings=report.findings[:most], color=painted, version=__version__)
    click.echo(RENDERERS[format_](shown), nl=False)
    return exit_code(report, strict=strict)
