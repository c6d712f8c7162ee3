"""Which record pops, and why: the precedence of desk.md §4.1 as one pure function over participant data.

The walk asks ``exists`` for records, so that a record which is gone falls through to the next step, and keeps what
every step came to for *explain* (§4.3). Nothing is searched or opened here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Result = Literal["matched", "empty", "failed", "skipped"]
Kind = Literal["record", "url", "search", "page"]

URL_ATTRIBUTES = ("URLPop", "PT_URLPop", "pef_urlpop")
SEARCH_ATTRIBUTES = ("SearchValue", "PT_SearchValue", "pef_searchvalue")
LEAST_SEARCH = 3
_REFERENCE = re.compile(r"[^:\s]+:[^:\s]+:\S+\Z")


_Target = tuple[Kind, str, tuple[str, ...]]
_Found = tuple[tuple[Result, str], _Target | None]
_EMPTY: _Found = (("empty", ""), None)


@dataclass(frozen=True, slots=True)
class PopSettings:
    """Keys of ``screenpop:``: the record's attribute, hosts that a URL may name, whether the number is searched."""

    record_attribute: str = "crm.record"
    allowed_hosts: frozenset[str] = frozenset()
    plain_http_hosts: frozenset[str] = frozenset()
    ani_search: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What one source came to, in words that an agent can read."""

    source: str
    result: Result
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pop:
    """What to open: a record's reference, a URL, terms of which any may match, or the search page; and every step."""

    kind: Kind
    target: str
    terms: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def reason(self) -> str:
        """Why this one: the reason of the step that matched."""
        return next((step.reason for step in self.steps if step.result == "matched"), "")


def choose(
    attributes: Mapping[str, str],
    number: str,
    contact: str | None,
    exists: Callable[[str], bool],
    settings: PopSettings,
) -> Pop:
    """The pop for an interaction: the first source that holds something decides, the rest is skipped.

    ``contact`` is the reference of the contact that identity resolution has linked. Attribute names are found exactly
    first, then without regard to case (§3.1).
    """
    found: _Target | None = None
    steps: list[Step] = []
    sources: tuple[tuple[str, Callable[[], _Found]], ...] = (
        (settings.record_attribute, lambda: _record(attributes, settings.record_attribute, exists)),
        ("id_*", lambda: _first_id(attributes, exists)),
        ("URL", lambda: _url(attributes, settings)),
        ("search", lambda: _search(attributes)),
        ("cti_*", lambda: _cti(attributes, number, settings)),
        ("contact", lambda: _contact(contact, exists)),
    )
    for source, look in sources:
        if found is not None:
            steps.append(Step(source, "skipped", "an earlier source has decided"))
            continue
        step, found = look()
        steps.append(Step(source, *step))
    kind, target, terms = found or ("page", number, ())
    if found is None:
        steps.append(Step("search page", "matched", "nothing says which record; the search is filled with the number"))
    return Pop(kind, target, terms, tuple(steps))


def value_of(attributes: Mapping[str, str], name: str) -> str:
    """An attribute by exact name, else by name in any case; empty when there is none."""
    if name in attributes:
        return attributes[name].strip()
    folded = name.casefold()
    return next((value.strip() for key, value in attributes.items() if key.casefold() == folded), "")


def _record(attributes: Mapping[str, str], name: str, exists: Callable[[str], bool]) -> _Found:
    reference = value_of(attributes, name)
    if not reference:
        return _EMPTY
    if not _REFERENCE.match(reference):
        return ("failed", f"{name} is not of the form connector:type:id"), None
    if not exists(reference):
        return ("failed", f"record {reference} from {name} no longer exists"), None
    return ("matched", f"opened {reference} because participant data {name} names it"), ("record", reference, ())


def _first_id(attributes: Mapping[str, str], exists: Callable[[str], bool]) -> _Found:
    names = sorted(name for name in attributes if name.startswith("id_") and attributes[name].strip())
    return _record(attributes, names[0], exists) if names else _EMPTY


def _url(attributes: Mapping[str, str], settings: PopSettings) -> _Found:
    for name in URL_ATTRIBUTES:
        if url := value_of(attributes, name):
            if not may_open(url, settings.allowed_hosts, settings.plain_http_hosts):
                return ("failed", f"the address in {name} is not one that may be opened"), None
            return ("matched", f"opened the address in participant data {name}"), ("url", url, ())
    return _EMPTY


def _search(attributes: Mapping[str, str]) -> _Found:
    for name in SEARCH_ATTRIBUTES:
        if term := value_of(attributes, name).removeprefix("tel:"):
            if len(term) < LEAST_SEARCH:
                return ("failed", f"{name} is shorter than {LEAST_SEARCH} characters"), None
            return ("matched", f"searched for participant data {name}"), ("search", term, (term,))
    return _EMPTY


def _cti(attributes: Mapping[str, str], number: str, settings: PopSettings) -> _Found:
    named = [attributes[name].strip() for name in sorted(attributes) if name.startswith("cti_")]
    terms = tuple(dict.fromkeys(term for term in named if len(term) >= LEAST_SEARCH))
    if settings.ani_search and len(number) >= LEAST_SEARCH and number not in terms:
        terms = (*terms, number)
    if not terms:
        return _EMPTY
    return ("matched", "searched for any of " + ", ".join(terms)), ("search", terms[0], terms)


def _contact(contact: str | None, exists: Callable[[str], bool]) -> _Found:
    if contact is None:
        return _EMPTY
    if not exists(contact):
        return ("failed", f"the linked contact {contact} no longer exists"), None
    return ("matched", f"opened {contact} because the caller was identified as this contact"), ("record", contact, ())


def may_open(url: str, hosts: Collection[str], plain_http: Collection[str] = ()) -> bool:
    """Whether a URL may be opened for an agent: https on a listed host, http where listed, no credentials (§4.4)."""
    try:
        parts = urlsplit(url)
        host, port_is_fine = (parts.hostname or "").lower(), parts.port is None or parts.port > 0
    except ValueError:
        return False
    if "@" in parts.netloc or "\\" in url or not port_is_fine:
        return False
    return (parts.scheme == "https" and host in hosts) or (parts.scheme == "http" and host in plain_http)
