"""Text functions (functions.md, Text)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from dsl.expressions.compare import compare_texts
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.values import MAX_TEXT

if TYPE_CHECKING:
    from langdetect import DetectorFactory

_BLANKS = " \t\r\n"
_RELIABLE, _FEWEST_LETTERS = 0.75, 6
"""How probable a guess must be, and how long a text whose letters many languages write: a greeting could be any."""
_SHARED_LETTERS = re.compile(r"[A-Za-z\u00c0-\u024f\u0400-\u04ff]")
_PROFILES = {
    **{code: code for code in "ar cs da de el en es fr hu it ja ko nl no pl pt ru sk sv th tr uk".split()},
    "id": "ms",  # Malay has no profile of its own; Indonesian is written nearly the same
    "zh-cn": "zh",
    "zh-tw": "zh",
}
"""The detector's languages that can be an answer, and the code of each (functions.md, DetectLanguage)."""


def limited(text: str) -> str:
    """The text, unless it is too long to be one."""
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"the text has more than {MAX_TEXT:,} characters")
    return text


@implements("Append")
def append(*pieces: str | None) -> str:
    """Concatenation; NOT_SET pieces are empty."""
    return limited("".join([piece for piece in pieces if piece is not None]))


@implements("Compare")
def compare(left: str | None, right: str | None, ignore_case: bool = False) -> int:
    """-1, 0 or 1 in the culture-like order."""
    return compare_texts(left, right, ignore_case=ignore_case)


@implements("Contains", in_place=True)
def contains(text: str, wanted: str, ignore_case: bool = False) -> bool:
    """Whether ``wanted`` occurs."""
    return wanted.casefold() in text.casefold() if ignore_case else wanted in text


@implements("FindString", in_place=True)
def find_string(text: str, wanted: str) -> int:
    """The index of the first occurrence, -1 without one."""
    return text.find(wanted)


@implements("FindString.2")
def find_string_any_case(text: str, wanted: str, ignore_case: bool) -> int:
    """The same, without regard to case if asked."""
    return _occurrence(text, wanted, 1, ignore_case=ignore_case)


@implements("FindString.3", "FindString.4")
def find_occurrence(text: str, wanted: str, number: int, ignore_case: bool = False) -> int:
    """The index of the n-th occurrence; overlapping ones count."""
    return _occurrence(text, wanted, number, ignore_case=ignore_case)


def _occurrence(text: str, wanted: str, number: int, *, ignore_case: bool) -> int:
    if wanted == "":
        return 0
    places: Sequence[int] = range(len(text))
    if ignore_case:
        # A letter may fold to several ("ß" to "ss"): places leads from the folded text back to the author's.
        folded = [char.casefold() for char in text]
        places = [place for place, chars in enumerate(folded) for _ in chars]
        text, wanted = "".join(folded), wanted.casefold()
    index = -1
    for _ in range(number):
        index = text.find(wanted, index + 1)
        if index < 0:
            return -1
    return places[index]


@implements("Left", in_place=True)
def left(text: str, length: int) -> str:
    """The first characters."""
    return text[:length]


@implements("Right")
def right(text: str, length: int) -> str:
    """The last characters."""
    return text[-length:] if length else ""


@implements("Length", in_place=True)
def length(text: str) -> int:
    """The number of code points."""
    return len(text)


@implements("Lower", in_place=True)
def lower(text: str) -> str:
    """Lower case."""
    return text.lower()


@implements("Upper", in_place=True)
def upper(text: str) -> str:
    """Upper case."""
    return text.upper()


@implements("Trim", in_place=True)
def trim(text: str) -> str:
    """Without blanks at both ends."""
    return text.strip(_BLANKS)


@implements("LTrim", in_place=True)
def left_trim(text: str) -> str:
    """Without blanks at the start."""
    return text.lstrip(_BLANKS)


@implements("RTrim", in_place=True)
def right_trim(text: str) -> str:
    """Without blanks at the end."""
    return text.rstrip(_BLANKS)


@implements("Replace")
def replace(text: str, wanted: str, replacement: str | None) -> str:
    """Every occurrence replaced; nothing is found in place of nothing."""
    return limited(text.replace(wanted, replacement or "")) if wanted else text


@implements("Reverse", in_place=True)
def reverse(text: str) -> str:
    """The characters backwards."""
    return text[::-1]


@implements("Split")
def split(text: str, delimiter: str) -> tuple[str, ...]:
    """The pieces between delimiters; an empty delimiter gives the characters."""
    return tuple(text.split(delimiter)) if delimiter else tuple(text)


@implements("Substring", in_place=True)
def substring(text: str, start: int, count: int) -> str:
    """A part of the text, clipped to it."""
    return text[start : start + count]


@implements("DetectLanguage")
def detect_language(text: str | None, default: str | None) -> str | None:
    """The two-letter code of the text's language, else the default."""
    if text is None or not text.strip():
        return default
    found = _detect(text)
    return found if found is not None else default


@lru_cache(maxsize=256)
def _detect(text: str) -> str | None:
    from langdetect import LangDetectException

    if sum(map(str.isalpha, text)) == len(_SHARED_LETTERS.findall(text)) < _FEWEST_LETTERS:
        return None
    factory = _detectors()
    detector = factory.create()
    detector.set_prior_map(dict.fromkeys(set(_PROFILES) & set(factory.langlist), 1.0))
    detector.append(text)
    try:
        guesses = detector.get_probabilities()
    except LangDetectException:
        return None  # nothing but digits and signs
    return _PROFILES[guesses[0].lang] if guesses and guesses[0].prob >= _RELIABLE else None


@lru_cache(maxsize=1)
def _detectors() -> DetectorFactory:
    from langdetect import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.seed = 0  # the same text gives the same answer on every machine
    return factory
