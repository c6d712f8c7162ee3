"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

FLOW = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def flow_options(command: _Command) -> _Command:
    """``--subst`` and ``--organisation``, which every command that takes a flow has."""
    command = click.option("--subst", type=FILE, help="Values of {{x}}; default: the sibling <flow>.subst.yaml.")(
        command
    )
    return click.option("--organisation", type=click.Path(exists=True, path_type=Path), help="The organisation file.")(
        command
    )
