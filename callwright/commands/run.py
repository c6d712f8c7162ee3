"""``callwright run``: one call in the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callwright.commands.options import FILE, FLOW, flow_options

if TYPE_CHECKING:
    from callwright.loading import Loaded
    from callwright.rehearsing import Caller, Played, Stage
    from dsl.source import Diagnostic
    from simulator.opening import Opening
    from simulator.script import Step


@click.command("run")
@click.argument("flow", type=FLOW)
@flow_options
@click.option("--from", "number", default="anonymous", metavar="NUMBER", help="The caller's number.")
@click.option("--to", "dialled", default="+49301234567", metavar="NUMBER", help="The dialled number.")
@click.option("--at", metavar="TIME", help="When the call comes, such as 2026-03-02T09:15:00Z.")
@click.option("--press", metavar="KEYS", help="Keys that the caller presses, such as 1,2,#.")
@click.option("--say", "texts", multiple=True, metavar="TEXT", help="What the caller says or writes; may be repeated.")
@click.option("--subject", metavar="TEXT", help="The subject of the mail that comes in; --say is its body.")
@click.option("--input", "given", multiple=True, metavar="NAME=VALUE", help="An input of the flow; may be repeated.")
@click.option("--script", type=FILE, help="What the caller does: a file of script steps, or a test file.")
@click.option("--case", help="The case of a test file that --script names.")
@click.option("--stubs", type=FILE, help="Answers of data actions and other services, as in a test file.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="A transcript, or event lines."
)
@click.option("--trace", is_flag=True, help="Show every action, too; with --format json: the trace itself.")
def command(
    flow: Path,
    subst: Path | None,
    organisation: Path | None,
    number: str,
    dialled: str,
    at: str | None,
    press: str | None,
    texts: tuple[str, ...],
    subject: str | None,
    given: tuple[str, ...],
    script: Path | None,
    case: str | None,
    stubs: Path | None,
    format_: str,
    trace: bool,
) -> int:
    """Play one call, message, mail or workflow of FLOW: scripted in virtual time, or with you at the keyboard.

    Without --script, --press and --say on a terminal the conversation is yours: type keys or words, or h to hang up;
    where it is written, type messages.
    """
    from callwright.loading import load_flow_or_complain
    from callwright.rehearsing import Caller, Stage, presses, read_script_file, read_stub_file
    from dsl.actions import FLOW_TYPES
    from simulator.opening import WrongInput
    from simulator.script import time_ms

    loaded = load_flow_or_complain(flow, subst, organisation)
    if loaded is None:
        return 1
    moment = _now() if at is None else time_ms(at)
    if moment is None:
        raise click.UsageError(f'"{at}" is no time with an offset, such as 2026-03-02T09:15:00Z')
    steps, findings = read_script_file(script, case) if script else ([], [])
    stage, more = read_stub_file(stubs) if stubs else (Stage(), [])
    if _complain([*findings, *more]):
        return 1
    if press:
        steps = [*steps, *presses(press)]
    family = FLOW_TYPES[loaded.flow.type] if loaded.flow is not None else "voice"
    opening, steps = _opening(family, steps, texts, subject, given)
    caller = Caller(number, dialled, moment, None, steps, opening)
    scripted = script is not None or press is not None or texts
    try:
        if not scripted and sys.stdin.isatty() and format_ == "text":
            from callwright.terminal import AT_THE_KEYBOARD, talk

            if family in AT_THE_KEYBOARD:
                return talk(loaded, caller, stage, trace=trace)
        if format_ == "text":
            return _shown(loaded, caller, stage, trace=trace)
        return _traced(loaded, caller, stage) if trace else _told(loaded, caller, stage)
    except WrongInput as error:
        raise click.UsageError(str(error)) from error


def _opening(
    family: str, steps: list[Step], texts: tuple[str, ...], subject: str | None, given: tuple[str, ...]
) -> tuple[Opening, list[Step]]:
    """What comes in with the conversation, and what the caller does then."""
    from dsl.source import Span
    from simulator.opening import Opening
    from simulator.script import Speak

    inputs = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign:
            raise click.UsageError(f'--input takes NAME=VALUE, not "{pair}"')
        inputs[name.strip()] = _value(value)
    mail = {"subject": subject or "", "body": "\n".join(texts)} if family == "mail" else {}
    spoken = [] if family == "mail" else [Speak(text, 1.0, Span.whole_file("--say")) for text in texts]
    return Opening(None, mail, inputs), [*steps, *spoken]


def _value(text: str) -> Any:
    """A value of the command line: JSON where it is a list or an object, else the text."""
    if text[:1] in "[{":
        try:
            return json.loads(text)
        except ValueError as error:
            raise click.UsageError(f"{text!r} is no JSON: {error}") from error
    return text


def _now() -> int:
    import time

    return round(time.time() * 1000)


def _complain(findings: list[Diagnostic]) -> bool:
    from dsl.source import has_errors
    from dsl.source.report import Report, pretty

    if findings:
        click.echo(pretty(Report([], findings)), err=True, nl=False)
    return has_errors(findings)


def _told(loaded: Loaded, caller: Caller, stage: Stage) -> int:
    """Event lines in the order in which things happened: an action is told when it is over, with when it began."""
    from callwright.rehearsing import play, tell_end, tell_story
    from callwright.story import SCHEMA, as_json

    lines: list[dict[str, Any]] = []
    story = tell_story(loaded, caller, lines.append)
    played = play(loaded, caller, stage, on_played=story.prompt_played, on_trace=story.traced)
    tell_end(story, played.rehearsal)
    lines.sort(key=lambda line: str(line["at"]))
    lines[0] = {"schema": SCHEMA, **lines[0]}
    for line in lines:
        click.echo(as_json(line))
    return _verdict(played)


def _traced(loaded: Loaded, caller: Caller, stage: Stage) -> int:
    """Trace elements as they are."""
    from callwright.rehearsing import play

    played = play(
        loaded, caller, stage, on_trace=lambda element: click.echo(json.dumps(element, ensure_ascii=False, default=str))
    )
    return _verdict(played)


def _shown(loaded: Loaded, caller: Caller, stage: Stage, *, trace: bool) -> int:
    from callwright.rehearsing import play
    from callwright.transcript import conclusion, shown_action, shown_line

    start = caller.at
    played = play(
        loaded,
        caller,
        stage,
        on_line=lambda line: click.echo(shown_line(line, start)),
        on_trace=(lambda element: click.echo(shown_action(element, start))) if trace else None,
    )
    click.echo(conclusion(played.rehearsal))
    return _verdict(played)


def _verdict(played: Played) -> int:
    """1 when the script waited for something that never came."""
    from callwright.transcript import complaint

    _complain(list(played.findings))
    sentence = complaint(played)
    if sentence:
        click.echo(sentence, err=True)
    return int(played.caller.unmet is not None or played.caller.refused is not None)
