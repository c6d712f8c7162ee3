"""Customers on a store in memory, with a clock that stands still until it is moved."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contactcenter.customers import Customers, settings_from
from contactcenter.customers.contacts import Contact
from contactcenter.customers.wire import from_iso
from contactcenter.organisation import load_organisation
from dsl.source import Source
from store import MemoryStore, Store, open_store

CRM = """
crm:
  fields:
    - {name: tier, type: text}
    - {name: products, type: tag}
    - {name: nps, type: integer}
    - {name: priorityAccount, type: checkbox}
    - {name: iban, type: identifier, sensitive: true}
    - {name: colour, type: enum, options: [red, blue]}
  objects:
    vehicle: {label: Vehicle, fields: {plate: identifier}, title: plate, status: [active, sold]}
"""
NUMBER = "+1 803-123-0000"


@dataclass
class Clock:
    """UTC ms that only moves when told."""

    at: int = from_iso("2026-06-01T12:00:00Z")

    def __call__(self) -> int:
        return self.at

    def set(self, text: str) -> None:
        self.at = from_iso(text)

    def forward(self, *, days: float = 0, ms: int = 0) -> None:
        self.at += round(days * 86_400_000) + ms


@dataclass
class World:
    """Customers with a clock, and short ways of making contacts."""

    customers: Customers
    clock: Clock
    store: Store = field(default_factory=MemoryStore)

    def create(self, name: str, at: str | None = None, **given: Any) -> Contact:
        """A curated contact with a first name, created at a time."""
        if at is not None:
            self.clock.set(at)
        return self.customers.create_contact({"firstName": name, **given})


Make = Callable[..., World]


@pytest.fixture
def make() -> Iterator[Make]:
    stores: list[Store] = []

    def make(organisation: str = CRM, store: Store | None = None) -> World:
        loaded, findings = load_organisation([Source("organisation.yaml", organisation)])
        assert findings == []
        clock = Clock()
        used = store or MemoryStore()
        stores.append(used)
        numbers = itertools.count(1)
        ids = lambda: f"id-{next(numbers):06d}"  # noqa: E731 - one line says it
        return World(Customers(used, settings_from(loaded), clock, ids), clock, used)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def world(make: Make) -> World:
    return make()


@pytest.fixture
def sqlite(tmp_path: Path, make: Make) -> World:
    return make(store=open_store(f"sqlite:///{tmp_path / 'customers.db'}"))


@pytest.fixture
def shared_number(world: World) -> tuple[World, Contact, Contact]:
    """Alexis, created on 4 February, and David, created on 20 March, with one number."""
    alexis = world.create("Alexis", "2026-02-04T09:00:00Z", workPhone=NUMBER)
    david = world.create("David", "2026-03-20T09:00:00Z", workPhone=NUMBER)
    world.clock.set("2026-06-01T12:00:00Z")
    return world, alexis, david
