"""The desk's texts in the languages it speaks; a missing key falls back to English (desk.md §1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

LANGUAGES = ("en", "de")


@lru_cache(maxsize=8)
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language."""
    path = files("web.desk").joinpath("i18n", f"{language}.json")
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def preferred(chosen: str | None, accept: str | None) -> str:
    """The user's choice, else the browser's, else English."""
    wanted = [chosen or "", *((accept or "").replace(";", ",").split(","))]
    for tag in wanted:
        base = tag.strip().partition("-")[0].lower()
        if base in LANGUAGES:
            return base
    return "en"


class Texts:
    """Texts of one language, asked for by key; values are put into ``{places}``."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        text = catalogue(self.language).get(key) or catalogue("en").get(key) or key
        return text.format(**values) if values else text
