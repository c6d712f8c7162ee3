"""``callwright serve``: a node on this machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("serve")
@click.argument("project", type=click.Path(exists=True, path_type=Path), default=Path())
@click.option("--host", help="The address to listen on; default: desk.host, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; default: desk.port, else 8080; 0: a free one.")
@click.option("--database", metavar="URL", help="The database; default: an SQLite file in the data folder.")
def command(project: Path, host: str | None, port: int | None, database: str | None) -> int:
    """Serve the project in PROJECT: flows answer their numbers, agents work at the desk.

    Ends cleanly with Ctrl-C: calls and agents stay as they are stored, and the next start takes them up again.
    """
    from callwright.serving.running import serve

    return serve(project, host=host, port=port, database=database, tell=click.echo)
