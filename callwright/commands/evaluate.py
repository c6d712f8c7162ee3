"""``callwright eval``: one expression, a stream of them, or a prompt."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click


@click.command("eval")
@click.argument("expression", required=False)
@click.option("--tree", is_flag=True, help="Show the typed operator tree instead of the value.")
@click.option("--expect", metavar="TYPE", help="Convert the result to this type, as a setting would.")
@click.option("--flow-type", metavar="TYPE", help="Know only the names of this type of flow.")
@click.option("--language", default="en-us", help="The running language.")
@click.option("--now", metavar="TIME", help="The clock, such as 2026-03-02T09:15:00Z.")
def command(
    expression: str | None, tree: bool, expect: str | None, flow_type: str | None, language: str, now: str | None
) -> int:
    """Evaluate EXPRESSION; `-` reads JSON lines and answers each with one line, in order; nothing opens a prompt."""
    import json

    from dsl.expressions import answer_line

    if expression == "-":
        for line in sys.stdin:
            if line.strip():
                sys.stdout.write(answer_line(line, datetime.now(UTC), tree=tree) + "\n")
                sys.stdout.flush()
        return 0
    options = {"expect": expect, "flowType": flow_type, "language": language, "now": now}
    given = {key: value for key, value in options.items() if value is not None}

    def show(expression: str) -> int:
        line = json.dumps({"expr": expression, **given})
        return _show(json.loads(answer_line(line, datetime.now(UTC), tree=tree)), expression)

    if expression is not None:
        return show(expression)
    from callwright.prompt import ask

    ask(show)
    return 0


def _show(answer: dict[str, object], expression: str) -> int:
    import json

    error = answer.get("error")
    if isinstance(error, dict):
        click.echo(f"error[{error['code']}]: {error['message']}", err=True)
        if error.get("column"):
            click.echo(f"  | {expression}\n  | {' ' * (int(error['column']) - 1)}^", err=True)
        return 1
    if "text" not in answer or answer["text"] is None:
        click.echo(json.dumps(answer.get("value", answer), ensure_ascii=False, indent=2))
        return 0
    click.echo(answer["text"])
    return 0
