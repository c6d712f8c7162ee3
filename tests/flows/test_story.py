"""The story of a call, event by event (authoring.md §8.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from callwright.story import CallStory

House = Any  # conftest.House
MIRA, SHARED, STRANGER = "+4930901820", "+18031230000", "+15550001"
CONFIRM = "hear: If that is right, press: '1'"
TYPED = "hear: six digit, press: '111111', hear: I could not find, press: '482913'"
STORIES = {
    "a known caller": (MIRA, CONFIRM),
    "two hold the number": (SHARED, CONFIRM),
    "wrong once and right the second time": (STRANGER, f"{TYPED}, {CONFIRM}"),
    "found by postal code": (STRANGER, f"wait: no_input, wait: no_input, hear: postal, press: '10115#', {CONFIRM}"),
    "never identified": (STRANGER, ""),
    "a withheld number and silence": ("anonymous", ""),
    "the fact is denied": (MIRA, "hear: If that is right, press: '2', hear: six digit, press: '482913'"),
    "a record without a name": ("+49407770100", ""),
    "gone while being asked": (STRANGER, "hear: six digit, hang up: true"),
    "gone while the name is confirmed": (MIRA, "hear: If that is right, hang up: true"),
    "gone on the way to the queue": (STRANGER, "hear: One moment, hang up: true"),
}


def told(events: Any) -> str:
    return "\n".join(
        json.dumps({k: v for k, v in event.items() if k != "call"}, ensure_ascii=False) for event in events
    )


@pytest.mark.parametrize("which", STORIES)
def test_a_call_is_told_as_it_was(house: House, which: str, snapshot: SnapshotAssertion) -> None:
    assert told(house.call(*STORIES[which]).events) == snapshot


@pytest.mark.parametrize("which", STORIES)
def test_every_line_names_its_call_and_its_time_and_the_story_has_a_beginning_and_an_end(
    house: House, which: str
) -> None:
    call = house.call(*STORIES[which])
    assert {event["call"] for event in call.events} == {call.id}
    assert all(event["at"].endswith("Z") for event in call.events)
    assert [call.events[0]["event"], call.events[-1]["event"]] == ["call.received", "call.ended"]


@pytest.mark.parametrize("which", STORIES)
def test_the_story_says_what_happened(house: House, which: str) -> None:
    call = house.call(*STORIES[which])
    queue, skills, priority = call.route
    if queue is not None:
        assert [(line["queue"], line["priority"]) for line in call.told("queue.selected")] == [(queue, priority)]
    assert [line["skills"] for line in call.told("skills.required")] == ([[*skills]] if queue else [])
    data: dict[str, str] = {}
    for line in call.told("participant_data.set"):
        data.update(line["data"])
    assert data == call.data


def test_a_crm_that_does_not_answer_is_told_as_unreachable(house: House, snapshot: SnapshotAssertion) -> None:
    house.answers_instead(None)
    assert told(house.call(MIRA).events) == snapshot


def test_a_flow_without_short_actions_tells_its_queue_and_its_data() -> None:
    lines: list[dict[str, Any]] = []
    story = CallStory("c", lines.append)
    story.traced({"t": 0, "kind": "setParticipantData", "name": "Set", "path": "/a", "result": {"tier": "Gold"}})
    inputs = {"queue": {"queue": {"id": "1", "name": "Gold"}}, "priority": 5, "skills": [], "language": None}
    story.traced({"t": 0, "kind": "transferToAcd", "name": "Go", "path": "/b", "inputs": inputs})
    assert [{k: v for k, v in line.items() if k not in ("call", "at")} for line in lines] == [
        {"event": "participant_data.set", "data": {"tier": "Gold"}},
        {"event": "queue.selected", "queue": "Gold", "rule": None, "priority": 5},
        {"event": "skills.required", "skills": [], "language": None, "dropped": []},
    ]
