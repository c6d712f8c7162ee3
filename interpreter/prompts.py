"""From audio values to the prompts of commands: words of the running language (telephony.md §3.1)."""

from __future__ import annotations

from typing import Any

from dsl.expressions.speech import say
from dsl.expressions.text_of import to_text
from dsl.expressions.values import Audio, Blank, Communication, Entity, Played, Spoken
from interpreter.commands import Prompt, Recording, Silence, Text
from interpreter.directory import Directory

_SPOKEN_KINDS = {"characters": "characters", "digits": "digits", "phone": "digits", "ordinal": "number"}


def to_prompts(value: Any, language: str, directory: Directory) -> list[Prompt]:
    """The prompts of an audio value, a communication, a prompt or a text; NOT_SET is nothing."""
    if value is None:
        return []
    if isinstance(value, str):
        return [Text(value, language)] if value else []
    if isinstance(value, Entity):
        return [_recording(value.name, language, directory, barge_in=True)]
    if not isinstance(value, (Audio, Communication)):
        return [Text(to_text(value) or "", language)]
    barge_in = not isinstance(value, Audio) or value.barge_in is not False
    found: list[Prompt] = []
    for part in value.parts:
        if isinstance(part, Spoken):
            words = say(part, language)
            if words:
                found.append(_spoken(part, words, language, barge_in))
        elif isinstance(part, Blank):
            if part.ms:
                found.append(Silence(part.ms, barge_in))
        elif isinstance(part, Played):
            found.append(_recording(part.name, language, directory, barge_in=barge_in, text=part.text))
        elif words := say(part, language):
            found.append(Text(words, language, None, barge_in))
    return found


def _spoken(part: Spoken, words: str, language: str, barge_in: bool) -> Text:
    """Words, with what they came from where that is more than a text."""
    if part.kind == "text":
        return Text(words, part.language or language, None, barge_in)
    kind = _SPOKEN_KINDS.get(part.kind, part.kind)
    return Text(words, part.language or language, None, barge_in, kind, to_text(part.value))


def _recording(name: str, language: str, directory: Directory, *, barge_in: bool, text: str | None = None) -> Recording:
    words = directory.prompt_text(name, language) or text or _readable(name)
    return Recording(name, words, language, None, barge_in)


def _readable(name: str) -> str:
    """A prompt without a transcript, named so that a reader knows what is played."""
    return f"[{name.partition('.')[2].replace('_', ' ') or name}]"


def heard(prompts: list[Prompt] | tuple[Prompt, ...]) -> str:
    """What is heard, as one line of text."""
    words = [p.text if isinstance(p, Text) else p.transcript for p in prompts if not isinstance(p, Silence)]
    return " ".join(word for word in words if word)
