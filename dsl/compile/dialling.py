"""``dialByExtension``: the caller enters an extension and is put through (flow-format.md §9.2)."""

from __future__ import annotations

import ast

from dsl.actions import actions
from dsl.compile.builder import Block
from dsl.compile.compiler import Compiler, is_text
from dsl.compile.settings import setting
from dsl.load.shapes import FEWEST_DIGITS, LAST_KEY, MOST_DIGITS
from dsl.model import Action


def emit_dial_by_extension(c: Compiler, action: Action, site: int) -> None:
    """Ask for the digits, again after nothing or a wrong key as often as the author wants, then ask for the transfer.

    Silence takes ``timeout``, a wrong key and an extension that nobody has ``failure`` (project decision).
    """
    reprompts, outcome, digits = (c.b.hidden(what, site) for what in ("reprompts", "outcome", "extension"))
    allowed, asking, again, entered, given_up, over = (c.b.hidden("allowed", site), *(c.b.block() for _ in range(5)))
    c.b.write(reprompts, ast.Constant(0))
    c.b.write(allowed, setting(c.b, action, "repromptCount"))
    c.b.leave(asking.number)
    c.b.enter(asking)
    secret = _collect(c, action, site)
    c.b.write(outcome, c.b.call("extension_entered"))
    c.b.branch(is_text(c.b.read(outcome), "success"), entered.number, given_up.number)
    c.b.enter(given_up)
    c.b.branch(c.b.call("turns_left", c.b.read(reprompts), c.b.read(allowed)), again.number, over.number)
    c.b.enter(again)
    c.b.write(reprompts, ast.BinOp(c.b.read(reprompts), ast.Add(), ast.Constant(1)))
    c.hear(site, action.settings.get("repromptAudio"))
    c.b.leave(asking.number)
    c.b.enter(entered)
    if secret:
        c.b.secure.add(digits)
    c.b.write(digits, c.b.call("digits", False))
    target = action.settings.get("extensionVariable")
    if target:
        c.b.changed(site, [c.b.binding(target, c.b.read(digits))])
    refused = dial(c, action.element, site, digits)
    c.b.enter(refused)
    c.b.write(outcome, c.b.call("refused_path"))
    c.b.leave(over.number)
    c.b.enter(over)
    c.paths(action, c.b.read(outcome), site, {"failure": lambda: None, "timeout": lambda: None})


def dial(c: Compiler, element: str, site: int, digits: int) -> Block:
    """Put the caller through to the extension in a slot, which ends the flow; gives the block where that is refused."""
    spec = actions()["dialByExtension"]
    number = c.b.read(digits)
    extension = c.b.call("secret", number) if digits in c.b.secure else number

    def command(resume: int) -> ast.expr:
        inputs = ast.Dict([ast.Constant("extension")], [extension])
        return c.b.call("transfer", site, resume, spec.port, spec.operation, inputs)

    c.wait(element, site, command)
    refused, ended = c.b.block(), c.b.block()
    c.b.branch(c.b.call("is_refused"), refused.number, ended.number)
    c.b.enter(ended)
    c.b.leave(c.b.call("transferred", site, "user"))
    return refused


def _collect(c: Compiler, action: Action, site: int) -> bool:
    """Wait for the digits; whether they go into a secure variable."""
    target = action.settings.get("extensionVariable")
    secret = target is not None and c.b.slot(target, "str") in c.b.secure

    def command(resume: int) -> ast.expr:
        timeouts = [setting(c.b, action, "interDigitTimeout") for _ in range(2)]
        return c.b.call("collect", resume, FEWEST_DIGITS, MOST_DIGITS, LAST_KEY, *timeouts, None, None, secret)

    c.wait(action.element, site, command, phase="digits")
    return secret
