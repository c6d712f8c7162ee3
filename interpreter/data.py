"""Participant data, outcomes, language, headers (flow-format.md §9.1, §9.3, §9.4; conversations.md §5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dsl.expressions.text_of import to_text
from dsl.expressions.values import Entity, Json, Secure
from interpreter.commands import SetHeaders
from interpreter.core import Core, FlowError

MAX_NAME, MAX_VALUE, MAX_NAMES, MAX_ALL = 200, 32_000, 200, 64_000
MAX_OUTCOMES = 100
_TEXT = frozenset({str})
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Data(Core):
    """What a flow writes down besides its variables."""

    def set_attributes(self, site: int, pairs: Sequence[tuple[Any, Any]]) -> None:
        """Write participant data into the buffer; NOT_SET is written as an empty text."""
        written: dict[str, Any] = {}
        for name, value in pairs:
            if not name:
                raise FlowError("runtime-expression", "the participant data has no name")
            written[name] = value
        self.set_named_attributes(site, written)

    def set_named_attributes(self, site: int, written: dict[str, Any]) -> None:
        """The same by names that are known, none of them empty; ``written`` belongs to this call."""
        if not _TEXT.issuperset(map(type, written.values())):
            for name, value in written.items():
                written[name] = value if type(value) is str else _attribute(name, value)
        attributes = {**self.state.attributes, **written}
        whole = "".join((*attributes, *attributes.values()))
        # All together are shorter than one may be, and without a character that has to be looked at.
        is_fine = len(whole) <= MAX_NAME and len(attributes) <= MAX_NAMES and whole.isascii() and "\0" not in whole
        if not is_fine:
            _check_attributes(attributes, written, whole)
        self.state.attributes = attributes
        self.trace.append(("note", site, {"result": written}))

    def attribute(self, name: Any) -> str | None:
        """Participant data as this flow sees it: its own buffer first."""
        if name in self.state.attributes:
            return self.state.attributes[name]
        return self.state.known.get(name)

    def outcome(self, name: str | None, value: str) -> None:
        """Record a flow outcome or milestone; applied when the flow ends."""
        outcomes = self.state.outcomes
        if name and (name in outcomes or len(outcomes) < MAX_OUTCOMES):
            self.state.outcomes = {**outcomes, name: value}
            self.note(self.site, result={name: value})

    def set_language(self, language: Any) -> None:
        """Takes effect after the current task (flow-format.md §9.3)."""
        text = self.required(language, "the language").lower()
        if text not in {tag.lower() for tag in self.supported_languages}:
            raise FlowError("runtime-expression", f'the flow does not support the language "{text}"')
        self.state.next_language = text

    def set_intent(self, intent: Any) -> None:
        """The active intent of a bot."""
        self.state.builtins = {**self.state.builtins, "session.activeintent": intent}

    def remember_wrapup(self, code: Any) -> None:
        """The wrap-up code that is applied when the flow ends."""
        self.state.wrapup_code = code.name if isinstance(code, Entity) else code

    # Headers of the call.

    def write_headers(self, uui: Any) -> None:
        """User-to-user information for the next transfer or hang-up."""
        values = {"User-to-User": uui or ""}
        self.commands.append(SetHeaders(values))
        self.note(self.site, result=values)

    def read_headers(self, names: Sequence[Any]) -> str:
        """Headers of the call by name, whatever their case; gives the path to take."""
        known = {name.lower(): value for name, value in self.state.headers.items()}
        found = {name: known[name.lower()] for name in names if name and name.lower() in known}
        return self._headers(Json(found) if known else None)

    def read_raw_headers(self) -> str:
        """All headers as one text; gives the path to take."""
        return self._headers("\r\n".join(f"{name}: {value}" for name, value in self.state.headers.items()) or None)

    def _headers(self, value: Any) -> str:
        self.reply_outputs = {"headers": value}
        self.reply_failure = {"errorType": "NoHeaders", "errorMessage": "the call has no SIP headers"}
        self.reply_path = "failure" if value is None else "success"
        return self.reply_path


def _attribute(name: str, value: Any) -> str:
    if type(value) is Secure:
        raise FlowError("secure-value", f'a secure value cannot be stored as participant data "{name}"')
    return to_text(value) or ""


def _check_attributes(attributes: Mapping[str, str], written: Mapping[str, str], whole: str) -> None:
    """Refuse what cannot be kept: only what is ``written`` can be too long or no text, all together too much."""
    for name, value in written.items():
        if len(name) > MAX_NAME or len(value) > MAX_VALUE:
            raise _unstorable(name)
    if not whole.isascii() or "\0" in whole:
        for name, value in written.items():
            if _UNSTORABLE.search(name + value):
                raise _unstorable(name)
    is_much = 4 * len(whole) > MAX_ALL and len(whole.encode()) > MAX_ALL  # a character takes 4 bytes at the most
    if len(attributes) > MAX_NAMES or is_much:
        raise FlowError("limit-exceeded", "there is too much participant data")


def _unstorable(name: str) -> FlowError:
    message = f"the participant data {name[:40]!a} is too long or cannot be stored as text"
    return FlowError("limit-exceeded", message)
