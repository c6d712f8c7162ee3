"""``callwright explain``: what a finding means, with a wrong and a right example."""

from __future__ import annotations

import click


@click.command("explain")
@click.argument("code")
def command(code: str) -> int:
    """Say what the finding CODE means and how to mend it."""
    from dsl.explain import explain

    from dsl.source import CODES, did_you_mean

    if code not in CODES:
        raise click.UsageError(f'there is no code "{code}"; {did_you_mean(code, CODES) or "see callwright check"}')
    click.echo(explain(code), nl=False)
    return 0
