"""docs/commands.md: the command line as its own help tells it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from callwright.cli import cli
from callwright.documentation.markdown import fence, page

_INTRODUCTION = """
Exit codes everywhere: 0 fine, 1 at least one error (or a warning under `--strict`) or a failed test, 2 wrong usage,
3 a fault of callwright. A fault is one sentence; `callwright --debug ...` shows where it happened.
"""
_WIDTH = 100


def commands_page() -> str:
    """The page."""
    settings = cli.context_settings
    context = click.Context(cli, info_name="callwright", terminal_width=_WIDTH, max_content_width=_WIDTH, **settings)
    return page("Commands", _INTRODUCTION, fence("text", cli.get_help(context)), *_below(cli, context, "##"))


def _below(group: click.Group, context: click.Context, heading: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, terminal_width=_WIDTH, max_content_width=_WIDTH)
        yield f"{heading} {inner.command_path}"
        yield fence("text", command.get_help(inner))
        if isinstance(command, click.Group):
            yield from _below(command, inner, heading + "#")
