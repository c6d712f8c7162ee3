"""The demo, as somebody without a terminal runs it: calls go all the way, told event by event."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Line = dict[str, Any]
WAY = [
    "call.received",
    "caller.identified",
    "caller.greeted",
    "queue.selected",
    "skills.required",
    "offer.made",
    "offer.accepted",
    "screen.popped",
    "call.ended",
    "wrapup.completed",
    "interaction.logged",
]
"""What happens in every call whose caller is found, in this order."""


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "callwright", "demo", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    done = demo("--format", "json", "--caller", "stranger", "--port", "0")
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def calls(lines: list[Line]) -> list[list[Line]]:
    """The lines of the known, the unknown and the stranger's call."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line["call"], []).append(line)
    return list(found.values())


def one(call: list[Line], event: str) -> Line:
    (found,) = [line for line in call if line["event"] == event]
    return found


def in_order(events: list[str], expected: list[str]) -> bool:
    remaining: Iterator[str] = iter(events)
    return all(event in remaining for event in expected)


def test_three_calls_are_told_and_only_the_first_line_names_the_schema(
    lines: list[Line], calls: list[list[Line]]
) -> None:
    assert len(calls) == 3
    assert [line["schema"] for line in lines if "schema" in line] == ["callwright.events/1"]
    assert lines[0]["schema"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_found_caller_goes_all_the_way(calls: list[list[Line]], which: int) -> None:
    assert in_order([line["event"] for line in calls[which]], WAY)


@pytest.mark.parametrize("which", [0, 1])
def test_the_record_found_attached_offered_popped_and_logged_is_one(calls: list[list[Line]], which: int) -> None:
    call = calls[which]
    attached = [line["data"]["crm.record"] for line in call if "crm.record" in line.get("data", {})]
    told = [line["record"] for line in call if "record" in line]
    assert len(attached) == 1
    assert set(told) == set(attached)
    assert len(told) == 5  # identified, offered, accepted, popped, logged


def test_the_offer_of_a_known_caller_names_queue_skills_and_tier(calls: list[list[Line]]) -> None:
    offer = one(calls[0], "offer.made")
    assert (offer["queue"], offer["skills"], offer["tier"]) == (
        "Priority",
        ["Billing", "Fiber", "Retention"],
        "Platinum",
    )
    assert (offer["name"], offer["agent"], offer["language"]) == ("Mira Okafor", "Ada", "English")


def test_the_unknown_number_is_asked_twice_before_its_customer_is_found(calls: list[list[Line]]) -> None:
    asked = [(line["prompt"], line["attempt"]) for line in calls[1] if line["event"] == "caller.prompted"]
    assert asked == [(1, 1), (1, 2)]
    found = one(calls[1], "caller.identified")
    assert (found["by"], found["name"]) == (1, "Jonas Lindqvist")


def test_a_stranger_is_asked_everything_and_comes_to_the_default_queue_without_a_record(
    calls: list[list[Line]],
) -> None:
    call = calls[2]
    prompts = [line["prompt"] for line in call if line["event"] == "caller.prompted"]
    assert (prompts[0], prompts[-1]) == (1, 2)
    assert not [line for line in call if line["event"] in ("caller.identified", "screen.popped")]
    assert one(call, "caller.greeted")["name"] is None
    assert one(call, "queue.selected")["rule"] == "default"
    assert one(call, "offer.accepted")["record"] is None
    assert one(call, "interaction.logged")


def test_without_a_terminal_the_story_is_told_and_the_demo_ends() -> None:
    done = demo("--port", "0")
    assert done.returncode == 0
    assert "Mira Okafor" in done.stdout
    assert "Ada answers" in done.stdout
    assert "your turn" not in done.stdout


def test_a_port_in_use_is_said_in_one_sentence_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = demo("--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"callwright: 127.0.0.1:{port} cannot be listened on")
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_missing_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = demo("--port", "0", "--database", f"sqlite:///{tmp_path / 'missing' / 'demo.db'}")
    assert done.returncode == 1
    assert done.stderr.startswith("callwright: ")
    assert "missing" in done.stderr
    assert "Traceback" not in done.stderr
