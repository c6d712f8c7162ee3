"""``callwright explain``: what a finding means, with a wrong and a right example."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dsl.explain import Example, Page


@click.command("explain")
@click.argument("code")
def command(code: str) -> int:
    """Say what the finding CODE means and how to mend it."""
    from dsl.explain import page
    from dsl.source import CODES, did_you_mean

    if code not in CODES:
        raise click.UsageError(f'there is no code "{code}"; {did_you_mean(code, CODES) or "see docs/checks.md"}')
    click.echo("\n\n".join(_parts(page(code))))
    return 0


def _parts(page: Page) -> Iterator[str]:
    from dataclasses import replace

    from callwright.examples import check_example
    from dsl.source.report import pretty

    code = page.code
    yield f"{code.code} ({' or '.join(code.severities)}): {code.title}"
    yield page.meaning
    if page.when is not None:
        yield from _example("When", page.when)
    if page.wrong is not None:
        yield from _example("Wrong", page.wrong)
        yield "What check says"
        yield indent(pretty(replace(check_example(page.wrong), paths=())).rstrip(), "    ")
    if page.right is not None:
        yield from _example("Right", page.right)


def _example(head: str, example: Example) -> Iterator[str]:
    yield f"{head}: {example.text}" if example.text else head
    for path, text in example.shown.items():
        yield f"  {path}\n\n{indent(text.rstrip(), '    ')}"
