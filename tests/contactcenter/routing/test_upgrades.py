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
    monkeypatch.setitem(upgrades.VERSIONS, "ItemLeft", 4)
    monkeypatch.setitem(upgrades.UPGRADES, ("ItemLeft", 2), lambda b: {**b, "why": b["cause"]})
    monkeypatch.setitem(upgrades.UPGRADES, ("ItemLeft", 3), lambda b: {**b, "reason": b["why"].lower()})
    old = {"type": "ItemLeft", "item": "call", "queue": "q", "cause": "ABANDONED"}
    for version in (1, 2):
        event = decode(stored(1, "ItemLeft", version, old)).event
        assert event == m.ItemLeft(item="call", queue="q", reason="abandoned")
    newer = {"type": "ItemLeft", "item": "call", "queue": "q", "why": "EXPIRED"}
    assert decode(stored(2, "ItemLeft", 3, newer)).event == m.ItemLeft(item="call", queue="q", reason="expired")


def test_an_event_of_a_newer_version_says_what_to_do() -> None:
    with pytest.raises(Unavailable, match="written by a newer callwright; upgrade this node"):
        decode(stored(7, "ItemLeft", 3, {"type": "ItemLeft"}))


def test_every_upgrade_leads_to_the_current_version() -> None:
    for kind, newest in upgrades.VERSIONS.items():
        assert [(kind, version) in upgrades.UPGRADES for version in range(upgrades.SECOND, newest)] == [True] * (
            newest - 2
        )


def test_what_was_answered_in_an_event_of_its_own_is_still_the_answer() -> None:
    core = Core()
    core.apply(m.ConfigChanged(configuration={"queues": [{"id": "q"}]}), 1_000)
    wait = {"queue": "q", "media": "call", "at": 1_000, "seq": 1, "requirement": {}, "priority": 0}
    old = [
        ("ItemEnqueued", {"type": "ItemEnqueued", "command_id": "c", "item": "call", **wait}),
        ("StageEntered", {"type": "StageEntered", "command_id": "c", "item": "call", "stage": {}}),
        ("Answered", {"type": "Answered", "command_id": "c", "data": {"position": 1, "enqueued_at": 1_000}}),
    ]
    for seq, (kind, body) in enumerate(old, 1):
        core.apply(decode(stored(seq, kind, 1, body)).event, 1_000)
    again = core.decide(m.Enqueue(command_id="c", item="call", queue="q"), 2_000)
    assert again == ((), m.Accepted({"position": 1, "enqueued_at": 1_000}))
    assert core.waiting.position(core.state.items["call"]) == 1
