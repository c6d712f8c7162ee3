"""The breaker and the limits on our side, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors import Failure, HttpFactory, Output
from connectors.connections import Limits
from tests.connectors.running import Slow, runner


def test_the_breaker_opens_after_five_failures_and_one_probe_closes_it(
    action: Any, connection: Any, in_virtual_time: Any
) -> None:
    transport = Slow(*[(0, 500, {})] * 5, (0, 200, {}))

    async def go() -> list[str]:
        actions = runner(action(), connection(), HttpFactory(network=transport))
        seen = []
        for _ in range(6):
            outcome = await actions.run("CRM", "Look Up", {"x": "1"})
            seen.append(outcome.kind if isinstance(outcome, Failure) else "ok")
        await asyncio.sleep(15)
        outcomes = await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(3)))
        seen += [outcome.kind if isinstance(outcome, Failure) else "ok" for outcome in outcomes]
        outcome = await actions.run("CRM", "Look Up", {"x": "1"})
        return [*seen, outcome.kind if isinstance(outcome, Failure) else "ok"]

    assert in_virtual_time(go()) == ["remote-broken"] * 5 + ["limited", "ok", "limited", "limited", "ok"]


@pytest.mark.parametrize(("limits", "passing"), [(Limits(concurrent=2), 2), (Limits(per_minute=3), 3), (Limits(), 5)])
def test_local_limits_refuse_what_is_too_much(
    limits: Limits, passing: int, action: Any, connection: Any, in_virtual_time: Any
) -> None:
    async def go() -> list[Any]:
        factory = HttpFactory(network=Slow((0.5, 200, {})))
        actions = runner(action(), connection(limits=limits), factory)
        return await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(5)))

    outcomes = in_virtual_time(go())
    assert sum(isinstance(outcome, Output) for outcome in outcomes) == passing
    assert all(outcome.kind == "limited" for outcome in outcomes if isinstance(outcome, Failure))
