"""Following the pages of a list (crm-apis.md §3, data-actions.md §10.7).

``x-callwright.paging`` of an action names the ``list`` to add to and one way onward: ``next``, the path of a link
(absolute, from the origin, or relative to ``root``), ``cursor``, the path of a value that goes into the input
``input``, or ``by``, what goes there is counted here: ``offset`` (entries so far) or ``page`` (1, 2 ...). ``more`` is
the path of a flag that must hold, ``total`` of the number of all entries, ``most`` the number at which to stop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from connectors.translation import NOT_FOUND, compile_path, parse_json
from connectors.transport.egress import BlockedError, target_of

MOST = 200
MAX_PAGES = 50


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the next page is: a whole URL, or the inputs of the same request."""

    url: str | None = None
    inputs: Mapping[str, Any] | None = None


class Pages:
    """The pages of one answer, put together."""

    def __init__(self, settings: Mapping[str, Any], text: str) -> None:
        self._settings = settings
        self.document: Any = parse_json(text, "the response")
        self._count = 1
        self._last = self.document
        self._repeats = False  # a system that does not know the parameter sends its first page for ever

    def add(self, text: str) -> None:
        """A further page."""
        page = parse_json(text, "a further page")
        entries, more = self._entries(self.document), self._entries(page)
        self._repeats = "by" in self._settings and more == self._entries(self._last)
        if entries is not None and more is not None and not self._repeats:
            entries.extend(more)
        self._last = page
        self._count += 1

    @property
    def text(self) -> str:
        """Everything so far as one document, with at most ``most`` entries."""
        entries = self._entries(self.document)
        if entries is not None:
            del entries[self._most :]
        return json.dumps(self.document, ensure_ascii=False)

    def onward(self, root: str, inputs: Mapping[str, Any]) -> Onward | None:
        """The next page, None at the end; raises ``BlockedError`` for a link to another origin."""
        entries = self._entries(self.document)
        if entries is None or not self._entries(self._last) or len(entries) >= self._most or self._count >= MAX_PAGES:
            return None
        if self._repeats or (self._settings.get("more") is not None and self._read("more") is not True):
            return None
        link = self._read("next")
        if isinstance(link, str) and link:
            target = urljoin(root, link)
            if target_of(target).origin != target_of(root).origin:
                raise BlockedError("the link to the next page leads to another system")
            return Onward(url=target)
        value = self._counted(entries) if "by" in self._settings else self._read("cursor")
        if value not in (None, "", NOT_FOUND):
            return Onward(inputs={**inputs, str(self._settings.get("input", "after")): value})
        return None

    def _counted(self, entries: list[Any]) -> int | None:
        total = self._read("total")
        if isinstance(total, int) and len(entries) >= total:
            return None
        return len(entries) if self._settings["by"] == "offset" else self._count + 1

    @property
    def _most(self) -> int:
        most = self._settings.get("most")
        return most if isinstance(most, int) else MOST

    def _entries(self, document: Any) -> list[Any] | None:
        found = compile_path(str(self._settings.get("list", "$"))).read(document)
        return found if isinstance(found, list) else None

    def _read(self, name: str) -> Any:
        path = self._settings.get(name)
        return compile_path(str(path)).read(self._last) if path is not None else None
