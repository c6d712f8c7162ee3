"""Emitters of voice: digits, silence, music (flow-format.md §9.3, §10.2)."""

from __future__ import annotations

import ast
from dataclasses import replace

from dsl.actions import actions
from dsl.compile.compiler import Compiler, is_text
from dsl.compile.settings import first_of, milliseconds, setting, word
from dsl.load.shapes import FEWEST_DIGITS, LAST_KEY, MOST_DIGITS
from dsl.model import Action, Form, Value
from dsl.source import Map


def emit_play_audio(c: Compiler, action: Action, site: int) -> None:
    value = action.settings.get("communication" if action.key == "communicate" else "audio")
    c.hear(site, value)
    c.b.done(site)


def emit_estimated_wait(c: Compiler, action: Action, site: int) -> None:
    settings = action.settings
    c.b.do(
        "play_estimated_wait",
        site,
        c.b.value(settings.get("estimatedWaitTime")),
        word(action, "playbackMode"),
        c.b.value(settings.get("roundingInterval")),
        c.b.value(settings.get("specificRoundingIntervals")),
    )
    c.b.done(site)


def emit_position(c: Compiler, action: Action, site: int) -> None:
    position = c.b.value(action.settings.get("positionInQueue"))
    c.b.do("play_position", site, position, word(action, "playbackMode"))
    c.b.done(site)


def emit_wait(c: Compiler, action: Action, site: int) -> None:
    trim = action.settings.get("trimDurationNearMaxRunningTime")

    def command(resume: int) -> ast.expr:
        return c.b.call("pause", resume, setting(c.b, action, "duration"), c.b.value(trim))

    c.wait(action.element, site, command)
    c.b.done(site, None)


def emit_flush_audio(c: Compiler, action: Action, site: int) -> None:
    """Play the queue now and wait for its end."""
    c.wait(action.element, site, lambda resume: c.b.call("flush", resume))
    c.b.done(site, None)


def emit_collect_input(c: Compiler, action: Action, site: int) -> None:
    """Digits into a variable; on failure it keeps its value."""
    settings = action.settings
    low, high, keys = settings.get("digits") or (None, None, LAST_KEY)
    target = settings.get("inputData")
    secret = target is not None and c.b.slot(target, "str") in c.b.secure
    with_key = bool(settings.get("includeTerminatingDtmfInResultData"))
    asking = c.b.block()
    rounds = c.b.hidden("rounds", site) if _is_verified(action) else None
    if rounds is not None:
        c.b.write(rounds, ast.Constant(0))
    c.b.leave(asking.number)
    c.b.enter(asking)
    c.hear(site, settings.get("inputAudio"))

    def number(value: Value | None, otherwise: int) -> ast.expr:
        return first_of(c.b, replace(_DIGITS, default=otherwise), value)

    def command(resume: int) -> ast.expr:
        star, pound = c.b.value(settings.get("acceptJustStar")), c.b.value(settings.get("acceptJustPound"))
        timeouts = (milliseconds(c.b, action, "noEntryTimeout"), milliseconds(c.b, action, "interDigitTimeout"))
        counts = (number(low, FEWEST_DIGITS), number(high, MOST_DIGITS))
        return c.b.call("collect", resume, *counts, keys, *timeouts, star, pound, secret)

    c.wait(action.element, site, command)
    entered: ast.expr = c.b.call("digits", with_key)
    path: ast.expr = c.b.call("collected")
    if rounds is not None:
        entered, path = _verified(c, action, site, rounds, asking.number, entered, secret=secret)

    def keep() -> None:
        if target:
            c.b.changed(site, [c.b.binding(target, entered, "str")])

    c.paths(action, path, site, {"success": keep, "failure": lambda: None})


_DIGITS = actions()["collectInput"].parameters["digits"]


def _is_verified(action: Action) -> bool:
    return word(action, "verificationType") != "none"


def _verified(
    c: Compiler, action: Action, site: int, rounds: int, asking: int, entered: ast.expr, *, secret: bool
) -> tuple[ast.expr, ast.expr]:
    """Read the entry back: 1 accepts, anything else asks again, up to three rounds; gives the entry and the path."""
    value, outcome = c.b.hidden("entered", site), c.b.hidden("outcome", site)
    if secret:
        c.b.secure.add(value)
    good, further, over = c.b.block(), c.b.block(), c.b.block()
    c.b.write(outcome, c.b.call("collected"))
    c.b.branch(is_text(c.b.read(outcome), "success"), good.number, over.number)
    c.b.enter(good)
    c.b.write(value, entered)
    c.b.do("read_back", c.b.read(value), action.settings.get("verificationType") == "numeric", secret)
    audio = action.settings.get("verificationAudio")
    if isinstance(audio, Value) and audio.form is not Form.NO_VALUE:
        c.hear(site, audio)
    else:
        c.b.do("hint_to_confirm")
    c.b.write(rounds, ast.BinOp(c.b.read(rounds), ast.Add(), ast.Constant(1)))
    c.wait(action.element, site, lambda resume: c.b.call("confirm", resume), phase="verify")
    c.b.write(outcome, c.b.call("confirmed", c.b.read(rounds)))
    c.b.branch(is_text(c.b.read(outcome), "again"), asking, further.number)
    c.b.enter(further)
    c.b.leave(over.number)
    c.b.enter(over)
    return c.b.read(value), c.b.read(outcome)


# Silence.


def _listen(c: Compiler, action: Action, site: int) -> None:
    def command(resume: int) -> ast.expr:
        return c.b.call("listen", resume, setting(c.b, action, "silenceDuration"), setting(c.b, action, "timeout"))

    c.wait(action.element, site, command, phase="listen")


def emit_detect_silence(c: Compiler, action: Action, site: int) -> None:
    """Wait until nobody speaks."""
    _listen(c, action, site)
    c.paths(action, c.b.call("listened"), site, {"success": lambda: None, "timeout": lambda: None})


def emit_play_on_silence(c: Compiler, action: Action, site: int) -> None:
    """Play at once; if interrupted, wait for silence and play again, up to the count."""
    repeats, allowed, outcome = c.b.hidden("repeats"), c.b.hidden("allowed"), c.b.hidden("outcome")
    c.b.write(allowed, setting(c.b, action, "allowedRepeatCount"))
    c.b.write(repeats, ast.Constant(0))
    playing, listening, quiet, over = c.b.block(), c.b.block(), c.b.block(), c.b.block()
    c.b.leave(playing.number)
    c.b.enter(playing)
    c.hear(site, action.settings.get("audio"))
    c.wait(action.element, site, lambda resume: c.b.call("flush", resume))
    c.b.write(outcome, c.b.call("listened"))
    c.b.branch(is_text(c.b.read(outcome), "interrupted"), listening.number, over.number)
    c.b.enter(listening)
    _listen(c, action, site)
    c.b.write(outcome, c.b.call("listened"))
    more = c.b.call("may_repeat", c.b.read(outcome), c.b.read(repeats), c.b.read(allowed))
    c.b.branch(more, quiet.number, over.number)
    c.b.enter(quiet)
    c.b.write(repeats, ast.BinOp(c.b.read(repeats), ast.Add(), ast.Constant(1)))
    c.b.leave(playing.number)
    c.b.enter(over)
    actual = action.settings.get("actualRepeatCount")
    if actual:
        c.b.changed(site, [c.b.binding(actual, c.b.read(repeats))])
    c.paths(action, c.b.read(outcome), site, {"success": lambda: None, "timeout": lambda: None})


# Music.


def emit_hold_music(c: Compiler, action: Action, site: int) -> None:
    """The whole prompt once, or music for a while; the flow's hold music where the action names none."""
    own = action.settings.get("prompt")
    prompt = c.b.hold_prompt() if own is None or own.form is Form.NO_VALUE else c.b.value(own)
    given = action.extra.get("playStyle") if action.extra is not None else None
    if isinstance(given, Map) and "entirePrompt" in given:
        c.b.do("hear", site, prompt, False)
        barge_in = action.settings.get("bargeInEnabled")
        c.wait(action.element, site, lambda resume: c.b.call("flush", resume, c.b.value(barge_in)))
    else:

        def command(resume: int) -> ast.expr:
            return c.b.call("hold_music", resume, prompt, setting(c.b, action, "playStyle"))

        c.wait(action.element, site, command)
    c.b.done(site, None)
