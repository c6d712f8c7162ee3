"""``callwright init``: a project that checks clean, passes its tests and runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import click


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def command(directory: Path) -> int:
    """Make a project in DIRECTORY: the CRM welcome flow, organisation, contacts and tests."""
    from callwright.samples import sample

    if directory.exists() and any(directory.iterdir()):
        raise click.UsageError(f"{directory} is not empty; name a new folder")
    source = sample("crm_welcome")
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
        f"  callwright run {directory}/flows/crm_welcome.yaml --from +18031230000"
    )
    return 0
