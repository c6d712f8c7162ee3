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
    """Evaluate EXPRESSION; `-` reads JSON lines and answers each with one line, in order."""
    import json

    from dsl.expressions import answer_line

    if expression == "-":
        for line in sys.stdin:
            if line.strip():
                sys.stdout.write(answer_line(line, datetime.now(UTC), tree=tree) + "\n")
                sys.stdout.flush()
        return 0
    if expression is None:
        return _prompt()
    request = {"expr": expression, "expect": expect, "flowType": flow_type, "language": language, "now": now}
    line = json.dumps({key: value for key, value in request.items() if value is not None})
    answer = json.loads(answer_line(line, datetime.now(UTC), tree=tree))
    return _show(answer, expression)


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


def _prompt() -> int:
    """Read expressions one by one; names complete with the tabulator key."""
    import json

    from dsl.expressions import answer_line, names

    try:
        import readline

        known = sorted(names())

        def complete(prefix: str, state: int) -> str | None:
            matches = [name for name in known if name.casefold().startswith(prefix.casefold())]
            return matches[state] if state < len(matches) else None

        readline.set_completer(complete)
        readline.set_completer_delims(" ()+-*/%^<>=!&|,?:[]")
        readline.parse_and_bind("tab: complete")
    except ImportError:
        pass
    while True:
        try:
            line = input("callwright> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return 0
        if line:
            _show(json.loads(answer_line(json.dumps({"expr": line}), datetime.now(UTC))), line)
