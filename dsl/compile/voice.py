"""Emitters of voice: digits, silence, music (flow-format.md §9.3, §10.2)."""

from __future__ import annotations

import ast
from typing import Any

from dsl.compile.compiler import Compiler, is_text
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
        settings.get("playbackMode") or "about",
        c.b.value(settings.get("roundingInterval")),
        c.b.value(settings.get("specificRoundingIntervals")),
    )
    c.b.done(site)


def emit_position(c: Compiler, action: Action, site: int) -> None:
    position = c.b.value(action.settings.get("positionInQueue"))
    c.b.do("play_position", site, position, action.settings.get("playbackMode") or "number")
    c.b.done(site)


def emit_wait(c: Compiler, action: Action, site: int) -> None:
    duration, trim = action.settings.get("duration"), action.settings.get("trimDurationNearMaxRunningTime")

    def command(resume: int) -> ast.expr:
        if trim is None:
            return c.b.call("pause", resume, c.b.value(duration))
        return c.b.call("pause", resume, c.b.value(duration), c.b.value(trim))

    c.wait(action.element, site, command)
    c.b.done(site, None)


def emit_flush_audio(c: Compiler, action: Action, site: int) -> None:
    """Play the queue now and wait for its end."""
    c.wait(action.element, site, lambda resume: c.b.call("flush", resume))
    c.b.done(site, None)


def _flow_default(c: Compiler, action: Action, name: str) -> Value | None:
    """The action's own setting, else the flow's."""
    for value in (action.settings.get(name), c.b.flow.settings.get(f"{action.key}.{name}")):
        if isinstance(value, Value) and value.form is not Form.NO_VALUE:
            return value
    return None


def emit_collect_input(c: Compiler, action: Action, site: int) -> None:
    """Digits into a variable; on failure it keeps its value."""
    settings = action.settings
    low, high, keys = settings.get("digits") or (1, 20, "#")
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

    def number(value: Any) -> ast.expr:
        return c.b.value(value) if isinstance(value, Value) else ast.Constant(value)

    def command(resume: int) -> ast.expr:
        first, inter = _flow_default(c, action, "noEntryTimeout"), _flow_default(c, action, "interDigitTimeout")
        star, pound = settings.get("acceptJustStar"), settings.get("acceptJustPound")
        timeouts = (c.b.value(first), c.b.value(inter))
        return c.b.call(
            "collect", resume, number(low), number(high), keys, *timeouts, c.b.value(star), c.b.value(pound), secret
        )

    c.wait(action.element, site, command)
    entered: ast.expr = c.b.call("digits", with_key)
    path: ast.expr = c.b.call("collected")
    if rounds is not None:
        entered, path = _verified(c, action, site, rounds, asking.number, entered, secret=secret)

    def keep() -> None:
        if target:
            c.b.changed(site, [c.b.binding(target, entered)])

    c.paths(action, path, site, {"success": keep, "failure": lambda: None})


def _is_verified(action: Action) -> bool:
    return action.settings.get("verificationType") not in (None, "none")


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
        silence, timeout = action.settings.get("silenceDuration"), _flow_default(c, action, "timeout")
        return c.b.call("listen", resume, c.b.value(silence), c.b.value(timeout))

    c.wait(action.element, site, command, phase="listen")


def emit_detect_silence(c: Compiler, action: Action, site: int) -> None:
    """Wait until nobody speaks."""
    _listen(c, action, site)
    c.paths(action, c.b.call("listened"), site, {"success": lambda: None, "timeout": lambda: None})


def emit_play_on_silence(c: Compiler, action: Action, site: int) -> None:
    """Play at once; if interrupted, wait for silence and play again, up to the count."""
    repeats, allowed, outcome = c.b.hidden("repeats"), c.b.hidden("allowed"), c.b.hidden("outcome")
    c.b.write(allowed, c.b.value(action.settings.get("allowedRepeatCount"), 0))
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
    """The whole prompt once, or music for a while (one minute)."""
    prompt, style = action.settings.get("prompt"), action.settings.get("playStyle")
    given = action.extra.get("playStyle") if action.extra is not None else None
    if isinstance(given, Map) and "entirePrompt" in given:
        c.hear(site, prompt)
        barge_in = action.settings.get("bargeInEnabled")
        c.wait(action.element, site, lambda resume: c.b.call("flush", resume, c.b.value(barge_in)))
    else:
        duration = style if isinstance(style, Value) else None
        c.wait(
            action.element, site, lambda resume: c.b.call("hold_music", resume, c.b.value(prompt), c.b.value(duration))
        )
    c.b.done(site, None)
