"""``callwright init``: a project that checks clean, passes its tests and runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

PROJECTS = {"built-in": "crm_welcome", "salesforce": "salesforce_welcome"}
"""The example project that a new one begins as, by its CRM."""

EXAMPLES = {"callback": "callback_offer"}
"""Further examples, by what they are about."""

FIRST_FLOWS = {"callback_offer": "front_door"}
"""The flow that callers reach, where it is not named like the example."""


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--crm", type=click.Choice(tuple(PROJECTS)), default="built-in", help="Where the customers are.")
@click.option("--example", type=click.Choice(tuple(EXAMPLES)), help="Begin as a smaller example of one subject.")
def command(directory: Path, crm: str, example: str | None) -> int:
    """Make a project in DIRECTORY: the CRM welcome flow, organisation, contacts or connections, and tests."""
    from callwright.samples import sample

    if directory.exists() and any(directory.iterdir()):
        raise click.UsageError(f"{directory} is not empty; name a new folder")
    name = EXAMPLES[example] if example is not None else PROJECTS[crm]
    source = sample(name)
    for path in sorted(source.rglob("*")):
        target = directory / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif "__pycache__" not in path.parts:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    click.echo(
        f"a project is in {directory}\n\n"
        f"  callwright check {directory}\n"
        f"  callwright test {directory}\n"
        f"  callwright run {directory}/flows/{FIRST_FLOWS.get(name, name)}.yaml --from +18031230000"
    )
    return 0
