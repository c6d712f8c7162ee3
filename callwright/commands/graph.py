"""``callwright graph``: a flow as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from callwright.commands.options import FLOW, flow_options

FORMATS = ("mermaid", "dot", "json")


@click.command("graph")
@click.argument("flow", type=FLOW)
@flow_options
@click.option("--format", "format_", type=click.Choice(FORMATS), default="mermaid", help="The picture's language.")
def command(flow: Path, subst: Path | None, organisation: Path | None, format_: str) -> int:
    """Draw FLOW: its actions with prompts and keys, where they lead, queues and data actions."""
    from callwright.loading import load_flow_or_complain
    from dsl.graph import FORMATS as LANGUAGES
    from dsl.graph import picture_of

    loaded = load_flow_or_complain(flow, subst, organisation)
    if loaded is None or loaded.flow is None:
        return 1
    click.echo(LANGUAGES[format_](picture_of(loaded.flow)), nl=False)
    return 0
