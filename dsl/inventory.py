"""What a flow may ask of the world it will run in: names and contracts, never services.

``dsl`` knows no organisation and no connector. Whoever has them (the project loader, a test, an embedding
program) fills this value; a missing catalogue is ``None`` and then nothing about it is reported, an empty one
means that there is none of the kind.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from dsl.source.text import Span


@dataclass(frozen=True, slots=True)
class Field:
    """One input or output of a data action, as a flow sees it after flattening (data-actions.md §7.1).

    ``type`` is a type code of the expression language (``str``, ``int_coll`` ...).
    """

    name: str
    type: str
    required: bool = False
    description: str = ""
    sensitive: bool = False
    """Marked: it must not decide where a call goes (data-actions.md §9.1)."""


@dataclass(frozen=True, slots=True)
class ActionContract:
    """A data action by ``integration`` and ``name`` with its inputs and outputs."""

    integration: str
    name: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    secure: bool = False
    open_outputs: bool = False
    """Whether outputs beyond the listed ones may exist (an open object in the contract)."""

    span: Span | None = None


@dataclass(frozen=True, slots=True)
class FlowInterface:
    """What another flow or module offers: its inputs and outputs by the names of its variables, types as codes; None
    where nobody knows them."""

    name: str
    type: str
    inputs: Mapping[str, str] | None = None
    outputs: Mapping[str, str] | None = None
    compatible_flow_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything a checker may ask.

    ``names`` holds the organisation's names by kind: ``queue``, ``skill``, ``language-skill``, ``user``,
    ``group``, ``prompt``, ``schedule``, ``schedule-group``, ``emergency-group``, ``wrapup-code``, ``script``,
    ``flow-outcome``, ``division``, ``grammar``, ``utilization-label``; ``data_tables`` maps a table to its
    columns and their type codes; ``actions`` is keyed by (integration, action), both case-folded; ``flows`` by whatever
    tells them apart: their names, where no two of different types are called alike.
    """

    names: Mapping[str, frozenset[str]] | None = None
    data_tables: Mapping[str, Mapping[str, str]] | None = None
    actions: Mapping[tuple[str, str], ActionContract] | None = None
    integrations: frozenset[str] | None = None
    flows: Mapping[str, FlowInterface] | None = None
    sensitive_attributes: frozenset[str] = frozenset()
    """Participant attributes that may hold sensitive values."""

    def flow(self, name: str, types: Container[str] = ()) -> FlowInterface | None:
        """A flow by its name, compared without regard to case; where flows of several types are called so, one of
        ``types`` first."""
        alike = [known for known in (self.flows or {}).values() if known.name.casefold() == name.casefold()]
        return next((known for known in alike if known.type in types), alike[0] if alike else None)

    def known(self, kind: str) -> frozenset[str] | None:
        """Names of a kind, or None when nothing is known about that kind."""
        return None if self.names is None else self.names.get(kind)

    def action(self, integration: str, name: str) -> ActionContract | None:
        """The contract of a data action, names compared without regard to case."""
        if self.actions is None:
            return None
        return self.actions.get((integration.casefold(), name.casefold()))


NOTHING_KNOWN = Inventory()
"""An inventory without any catalogue: the language itself is still checked."""
