"""The language of a scripted caller: the list under ``script:`` (authoring.md §8.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Span, did_you_mean, finding

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)\Z")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
STEPS = {
    "hear": "waits for a prompt that contains the text",
    "press": "keys of the phone, also into a running prompt",
    "say": "speech as it is recognised",
    "wait": "time passes; no_input until the flow has given up waiting, prompt_end until the prompt has ended",
    "silence": "the caller says nothing for so long",
    "at": "the clock jumps to this time",
    "repeat": "the same steps again",
    "hang up": "the caller goes",
}
"""Every step by its key, with what it means."""
MOST_REPEATS = 1000


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait for a prompt: one that contains the text, matches the pattern, or is the named prompt; ``never``
    turns it around."""

    text: str
    how: str
    span: Span

    def matches(self, heard: str, names: tuple[str, ...]) -> bool:
        """Whether what was heard is what is waited for."""
        if self.how == "matches":
            return re.search(self.text, heard) is not None
        if self.how == "prompt":
            return self.text in names
        return _folded(self.text) in _folded(heard)

    def rest(self, heard: str) -> str:
        """What is still to be heard of a text in which this was found."""
        words = (re.escape(word) for word in self.text.split())
        pattern = {"matches": self.text, "contains": r"\s+".join(words)}.get(self.how)
        found = re.search(pattern, heard, 0 if self.how == "matches" else re.IGNORECASE) if pattern else None
        return heard[found.end() :].strip() if found else ""


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, with a gap between them in ms."""

    digits: str
    gap: int
    span: Span


@dataclass(frozen=True, slots=True)
class Speak:
    """Say something, as recognised with a confidence of 0..1."""

    text: str
    confidence: float
    span: Span


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass: so many ms, until the current wait has timed out, or until the prompt has ended."""

    ms: int | None
    until: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class HangUp:
    """The caller goes."""

    span: Span


@dataclass(frozen=True, slots=True)
class At:
    """The clock jumps to a time, UTC ms."""

    at: int
    span: Span


Step: TypeAlias = Hear | Press | Speak | Wait | HangUp | At


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def duration_ms(text: str) -> int | None:
    """``400ms``, ``10s``, ``2m``, ``1h`` in ms; None when it is no duration."""
    match = _DURATION.match(text.strip())
    return None if match is None else int(float(match.group(1)) * _UNITS[match.group(2)])


def time_ms(text: str) -> int | None:
    """An ISO 8601 time with offset as UTC ms; None when it is none."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return round(moment.timestamp() * 1000) if moment.tzinfo is not None else None


def read_script(node: Node | None) -> tuple[list[Step], list[Diagnostic]]:
    """The steps of a script and what is wrong with it."""
    reader = _Reader([])
    return reader.steps(node), reader.findings


@dataclass(frozen=True, slots=True)
class _Reader:
    findings: list[Diagnostic]

    def steps(self, node: Node | None) -> list[Step]:
        if node is None:
            return []
        if not isinstance(node, Seq):
            self.report("wrong-kind", "a script is a list of steps", node.span)
            return []
        return [step for item in node.items for step in self.step(item)]

    def report(self, code: str, message: str, span: Span, help: str | None = None) -> None:  # noqa: A002
        self.findings.append(finding(code, message, span, help=help))

    def step(self, item: Node) -> list[Step]:
        if not isinstance(item, Map) or len(item) != 1:
            self.report("wrong-kind", "a step is a mapping with one key", item.span, f"known: {', '.join(STEPS)}")
            return []
        key, value = item.items[0]
        if key.text not in STEPS:
            self.report("unknown-step", f'there is no step "{key.text}"', key.span, did_you_mean(key.text, STEPS))
            return []
        if key.text == "repeat":
            return self.repeat(value)
        made = self.single(key.text, value, item.span)
        return [made] if made is not None else []

    def repeat(self, value: Node) -> list[Step]:
        times = value.get("times") if isinstance(value, Map) else None
        count = times.value if isinstance(times, Scalar) and isinstance(times.value, int) else None
        if not isinstance(value, Map) or count is None or not 1 <= count <= MOST_REPEATS:
            self.report("out-of-range", f"repeat needs {{times: 1..{MOST_REPEATS}, steps: [...]}}", value.span)
            return []
        for key, _ in value:
            if key.text not in ("times", "steps"):
                help_ = did_you_mean(key.text, ("times", "steps"))
                self.report("unknown-key", f'repeat has no key "{key.text}"', key.span, help_)
        return self.steps(value.get("steps")) * count

    def single(self, key: str, value: Node, span: Span) -> Step | None:
        if key == "hang up":
            return HangUp(span)
        if key == "hear":
            return self.hear(value, span)
        text, options = _text_and_options(value, {"press": "digits", "say": "text"}.get(key, "text"))
        if text is None:
            self.report("bad-literal", f'"{key}" needs a text', value.span)
            return None
        if key == "press":
            return self.press(text, options, span)
        if key == "say":
            confidence = options.get("confidence", 1.0)
            return Speak(text, float(confidence) if isinstance(confidence, (int, float)) else 1.0, span)
        if key == "at":
            at = time_ms(text)
            if at is None:
                self.report("bad-literal", f'"{text}" is no time with an offset', value.span, "2026-03-02T09:15:00Z")
            return None if at is None else At(at, span)
        return self.wait(key, text, value, span)

    def press(self, text: str, options: Mapping[str, object], span: Span) -> Step | None:
        wrong = sorted(set(text) - set("0123456789*#ABCD"))
        if wrong:
            self.report("bad-literal", f'"{wrong[0]}" is no key of a phone', span, "0 to 9, * and #")
            return None
        gap = options.get("gap")
        return Press(text, duration_ms(str(gap)) or 120 if gap is not None else 120, span)

    def wait(self, key: str, text: str, value: Node, span: Span) -> Step | None:
        if key == "wait" and text in ("no_input", "prompt_end"):
            return Wait(None, text, span)
        ms = duration_ms(text)
        if ms is None:
            known = "no_input, prompt_end, or a time such as 10s" if key == "wait" else "a time such as 3s"
            self.report("bad-literal", f'"{text}" is not what "{key}" takes', value.span, known)
            return None
        return Wait(ms, None, span)

    def hear(self, value: Node, span: Span) -> Step | None:
        if isinstance(value, Scalar):
            return Hear(value.text, "contains", span)
        if isinstance(value, Map) and len(value) == 1:
            key, inner = value.items[0]
            if key.text in ("contains", "matches", "prompt", "not") and isinstance(inner, Scalar):
                return self.pattern(inner, span) if key.text == "matches" else Hear(inner.text, key.text, span)
        self.report("bad-literal", "hear takes a text, or one of contains, matches, prompt, not", value.span)
        return None

    def pattern(self, inner: Scalar, span: Span) -> Step | None:
        try:
            re.compile(inner.text)
        except re.error as error:
            self.report("syntax-pattern", f"the pattern does not compile: {error}", inner.span)
            return None
        return Hear(inner.text, "matches", span)


def _text_and_options(value: Node, key: str) -> tuple[str | None, Mapping[str, object]]:
    if isinstance(value, Scalar):
        return value.text, {}
    if isinstance(value, Map):
        main = value.get(key)
        options = {k.text: node.value for k, node in value if isinstance(node, Scalar)}
        return (main.text if isinstance(main, Scalar) else None), options
    return None, {}
