"""``callwright eval``: one expression, a stream of them, or a prompt."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dsl.expressions import Problem

_NEGATIVE = re.compile(r"-\s*([\d.(]|\w+\s*[.(])")
"""An expression that begins with a minus, and no option."""


class _Command(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = next((index for index, text in enumerate(args) if _NEGATIVE.match(text)), None)
        if first is not None and "--" not in args:
            args = [*args[:first], *args[first + 1 :], "--", args[first]]
        return super().parse_args(ctx, args)


@click.command("eval", cls=_Command)
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
    if expression == "-":
        return _answer_lines(tree=tree)
    options = {"expect": expect, "flowType": flow_type, "language": language, "now": now}
    given = {key: value for key, value in options.items() if value is not None}

    def show(expression: str) -> int:
        return _show({"expr": expression, **given}, tree=tree)

    if expression is not None:
        return show(expression)
    from callwright.prompt import ask

    ask(show)
    return 0


def _answer_lines(*, tree: bool) -> int:
    from dsl.expressions import answer_line

    for line in _lines():
        text = answer_line(line, datetime.now(UTC), tree=tree) + "\n"
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    return 0


def _lines() -> Iterator[str]:
    """The lines of the standard input; what is no UTF-8 in them becomes a sign that says so."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").removeprefix("\ufeff")


def _show(request: dict[str, Any], *, tree: bool) -> int:
    from dsl.expressions import Refused, answer
    from dsl.expressions.forms import written

    expression = request["expr"]

    def warn(problem: Problem) -> None:
        heading = f"warning[{problem.code}]: {problem.message}"
        click.echo(_complaint(heading, expression, problem.pos, problem.help), err=True)

    try:
        found = answer(request, datetime.now(UTC), tree=tree, warn=warn)
    except Refused as refused:
        heading = f"error[{refused.code}]: {refused.message}"
        click.echo(_complaint(heading, expression, refused.column, refused.help), err=True)
        return 1
    text = None if tree else found["text"]
    click.echo(_indented(written(found if tree else found["value"])) if text is None else text)
    return 0


def _complaint(heading: str, expression: str, column: int | None, help_: str | None) -> str:
    """What is wrong, the line of the expression with a mark below, and what to do."""
    shown = [heading]
    if column:
        before = expression[: column - 1]
        start = before.rfind("\n") + 1
        shown += [f"  | {expression[start:].partition(chr(10))[0]}", f"  | {' ' * (len(before) - start)}^"]
    if help_:
        shown.append(f"  = help: {help_}")
    return "\n".join(shown)


def _indented(form: str) -> str:
    import msgspec

    return msgspec.json.format(form, indent=2)
