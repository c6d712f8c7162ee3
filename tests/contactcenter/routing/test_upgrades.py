"""Journals that older versions wrote are read for ever (routing.md §28.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contactcenter.routing import Core, Statistics, decode, upgrades
from contactcenter.routing import messages as m
from store import StoredEvent
from store.contract import Unavailable

GOLDEN = Path(__file__).parent / "golden"


def stored(seq: int, kind: str, version: int, body: dict[str, Any], at: int = 1_000) -> StoredEvent:
    return StoredEvent(seq, "routing/default", seq, 1, kind, version, at, msgspec.json.encode(body))


def test_a_journal_of_the_first_format_gives_the_state_and_figures_that_it_gave_then() -> None:
    core, statistics = Core(), Statistics()
    for seq, text in enumerate((GOLDEN / "journal-1.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        line = json.loads(text)
        routed = decode(stored(seq, line["type"], line["version"], line["body"], line["at"]))
        core.apply(routed.event, routed.at)
        statistics.apply(routed.event, routed.at)
    expected = json.loads((GOLDEN / "journal-1.expected.json").read_text(encoding="utf-8"))
    busy = sorted(unit.item for agent in core.state.agents.values() for unit in agent.units.values())
    assert sorted(core.state.items) == expected["waiting"]
    assert busy == expected["busy"]
    assert {queue: statistics.counts(queue) for queue in expected["counts"]} == expected["counts"]


def test_an_old_event_goes_through_every_upgrade_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(upgrades.VERSIONS, "ItemLeft", 3)
    monkeypatch.setitem(upgrades.UPGRADES, ("ItemLeft", 1), lambda b: {**b, "why": b["cause"]})
    monkeypatch.setitem(upgrades.UPGRADES, ("ItemLeft", 2), lambda b: {**b, "reason": b["why"].lower()})
    old = {"type": "ItemLeft", "item": "call", "queue": "q", "cause": "ABANDONED"}
    event = decode(stored(1, "ItemLeft", 1, old)).event
    assert event == m.ItemLeft(item="call", queue="q", reason="abandoned")
    newer = {"type": "ItemLeft", "item": "call", "queue": "q", "why": "EXPIRED"}
    assert decode(stored(2, "ItemLeft", 2, newer)).event == m.ItemLeft(item="call", queue="q", reason="expired")


def test_an_event_of_a_newer_version_says_what_to_do() -> None:
    with pytest.raises(Unavailable, match="written by a newer callwright; upgrade this node"):
        decode(stored(7, "ItemLeft", 2, {"type": "ItemLeft"}))


def test_every_upgrade_leads_to_the_current_version() -> None:
    for kind, newest in upgrades.VERSIONS.items():
        assert [(kind, version) in upgrades.UPGRADES for version in range(1, newest)] == [True] * (newest - 1)
