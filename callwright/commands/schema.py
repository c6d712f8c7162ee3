"""``callwright schema``: the JSON Schema that editors complete and check with."""

from __future__ import annotations

import json

import click

KINDS = ("flow", "test", "organisation", "project")


@click.command("schema")
@click.option("--kind", type=click.Choice(KINDS), default="flow", help="Which one.")
def command(kind: str) -> int:
    """Print the JSON Schema of flow files, tests, the organisation file or the project file."""
    from callwright.schemas import schema

    click.echo(json.dumps(schema(kind), indent=2, ensure_ascii=False))
    return 0
