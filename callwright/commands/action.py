"""``callwright action``: a data action by itself, whole or part by part."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from callwright.commands.options import FILE

if TYPE_CHECKING:
    from callwright.single_action import SingleAction
    from connectors import Failure, Output

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FORMAT = click.option("--format", "format_", type=click.Choice(["pretty", "json"]), default="pretty")
_INPUT = click.option("--input", "input_", metavar="JSON", default="{}", help="The inputs; @FILE or - reads them.")


@click.group("action")
def command() -> None:
    """Run a data action by itself, or look at its parts."""


def _choice(command: _Command) -> _Command:
    """Which action, and where its system is."""
    name = click.option("--name", help="The action, where a Terraform file holds several.")
    integration = click.option("--integration", metavar="NAME", help="The integration as flows name it.")
    connections = click.option("--connections", type=FILE, help="Default: connections.yaml of the project.")
    return name(integration(connections(command)))


@command.command("run")
@click.argument("file")
@_INPUT
@_choice
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Keep the exchange in this cassette.")
@click.option("--replay", type=FILE, help="Answer from this cassette; no socket is opened.")
@click.option("--timeout", type=click.FloatRange(0.001, 60), metavar="SECONDS", help="The flow's own timeout.")
@_FORMAT
def run_(
    file: str,
    input_: str,
    name: str | None,
    integration: str | None,
    connections: Path | None,
    record: Path | None,
    replay: Path | None,
    timeout: float | None,
    format_: str,
) -> int:
    """Run the data action in FILE, or the one that flows call "Integration / Action".

    What a flow would see of it is shown."""
    from callwright.single_action import needs_connection, run

    if record and replay:
        raise click.UsageError("--record and --replay exclude each other")
    single = _single(file, name, integration, connections)
    if single is None:
        return 1
    if record and single.action.secure:
        raise click.UsageError("a secure action is never recorded")
    if replay is None and needs_connection(single):
        hint = f'add "{single.integration}" to connections.yaml in {single.root}, or give --connections or --replay'
        click.echo(f'The integration "{single.integration}" has no connection: {hint}.', err=True)
    return _show(run(single, _inputs(input_), record=record, replay=replay, timeout_s=timeout), format_)


@command.command("render")
@click.argument("file")
@_INPUT
@_choice
@_FORMAT
def render(
    file: str, input_: str, name: str | None, integration: str | None, connections: Path | None, format_: str
) -> int:
    """Show the request that the data action in FILE would send, secrets masked; `-` renders templates of JSON lines."""
    from callwright.single_action import preview, request_object
    from connectors import Failure, render_line

    if file == "-":
        return _answer_lines(render_line)
    single = _single(file, name, integration, connections)
    if single is None:
        return 1
    request = preview(single, _inputs(input_))
    if isinstance(request, Failure):
        return _show(request, format_)
    if format_ == "json":
        click.echo(json.dumps(request_object(request), ensure_ascii=False, indent=2))
        return 0
    click.echo(f"{request.method} {request.url}")
    for header, value in request.headers.items():
        click.echo(f"{header}: {value}")
    if request.body:
        click.echo("\n" + request.body.decode("utf-8", errors="replace"))
    return 0


@command.command("read")
@click.argument("path")
@click.argument("document", default="-", type=click.File("r", encoding="utf-8"))
def read(path: str, document: Any) -> int:
    """Read PATH (a JSONPath) from a DOCUMENT; `-` alone reads paths and documents of JSON lines."""
    from connectors import read_line

    if path == "-":
        return _answer_lines(read_line)
    try:
        given = json.load(document)
    except ValueError as error:
        raise click.UsageError(f"the document is not JSON: {error}") from None
    answer = json.loads(read_line(json.dumps({"path": path, "document": given})))
    if "value" in answer:
        click.echo(json.dumps(answer["value"], ensure_ascii=False, indent=2))
        return 0
    click.echo(
        answer["error"]["message"] if "error" in answer else "The path leads nowhere in this document.", err=True
    )
    return 1


@command.command("translate")
@click.argument("file")
@click.argument("response", default="-", type=click.File("r", encoding="utf-8"))
@_choice
@_FORMAT
def translate(
    file: str, response: Any, name: str | None, integration: str | None, connections: Path | None, format_: str
) -> int:
    """Show what a flow would see of RESPONSE, a body; `-` alone translates responses of JSON lines."""
    from callwright.single_action import translated
    from connectors import translate_line

    if file == "-":
        return _answer_lines(translate_line)
    single = _single(file, name, integration, connections)
    return 1 if single is None else _show(translated(single, response.read()), format_)


def _answer_lines(answer: Callable[[str], str]) -> int:
    """A line out for every line in, in order, as soon as it is there."""
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(answer(line) + "\n")
            sys.stdout.flush()
    return 0


def _inputs(text: str) -> dict[str, Any]:
    from callwright.single_action import loads

    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
        return loads(text)
    except OSError as error:
        raise click.UsageError(f"{text[1:]} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _single(file: str, name: str | None, integration: str | None, connections: Path | None) -> SingleAction | None:
    """The action of a file, or of the project by the name that flows call it by; where there is none the findings are
    shown."""
    from callwright.single_action import ChoiceError, named_action, single_action
    from dsl.source import Severity, read_file
    from dsl.source.report import Report, pretty

    try:
        path = Path(file)
        if not path.is_file() and " / " not in file:
            raise click.UsageError(f"there is no file {file}")
        if path.is_file():
            single, findings = single_action(path, name, integration, connections)
        else:
            single, findings = named_action(file, connections)
    except ChoiceError as error:
        raise click.UsageError(str(error)) from None
    errors = [found for found in findings if found.severity is Severity.ERROR]
    if errors or single is None:
        source = read_file(path)[0]
        sources = {source.path: source} if source is not None else {}
        click.echo(pretty(Report([file], errors or findings, sources)), err=True, nl=False)
    return single


def _show(outcome: Output | Failure, format_: str) -> int:
    from callwright.single_action import outcome_object

    shown = outcome_object(outcome)
    if format_ == "json":
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        tries = f", {shown['attempts']} attempts" if shown.get("attempts", 1) > 1 else ""
        status = f" ({shown['status']}{tries})" if "status" in shown else ""
        click.echo(f"{shown['path']}{status}" + (f": {shown['message']}" if "message" in shown else ""))
        for output, value in shown["outputs"].items():
            click.echo(f"  {output} = {json.dumps(value, ensure_ascii=False)}")
        for output in shown.get("misfits", ()):
            click.echo(f"  {output} does not fit the contract and is not set")
    return 0 if shown["path"] == "success" else 1


@command.command("coverage")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_FORMAT
def coverage(paths: tuple[Path, ...], format_: str) -> int:
    """Show which routes of the vendor's API the data actions of PATHS call, and which of them callwright serves."""
    from callwright.route_use import as_object, routes_used

    found = as_object(routes_used(paths))
    if format_ == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    for route in found["routes"]:
        mark = "served" if route["served"] else "501   "
        click.echo(f"{route['calls']:4}  {mark}  {route['method']:6} {route['path']}")
    share = f" ({100 * found['served'] / found['calls']:.0f} %)" if found["calls"] else ""
    click.echo(f"{found['served']} of {found['calls']} calls are served{share}")
    return 0
