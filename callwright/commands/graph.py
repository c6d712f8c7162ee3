"""``callwright graph``: a flow as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from callwright.commands.options import FLOW, flow_options


@click.command("graph")
@click.argument("flow", type=FLOW)
@flow_options
@click.option(
    "--format", "format_", type=click.Choice(["mermaid", "dot", "json"]), default="mermaid", help="The picture's kind."
)
def command(flow: Path, subst: Path | None, organisation: Path | None, format_: str) -> int:
    """Draw FLOW: its actions with prompts and keys, where they lead, queues and data actions."""
    from dsl.graph import draw

    from callwright.loading import load_flow_or_complain

    loaded = load_flow_or_complain(flow, subst, organisation)
    if loaded is None:
        return 1
    click.echo(draw(loaded, format_), nl=False)
    return 0
