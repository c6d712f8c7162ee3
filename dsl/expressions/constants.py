"""Constants: the members of ``Format``, ``Language`` and ``System``, and the registers that those of ``System`` are
taken from (expressions.md §3, §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from dsl.expressions.builtins import CONSTANTS, DAYS

_SPELLINGS = {"phonenumber": "PhoneNumber", "timepart": "TimePart", "datetime": "DateTime"}
_DISPOSITIONS = {"error": "error", "optout": "optOut"}
_WITHOUT_TELEPHONES = frozenset("AQ BV GS HM PN TF UM".split())
"""Countries of ISO 3166 that have no numbers of their own."""


def proper_container(lowered: str) -> str:
    """A container in its proper spelling (``Format.PhoneNumber``)."""
    return ".".join(_SPELLINGS.get(part, part.capitalize()) for part in lowered.split("."))


def internal_name(container: str, member: str) -> str:
    """The name that a member of a container has in compiled flows (``dateShortYear``)."""
    last = container.rpartition(".")[2]
    return last[:1].lower() + last[1:] + member[:1].upper() + member[1:]


@lru_cache(maxsize=1)
def format_constants() -> Mapping[str, str]:
    """The constants of ``Format`` by their internal names."""
    containers = [(proper_container(name), members) for name, (*_, members) in CONSTANTS.items()]
    return {
        internal_name(container, member): f"{container}.{member}"
        for container, members in containers
        if container.startswith("Format.")
        for member in members
    }


@lru_cache(maxsize=8)
def system_members(container: str) -> Mapping[str, str]:
    """The members of a container of ``System``, proper spellings by lower case; ``container`` is in lower case."""
    if container == "system.currencies":
        names: Iterable[str] = listed("ISO4217")
    elif container == "system.languages":
        names = (tag.replace("-", "") for tag in listed("SupportedTTSLangs"))
    elif container == "system.regions":
        from phonenumbers import SUPPORTED_REGIONS

        names = SUPPORTED_REGIONS | _WITHOUT_TELEPHONES
    else:
        names = ("dayOfWeek",) if container == "system.datetime" else ("Dispositions",)
    return {name.lower(): name for name in names}


def system_value(kind: str, name: str, wanted: str) -> str | int | None:
    """The value of ``System.Currencies.USD.code`` and the like; None when there is no such thing."""
    lowered = wanted.lower()
    if kind == "cst_DateTime":
        return DAYS.index(lowered) + 1 if lowered in DAYS else None
    if kind == "cst_Currencies" and lowered == "code":
        return name.upper()
    if kind == "cst_Languages" and lowered == "tag":
        return _tags().get(name.lower())
    if kind == "cst_Survey":
        return _DISPOSITIONS.get(lowered)
    if kind == "cst_Regions" and lowered == "countrycode":
        return name.upper()
    if kind == "cst_Regions" and lowered == "dialingcode":
        from phonenumbers import country_code_for_region

        return str(country_code_for_region(name.upper()) or "") or None
    return None


def system_properties(kind: str) -> tuple[str, ...]:
    """What ``system_value`` knows of a kind of constant."""
    known = {
        "cst_DateTime": DAYS,
        "cst_Currencies": ("code",),
        "cst_Languages": ("tag",),
        "cst_Regions": ("countryCode", "dialingCode"),
        "cst_Survey": tuple(_DISPOSITIONS.values()),
    }
    return known[kind]


@lru_cache(maxsize=1)
def _tags() -> Mapping[str, str]:
    return {tag.replace("-", "").lower(): tag.lower() for tag in listed("SupportedTTSLangs")}


@lru_cache(maxsize=4)
def listed(which: str) -> frozenset[str]:
    """The values that a literal is looked up in: currency codes, language tags, dialing codes."""
    if which == "ISO4217":
        from babel.numbers import list_currencies

        return frozenset(list_currencies())
    if which == "DialingCodes":
        from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

        return frozenset(str(code) for code in COUNTRY_CODE_TO_REGION_CODE)
    return _language_tags()


def _language_tags() -> frozenset[str]:
    """All tags, also those that leave the script to be understood: ``zh-CN`` beside ``zh-Hans-CN``."""
    from babel.core import LOCALE_ALIASES
    from babel.localedata import locale_identifiers

    tags = {tag.replace("_", "-") for tag in (*locale_identifiers(), *LOCALE_ALIASES.values(), *_OTHER_TAGS)}
    parts = [tag.split("-") for tag in tags]
    scripts = [part for part in parts if len(part) == 3 and len(part[1]) == 4]
    return frozenset(tags | {f"{language}-{region}" for language, _, region in scripts})


_OTHER_TAGS = ("no-NO", "tl-PH", "yue-CN", "yue-HK", "cmn-CN", "cmn-TW")
"""Older names that engines still go by."""
