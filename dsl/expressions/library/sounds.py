"""Audio and communications: trees of what is to be said (functions.md, Audio and §4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

from dsl.expressions.context import Context
from dsl.expressions.library.documents import scalar
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.speech import plain_text
from dsl.expressions.text_of import to_text
from dsl.expressions.values import (
    Audio,
    Blank,
    Communication,
    Currency,
    Duration,
    Entity,
    Json,
    Markup,
    Part,
    PhoneNumber,
    Played,
    Spoken,
)

_SEPARATORS = re.compile(r"[\s.()/-]")
BLANK = Audio((Blank(0),))
MOST_PARTS = 1_000
"""As many parts as what is said at once may have."""


def _bounded(parts: Iterable[Part]) -> tuple[Part, ...]:
    found = tuple(islice(parts, MOST_PARTS + 1))
    if len(found) > MOST_PARTS:
        raise ExpressionError(f"there are more than {MOST_PARTS:,} parts to be said")
    return found


def played(prompt: Entity) -> Audio:
    """A prompt as audio."""
    return Audio((Played(prompt.name, prompt.properties.get("text")),))


def _parts(piece: Audio | Entity | None) -> tuple[Part, ...]:
    if piece is None:
        return ()
    return piece.parts if isinstance(piece, Audio) else played(piece).parts


@implements("Append.2")
def append(*pieces: Audio | Entity | None) -> Audio:
    """Prompts and audio one after the other."""
    return Audio(_bounded(part for piece in pieces for part in _parts(piece)))


@implements("AudioPlaybackOptions")
def playback(audio: Audio | Entity, barge_in: bool, flush: bool = False) -> Audio:
    """Whether the caller may interrupt."""
    return Audio(_parts(audio), barge_in)


@implements("ToAudio")
def to_audio(prompt: Entity | None) -> Audio:
    """A prompt; NOT_SET is blank."""
    return BLANK if prompt is None else played(prompt)


@implements("ToAudioBlank")
def blank(ms: int) -> Audio:
    """Silence."""
    return Audio((Blank(ms),))


def spoken(kind: str, value: Any, **how: Any) -> Audio:
    """One thing said; NOT_SET is blank."""
    return BLANK if value is None else Audio((Spoken(kind, value, **how),))


def _format(constant: str | None) -> str | None:
    return None if constant is None else constant.rpartition(".")[2]


def _simple(function: str, kind: str) -> None:
    @implements(function)
    def say(value: Any, constant: str | None = None) -> Audio:
        return spoken(kind, value, format=_format(constant))


for _function, _kind in {
    "ToAudioBool": "bool",
    "ToAudioDate": "date",
    "ToAudioDateTime": "datetime",
    "ToAudioDuration": "duration",
    "ToAudioTime": "time",
    "ToAudioPercent": "percent",
}.items():
    _simple(_function, _kind)


@implements("ToAudioTTS")
def tts(text: str | None) -> Audio:
    """Words in the running language."""
    return spoken("text", text)


@implements("ToAudioTTS.2")
def tts_in(text: str | None, language: str) -> Audio:
    """Words in a language."""
    return spoken("text", text, language=language)


@implements("ToAudioTTS.3")
def tts_spelled(text: str | None, constant: str) -> Audio:
    """Character by character."""
    return spoken("characters", text)


@implements("ToAudioPercent.3")
def percent_with_places(value: Decimal | None, places: int) -> Audio:
    """A percentage with so many places."""
    return spoken("percent", value, places=places)


@implements("ToAudioCurrency")
def currency(value: Currency | None, constant: str | None = None) -> Audio:
    """An amount in words."""
    return spoken("currency", value, format=_format(constant))


@implements("ToAudioCurrency.3")
def currency_with_places(value: Currency | None, places: int) -> Audio:
    """An amount as a decimal number of major units."""
    return spoken("currency", value, places=places)


def _number(value: Any, constant: str | None, places: int | None, context: tuple[str, ...]) -> Audio:
    kind = "digits" if _format(constant) == "playDigits" else "number"
    return spoken(kind, value, places=places, context=tuple(_format(item) or "" for item in context))


@implements("ToAudioNumber.1", "ToAudioNumber.2", "ToAudioNumber.5", "ToAudioNumber.6")
def number(value: Any, *context: str) -> Audio:
    """A number in words."""
    return _number(value, None, None, context)


@implements("ToAudioNumber.3", "ToAudioNumber.4", "ToAudioNumber.7", "ToAudioNumber.8")
def number_in_format(value: Any, constant: str, *context: str) -> Audio:
    """A number digit by digit."""
    return _number(value, constant, None, context)


@implements("ToAudioNumber.9", "ToAudioNumber.10")
def number_with_places(value: Any, places: int, *context: str) -> Audio:
    """A number with so many places."""
    return _number(value, None, places, context)


@implements("ToAudioNumber.11", "ToAudioNumber.12")
def number_in_format_with_places(value: Any, constant: str, places: int, *context: str) -> Audio:
    """A number digit by digit with so many places."""
    return _number(value, constant, places, context)


@implements("ToAudioNumberOrdinal")
def ordinal(value: int | None, *context: str) -> Audio:
    """First, second, third."""
    return spoken("ordinal", value, context=tuple(_format(item) or "" for item in context))


@implements("ToAudioPhoneNumber")
def phone(value: PhoneNumber | None, constant: str | None = None) -> Audio:
    """A number digit by digit; a SIP address is blank."""
    if value is not None and value.scheme != "tel":
        return BLANK
    return spoken("phone", value, format=_format(constant) or "global")


@implements("ToAudioPhoneNumber.3")
def phone_from(value: PhoneNumber | None, dialing_code: str | None) -> Audio:
    """The local form for callers of the number's own country."""
    from dsl.expressions.phone import phone_property

    own = value is not None and dialing_code is not None and phone_property(value, "dialingCode") == dialing_code
    return phone(value, "Format.PhoneNumber.local" if own else None)


@implements("ToAudioPhoneNumber.4")
def phone_text(value: str | None) -> Audio:
    """The characters of a text; what only separates them is not said."""
    return spoken("characters", None if value is None else _SEPARATORS.sub("", value))


@implements("ToAudioTimeRange")
def time_range(low: int, high: int, part: str | None) -> Audio:
    """From a to b minutes."""
    return spoken("range", (min(low, high), max(low, high)), format=_format(part) or "minutes")


# Communications.


@implements("ToCommunication")
def to_communication(value: Any, constant: str | None = None) -> Communication:
    """A value as something to tell; NOT_SET is nothing."""
    if isinstance(value, Communication):
        return value
    if isinstance(value, Audio):
        return Communication(value.parts)
    if isinstance(value, Entity) and value.kind == "pmt":
        return Communication(played(value).parts)
    if constant is not None:
        value = scalar(value)
    if value is None or value == Json(None):
        return Communication(())
    return Communication((Spoken(_kind_of(value, constant), value, format=_format(constant)),))


SHAPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "Date": ("date", (date,)),
    "Time": ("time", (time, datetime)),
    "String": ("characters", (str,)),
    "Number": ("digits", (int, Decimal)),
    "Currency": ("currency", (Currency,)),
    "PhoneNumber": ("phone", (PhoneNumber,)),
    "Bool": ("bool", (bool,)),
}
"""What a family of ``Format`` constants makes of a value, and of which values (a DateTime is a date too)."""
FAMILY_OF_KIND: Mapping[str, str] = {kind: family for family, (kind, _) in SHAPES.items()}
"""The family of ``Format`` constants that makes such a part of a value."""
_KINDS: Mapping[type, str] = {
    bool: "bool",
    int: "number",
    Decimal: "number",
    Currency: "currency",
    Duration: "duration",
    datetime: "datetime",
    date: "date",
    time: "time",
    PhoneNumber: "phone",
}


def _kind_of(value: Any, constant: str | None) -> str:
    if constant is None:
        return _KINDS.get(type(value), "text")
    family = constant.split(".")[1]
    kind, shaped = SHAPES[family]
    if not isinstance(value, shaped) or (isinstance(value, bool) and bool not in shaped):
        raise ExpressionError(f'"{to_text(value)}" cannot be shaped by Format.{family}')
    return kind


@implements("MakeCommunication")
def make_communication(*parts: Any) -> Communication:
    """Parts one after the other."""
    return Communication(_bounded(part for piece in parts for part in to_communication(piece).parts))


@implements("ToCommunicationBlank")
def communication_blank(ms: int) -> Communication:
    """A pause."""
    return Communication((Blank(ms),))


@implements("ToCommunicationSsml")
def ssml(text: str | None) -> Communication:
    """Marked-up speech."""
    return Communication(() if text is None else (Markup(text),))


@implements("ToString.12", context=True)
def communication_text(ctx: Context, value: Communication | None) -> str | None:
    """What a text channel shows in the running language."""
    return None if value is None else plain_text(value.parts, ctx.language)


@implements("ToDisplayString.4", context=True)
def communication_shown(ctx: Context, value: Communication | None) -> str:
    """The same; NOT_SET is empty."""
    return communication_text(ctx, value) or ""


@implements("ToDisplayString")
def display(value: Any) -> str:
    """The text that is shown; NOT_SET is empty."""
    if isinstance(value, tuple):
        return ", ".join(text for item in value if (text := to_text(item)))
    return to_text(value) or ""
