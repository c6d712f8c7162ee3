"""What a program may look up by name in the middle of an expression: the organisation as it was when the
execution began."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from dsl.expressions.values import Duration, Entity


class Directory(Protocol):
    """Organisation objects by type code."""

    def find(self, kind: str, name: str) -> Entity | None:
        """The one object by name, whatever its case; users by e-mail address."""

    def by_id(self, kind: str, identity: str) -> Entity | None:
        """The object by id."""

    def prompt_text(self, name: str, language: str) -> str | None:
        """The words of a prompt (``Prompt.Hello``, ``PromptSystem.x``) in a language."""

    def estimated_wait(self, queue: str) -> Duration | None:
        """The estimated wait of a queue by name or id."""


class NoDirectory:
    """No organisation: every name is taken as that of an object, whose id follows from kind and name."""

    def find(self, kind: str, name: str) -> Entity | None:
        return _named(kind, name)

    def by_id(self, kind: str, identity: str) -> Entity | None:
        return None

    def prompt_text(self, name: str, language: str) -> str | None:
        return None

    def estimated_wait(self, queue: str) -> Duration | None:
        return None


@lru_cache(maxsize=1024)
def _named(kind: str, name: str) -> Entity:
    identity = str(uuid5(NAMESPACE_URL, f"{kind}:{name.casefold()}"))
    return Entity(kind, identity, name, name if kind == "usr" else None)
