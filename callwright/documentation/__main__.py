"""``python -m callwright.documentation [--check]``: write the generated files, or say which are out of date."""

from __future__ import annotations

import click

from callwright.documentation import FILES, ROOT


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is out of date.")
@click.pass_context
def main(ctx: click.Context, check: bool) -> None:
    """Write docs, schemas and hooks from the catalogues."""
    stale = []
    for name, make in FILES.items():
        path, text = ROOT / name, make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        click.echo(f"{'out of date' if check else 'written'}: {name}")
    ctx.exit(int(check and bool(stale)))


if __name__ == "__main__":
    main(prog_name="python -m callwright.documentation")
