"""What an expression can see: the variables of its place in the flow, the flow's type and language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.expressions.types import Type


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared variable in its proper spelling (``Flow.tier``)."""

    name: str
    type: Type
    is_secure: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Variables by their name in lower case; ``flow_type`` None knows all built-ins.

    With ``open`` an unknown variable is of type Any and no finding (``callwright eval``). ``names`` holds the
    organisation's prompts in their spelling, where they are known.
    """

    variables: Mapping[str, Declared] = field(default_factory=dict)
    flow_type: str | None = None
    open: bool = False
    prompts: Mapping[str, str] | None = None

    def variable(self, name: str) -> Declared | None:
        """A declared variable by name in any case."""
        return self.variables.get(name.lower())
