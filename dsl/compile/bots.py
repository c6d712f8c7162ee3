"""Emitters of bots: questions that wait for a text, and calls of bots that are linked in (flow-format.md §9.8, §11.1).

A question asks, and asks again after what was not understood or not said, each counted by itself; what it heard is
read by the machine's understanding and kept in hidden slots, so that a parked question goes on anywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from dsl.actions import actions
from dsl.bots import labels_of
from dsl.compile.builder import Block, slot_key
from dsl.compile.compiler import Compiler, is_text
from dsl.compile.inputs import loose
from dsl.compile.interruptions import escalate, leave_for, look_up
from dsl.compile.settings import setting, word
from dsl.load.actions import is_off
from dsl.model import Action, Form, Value
from dsl.source import Node, plain

KINDS: Mapping[str, str] = {
    "askForSlot": "slot",
    "askForBoolean": "boolean",
    "askForIntent": "intent",
    "loopAnythingElse": "more",
    "digitalMenu": "menu",
    "waitForInput": "any",
}
"""What a question takes for an answer."""
_FAILED = ("maxNoMatches", "maxNoInputs")
_NOT_RECOGNISED = "RecognitionFailure"


def emit_ask(c: Compiler, action: Action, site: int) -> None:
    """Any question of a bot."""
    Question(c, action, site).write()


class Question:
    """One question in the making: its counters, its blocks, and what was heard."""

    def __init__(self, c: Compiler, action: Action, site: int) -> None:
        self.c, self.b, self.action, self.site = c, c.b, action, site
        self.kind = KINDS[action.key]
        self.settings = action.settings
        b = c.b
        self.text, self.path, self.answer = (b.hidden(what, site) for what in ("text", "path", "answer"))
        self.misses, self.silences = b.hidden("misses", site), b.hidden("silences", site)
        self.rejections, self.unclear = b.hidden("rejections", site), b.hidden("unclear", site)
        self.start, self.asking, self.over = b.block(), b.block(), b.block()
        self.slot: int | None = None
        if self.kind == "slot":
            name = str(self.settings.get("slot") or "")
            self.slot = b.slot(name if "." in name else f"Slot.{name}")

    def write(self) -> None:
        b, question = self.b, self.b.block()
        turn = b.hidden("turn") if self.kind == "more" else None
        if turn is not None:
            b.write(turn, ast.Constant(0))
        b.leave(self.start.number)
        b.enter(self.start)
        for counter in (self.misses, self.silences, self.rejections, self.unclear):
            b.write(counter, ast.Constant(0))
        self.unless_filled()
        b.branch(b.call("has_said"), self.asking.number, question.number)
        b.enter(question)
        self.c.hear(self.site, self.settings.get("question"))
        b.leave(self.asking.number)
        b.enter(self.asking)
        self.listen("ask")
        b.write(self.text, self.heard())
        no_match, no_input, heard = b.block(), b.block(), b.block()
        escalate(self, no_match)
        b.write(self.path, self.interpreted())
        if self.kind in ("intent", "menu", "any"):
            look_up(self)
        self.follow(self.path, {"no_match": no_match, "no_input": no_input, **self.finally_over()}, heard)
        self.again(no_match, self.misses, "noMatch")
        self.again(no_input, self.silences, "noInput")
        b.enter(heard)
        self.keep(no_match)
        self.confirm()
        b.enter(self.over)
        self.finish(turn)

    def unless_filled(self) -> None:
        """A slot that an utterance has filled already is not asked for; ``clearSlot`` makes it empty again."""
        if self.slot is not None:
            b, empty = self.b, self.b.block()
            b.write(self.path, ast.Constant("default"))
            b.branch(b.call("is_filled", b.read(self.slot)), self.over.number, empty.number)
            b.enter(empty)

    # Asking.

    def listen(self, phase: str) -> None:
        b, settings = self.b, self.b.flow.settings
        timeout = b.value(settings.get("input.noInputsTimeout"))
        inter = b.value(settings.get("input.interDigitTimeout"))
        default = 60_000 if b.flow.type == "digitalBot" else 7_000
        longest = b.value(settings.get("input.speechToTextMaxSpeechTimeout"))
        end, keys = setting(b, self.action, "voiceEndOfInputTimeout"), settings.get("input.dtmfTerminatingCharacter")
        hearing = (end, longest, keys or "#", b.value(settings.get("input.enableBargeIn")))
        self.c.wait(
            self.action.element,
            self.site,
            lambda resume: b.call("await_text", resume, timeout, default, inter, *hearing),
            phase=phase,
        )

    def heard(self) -> ast.expr:
        """What was said; the label of a button is what the button sends, unless a path is called as the label."""
        chooser = self.action.extra.get("chooser") if self.action.extra is not None else None
        labels = labels_of(plain(chooser)) if chooser is not None else {}
        paths = set(self.paths())
        pairs = [
            (sent, label) if label in paths and sent not in paths else (label, sent) for label, sent in labels.items()
        ]
        said = self.b.call("said")
        if not pairs:
            return said
        buttons = ast.Dict([ast.Constant(given) for given, _ in pairs], [ast.Constant(meant) for _, meant in pairs])
        return self.b.call("sent_by", said, buttons)

    def interpreted(self) -> ast.expr:
        b = self.b
        counts = (b.read(self.text), b.read(self.misses), b.read(self.silences))
        return b.call("interpret", b.prefix, self.kind, self.subject(), *counts)

    def subject(self) -> ast.expr:
        """What may be answered: the slot's name, or the names of the paths."""
        if self.kind == "slot":
            return ast.Constant(str(self.settings.get("slot") or "").removeprefix("Slot."))
        return ast.Tuple([ast.Constant(name) for name in self.paths()], ast.Load())

    def paths(self) -> list[str]:
        """The outputs that the author named."""
        return [o.path for o in self.action.outputs if o.path not in ("maxNoInputs", "maxNoMatches", "knowledge")]

    def follow(self, slot: int, blocks: Mapping[str, Block], otherwise: Block) -> None:
        """Go on by what a slot holds."""
        cases = [(is_text(self.b.read(slot), name), block.number) for name, block in blocks.items()]
        self.b.choose(cases, otherwise.number)

    def finally_over(self) -> dict[str, Block]:
        return dict.fromkeys(_FAILED, self.over)

    def counted(self, counter: int) -> None:
        self.b.write(counter, ast.BinOp(self.b.read(counter), ast.Add(), ast.Constant(1)))

    def apologise(self, name: str) -> None:
        self.c.hear(self.site, self.b.flow.settings.get(f"input.{name}"))

    def again(self, block: Block, counter: int, which: str) -> None:
        """An apology, the question in other words, and the wait once more."""
        b = self.b
        b.enter(block)
        self.counted(counter)
        self.apologise(f"{which}Apology")
        words = _given(self.settings.get(which)) or self.settings.get("question")
        spoken = b.value(words)
        reprompts = self.settings.get(f"{which}Reprompts")
        customised = self.settings.get(f"customizeN{which[1:]}")
        if isinstance(reprompts, Node) and isinstance(customised, Value) and customised.literal is True:
            spoken = b.call("reprompt", loose(self.c, reprompts), b.read(counter), spoken)
        b.do("hear", self.site, spoken)
        b.leave(self.asking.number)

    # What was heard.

    def keep(self, no_match: Block) -> None:
        """A slot takes its value, which the author's own check may refuse."""
        if self.slot is None:
            return
        b = self.b
        value = b.call("entity", b.prefix, self.subject(), b.read(self.text))
        wanted = b.types[self.slot]
        if wanted not in ("any", ""):
            value = ast.Call(ast.Name("coerce", ast.Load()), [value, ast.Constant(wanted)], [])
        b.changed(self.site, [b.assign(self.slot, value)])
        check = _given(self.settings.get("customValidation"))
        if check is not None:
            good, refused = b.block(), b.block()
            b.write(self.path, b.call("validated", b.prefix, b.value(check), b.read(self.misses)))
            self.follow(self.path, {"no_match": no_match, "maxNoMatches": refused}, good)
            b.enter(refused)  # until now the author may have said what is wrong with it
            b.changed(self.site, [b.assign(self.slot, ast.Constant(None))])
            b.leave(self.over.number)
            b.enter(good)

    def confirm(self) -> None:
        """Ask back where the author wants it, or where an intent is not sure."""
        b = self.b
        question = self.confirmation()
        if question is None:
            b.leave(self.over.number)
            return
        asked = b.block()
        if self.kind == "slot":
            b.leave(asked.number if word(self.action, "confirmationMode") == "always" else self.over.number)
        else:
            b.branch(b.call("unsure", b.prefix, b.read(self.path), b.read(self.text)), asked.number, self.over.number)
        confirming, rejected, unclear, silent, given_up = (b.block() for _ in range(5))
        b.enter(asked)
        b.do("hear", self.site, question)
        b.leave(confirming.number)
        b.enter(confirming)
        self.listen("confirm")
        b.write(self.answer, b.call("agreed", b.prefix, b.read(self.rejections), b.read(self.unclear)))
        answers = {"no": rejected, "no_match": unclear, "no_input": silent, **dict.fromkeys(_FAILED, given_up)}
        self.follow(self.answer, answers, self.over)
        b.enter(rejected)
        self.counted(self.rejections)
        if self.slot is not None:
            b.write(self.slot, ast.Constant(None))
        self.apologise("noToConfirmationApology")
        self.c.hear(self.site, self.settings.get("question"))
        b.leave(self.asking.number)
        for block, apology in ((unclear, "confirmationNoMatchApology"), (silent, "confirmationNoInputApology")):
            b.enter(block)
            self.counted(self.unclear)
            self.apologise(apology)
            b.leave(confirming.number)
        b.enter(given_up)
        b.write(self.path, b.read(self.answer))
        b.leave(self.over.number)

    def confirmation(self) -> ast.expr | None:
        """The question that asks back: the slot's own, or that of the intent that was heard."""
        b = self.b
        if self.kind == "slot":
            own = _given(self.settings.get("confirmationQuestion"))
            return b.value(own) if own is not None else None
        intents = b.flow.settings.get("intents") or {}
        asked = {name: q for name, intent in intents.items() if (q := _given(intent["confirmation"])) is not None}
        if self.kind == "boolean" or not asked:
            return None
        found: ast.expr = ast.Constant(None)
        for name, question in asked.items():
            same = b.call("means", b.read(self.path), name)
            found = ast.IfExp(same, b.value(question), found)
        return found

    # Ways on.

    def finish(self, turn: int | None) -> None:
        b, action = self.b, self.action
        if self.kind in ("intent", "menu", "any", "more"):
            b.do("take_intent", b.prefix, b.read(self.path), b.read(self.text))
        on, failed = b.block(), b.block()
        beyond = {path: failed for path in _FAILED if is_off(action, path)}
        tasks = self.tasks()
        self.follow(self.path, {**beyond, **{name: block for name, (block, _) in tasks.items()}}, on)
        for block, element in tasks.values():
            b.enter(block)
            b.done(self.site, None)
            entry = self.c.entry(element)
            b.leave(b.call("jump", entry if entry is not None else on.number, self.c.number(element), _NOTHING))
        b.enter(failed)
        self.not_recognised()
        b.enter(on)
        if turn is None:
            self.c.paths(action, b.read(self.path), self.site, self.bindings())
        else:
            self.repeat(turn)

    def bindings(self) -> dict[str, Callable[[], None]]:
        """``selection`` of a digital menu: the name of the path that was chosen."""
        target = self.settings.get("selection")
        if not target:
            return {}

        def keep() -> None:
            self.b.changed(self.site, [self.b.binding(target, self.b.read(self.path))])

        return {output.path: keep for output in self.action.outputs if output.path not in _FAILED}

    def tasks(self) -> dict[str, tuple[Block, str]]:
        """Intents whose task takes over, because the question has no output for them."""
        intents = self.b.flow.settings.get("intents") or {}
        if self.kind in ("slot", "boolean"):
            return {}
        named = {output.path for output in self.action.outputs}
        return {
            name: (self.b.block(), intent["task"])
            for name, intent in intents.items()
            if intent["task"] and name not in named
        }

    def not_recognised(self) -> None:
        """An output that is switched off: the flow's own handling of what was not understood."""
        b, settings = self.b, self.b.flow.settings
        handover, farewell = settings.get("bot.recognitionFailureEventHandover"), self.farewell()
        if farewell is None:
            self.c.hear(self.site, handover)
        else:
            silent, other, told = (b.block() for _ in range(3))
            self.follow(self.path, {"maxNoInputs": silent}, other)
            for block, words in ((silent, farewell), (other, handover)):
                b.enter(block)
                self.c.hear(self.site, words)
                b.leave(told.number)
            b.enter(told)
        b.done(self.site, b.read(self.path))
        again, first = b.block(), b.block()
        if settings.get("bot.subsequentRecognitionFailuresHandlingType") != "ExecuteTask":
            b.branch(b.call("has_failed_before"), again.number, first.number)
            b.enter(again)
            b.leave(b.call("leave_bot", _NOT_RECOGNISED))
            b.enter(first)
        leave_for(self, settings.get("bot.recognitionFailureTask"), _NOT_RECOGNISED)

    def farewell(self) -> Value | None:
        """What somebody is told who does not write any more."""
        return _given(self.b.flow.settings.get("input.endOfSessionMessage"))

    def repeat(self, turn: int) -> None:
        """``loopAnythingElse``: as long as there is something else."""
        b, after = self.b, self.b.block()
        loop, others = b.block(), b.block()
        self.follow(self.path, {"yes": loop, "no": after}, others)
        b.enter(loop)
        index = self.settings.get("currentIndex")
        if index:
            slot = b.slot(index, "int")
            b.changed(self.site, [b.assign(slot, b.read(turn))])
        b.done(self.site, "loop")
        b.write(turn, ast.BinOp(b.read(turn), ast.Add(), ast.Constant(1)))
        output = self.action.output("loop")
        step = b.block()
        self.c.loops.append((step.number, after.number))
        self.c.actions(output.actions if output else ())
        self.c.loops.pop()
        b.leave(step.number)
        b.enter(step)
        b.act(self.site)
        b.leave(self.start.number)
        b.enter(others)
        self.c.paths(self.action, b.read(self.path), self.site, {})
        b.leave(after.number)
        b.enter(after)


_NOTHING: ast.expr = ast.Tuple([], ast.Load())


def _given(value: object) -> Value | None:
    return value if isinstance(value, Value) and value.form not in (Form.NO_VALUE, Form.NONE) else None


def emit_detect_intent(c: Compiler, action: Action, site: int) -> None:
    """The intent of a text, or of what was said last."""
    text = c.b.value(action.settings.get("inputText"))
    target = action.settings.get("detectedIntent")
    found = c.b.call("detected", c.b.prefix, text)

    def keep() -> None:
        if target:
            c.b.changed(site, [c.b.binding(target, found)])

    c.paths(action, ast.Constant("default"), site, {"default": keep})


# Calls.

_CALLED = {"callBotFlow": "botFlow", "callDigitalBotFlow": "digitalBotFlow", "callVoiceFlow": "voiceFlow"}


def emit_call_bot(c: Compiler, action: Action, site: int) -> None:
    """A bot of the project is linked in and runs on the same line; any other is a request to the conversation."""
    from dsl.compile.requests import emit_by_catalogue

    called = action.settings.get(_CALLED[action.key]) or {}
    prefix = c.modules.get(str(called.get("name", "")).casefold())
    if prefix is None or actions().get(action.key) is None:
        emit_by_catalogue(c, action, site)
        return
    b = c.b
    b.do("begin_bot", b.value(action.settings.get("inputText")))
    given: list[ast.expr] = []
    for name, value in called["inputs"].items():
        slot = _slot_of(c, prefix, name)
        if slot is not None and value.form is not Form.NO_VALUE:
            given.append(ast.Tuple([ast.Constant(slot), b.value(value)], ast.Load()))
    back = b.block(f"{b.prefix}{action.element}#return")
    b.leave(b.call("call_task", c.numbers[prefix], back.number, ast.Tuple(given, ast.Load())))
    b.enter(back)
    slots = []
    for name, target in called["outputs"].items():
        slot = _slot_of(c, prefix, name)
        if slot is not None:
            slots.append(b.binding(target, b.call("returned", slot)))
    for name in ("intent", "exitReason"):
        target = action.settings.get(name)
        if target:
            slots.append(b.binding(target, b.call("bot_result", name)))
    c.b.changed(site, slots)
    b.done(site, None)


def _slot_of(c: Compiler, prefix: str, name: str) -> int | None:
    """A variable of a linked bot, by its name with or without its scope."""
    names = (name,) if "." in name else (f"Slot.{name}", f"Flow.{name}")
    return next((found for full in names if (found := c.b.slots.get(slot_key(prefix, full))) is not None), None)
