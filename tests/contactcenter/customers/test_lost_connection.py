"""A database closes the connection of a process that stood still: a look is taken once more, no fault is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from contactcenter.customers.unit import Unit
from store import Unavailable


def lose(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The connection is lost under so many of the next looks."""
    rows, left = Unit.rows, [None] * times

    def losing(unit: Unit, *args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()
            raise DBAPIError("SELECT", {}, Exception("the server closed the connection"), connection_invalidated=True)
        return rows(unit, *args, **kwargs)

    monkeypatch.setattr(Unit, "rows", losing)


def test_a_look_is_taken_once_more(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alexis = world.create("Alexis")
    lose(monkeypatch, 1)
    assert world.customers.contact(alexis.id).id == alexis.id


def test_what_is_decided_from_a_lost_look_is_decided_anew(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alexis = world.create("Alexis", workPhone="+1 803-123-0000")
    lose(monkeypatch, 1)
    link, _ = world.customers.resolve_call("call-1", "tel:+18031230000")
    assert link.contact_id == alexis.id


def test_a_database_that_stays_away_is_unavailable(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alexis = world.create("Alexis")
    lose(monkeypatch, 2)
    with pytest.raises(Unavailable):
        world.customers.contact(alexis.id)
