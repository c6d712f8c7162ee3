"""Deadlines and retries, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import Output
from tests.connectors.running import Slow, expect, virtual


@pytest.mark.parametrize(
    ("flow", "of_action", "of_connection", "timed_out", "after"),
    [
        (None, None, 60.0, True, 60), (1.0, None, 60.0, True, 1), (10.0, 1, 60.0, False, 1),
        (10.0, None, 1.0, False, 1), (1.0, 1, 1.0, True, 1), (10.0, 5, 2.0, False, 2),
    ],
)  # fmt: skip
def test_the_smallest_deadline_ends_the_call_and_its_side_decides_the_path(
    flow: float | None, of_action: int | None, of_connection: float, timed_out: bool, after: float,
    action: Any, connection: Any, in_virtual_time: Any,
) -> None:  # fmt: skip
    loaded = action(**({"timeout": of_action} if of_action else {}))
    silent = Slow((10_000, 200, {}))
    outcome, took = virtual(in_virtual_time, loaded, connection(timeout_s=of_connection), silent, flow)
    failure = expect(outcome, "timeout")
    assert failure.timed_out is timed_out
    assert took == pytest.approx(after, abs=0.1)
    assert failure.outputs()["details.errorCode"] == ("ACTION.TIMEOUT",)


def test_an_idempotent_request_is_tried_three_times(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 503, {}))
    failure = expect(virtual(in_virtual_time, action(), connection(), transport)[0], "remote-broken")
    assert len(transport.at) == failure.attempts == 3


def test_a_burst_of_failures_is_survived(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 502, {}), (0, 504, {}), (0, 200, {}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport)
    assert isinstance(outcome, Output)
    assert outcome.attempts == 3
    assert took < 1


@pytest.mark.parametrize("status", [503, 429])
def test_a_post_is_sent_once_unless_it_is_marked(
    status: int, action: Any, connection: Any, in_virtual_time: Any
) -> None:
    transport = Slow((0, status, {}))
    virtual(in_virtual_time, action(method="POST"), connection(), transport)
    assert len(transport.at) == 1
    marked = Slow((0, status, {}))
    virtual(in_virtual_time, action(method="POST", options={"idempotent": True}), connection(), marked)
    assert len(marked.at) == 3


def test_retry_after_is_a_floor(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 429, {"Retry-After": "1"}), (0, 200, {}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport)
    assert isinstance(outcome, Output)
    assert 1 <= took < 1.5


def test_a_retry_after_of_none_is_a_rounded_one(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 429, {"Retry-After": "0"}), (0, 200, {}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport)
    assert isinstance(outcome, Output)
    assert 0.5 <= took < 1


def test_a_retry_after_that_does_not_fit_fails_at_once(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 429, {"Retry-After": "30"}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport, flow=5)
    assert expect(outcome, "remote-busy").outputs()["status"] == 429
    assert took < 0.1
    assert len(transport.at) == 1


def test_no_retry_begins_after_the_deadline(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0.9, 503, {}))
    virtual(in_virtual_time, action(), connection(), transport, flow=1)
    assert all(at < 1 for at in transport.at)
