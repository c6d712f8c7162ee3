"""Prompts: what is said under a name, language by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contactcenter.organisation.reading import Reader
from contactcenter.organisation.things import METADATA, Thing, extended
from dsl.source import Map

RESOURCE_KEYS = (*METADATA, "language", "text", "ttsString", "mediaUri", "durationSeconds", "tags", "uploadStatus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Thing):
    """A prompt; ``texts`` maps folded language tags to words, ``*`` stands for every language."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def text_in(self, language: str) -> str | None:
        """The words in a language, else in another region of it, else in whatever is first."""
        wanted = language.casefold().replace("_", "-")
        if wanted in self.texts:
            return self.texts[wanted]
        base = wanted.partition("-")[0]
        related = next((text for tag, text in self.texts.items() if tag.partition("-")[0] == base), None)
        return related or self.texts.get("*") or next(iter(self.texts.values()), None)


def read_prompt(body: Map, thing: Thing, reader: Reader) -> Prompt:
    """``resources`` as the vendor has them, or in short ``texts: {en-US: ...}`` or ``text: ...``."""
    what = f'the prompt "{thing.name}"'
    reader.keys(body, (*METADATA, "resources", "texts", "text", "currentOperation"), what)
    texts: dict[str, str] = {}
    for item in reader.items(body.get("resources"), f'"resources" of {what}'):
        resource = reader.mapping(item, "a resource")
        if resource is None:
            continue
        reader.keys(resource, RESOURCE_KEYS, f"a resource of {what}")
        language = reader.text(resource.get("language"), '"language"')
        words = reader.text(resource.get("ttsString") or resource.get("text"), '"ttsString"')
        if language is None:
            reader.report("missing-parameter", f'a resource of {what} has no "language"', resource.span)
        elif words is not None:
            texts[language.casefold()] = words
    for key, value in reader.mapping(body.get("texts"), f'"texts" of {what}') or ():
        words = reader.text(value, f"the text in {key.text}")
        if words is not None:
            texts[key.text.casefold()] = words
    everywhere = reader.text(body.get("text"), f'"text" of {what}')
    if everywhere is not None:
        texts["*"] = everywhere
    return extended(
        thing,
        Prompt,
        texts=texts,
    )
