"""Data actions that really run in a rehearsal: those that need no network, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from connectors import DataActionPort, DataActions
from interpreter.clock import VirtualClock
from interpreter.commands import Request
from interpreter.ports import Answer, Timer
from simulator.virtual_loop import VirtualLoop


class VirtualDataActions:
    """The port ``data_actions`` of a running node, on a loop whose time jumps.

    An action runs to its end as soon as it is asked for; the answer comes when it would have come, so that a system
    that does not answer runs into the flow's own deadline.
    """

    def __init__(self, actions: DataActions, clock: VirtualClock) -> None:
        self._port = DataActionPort(actions, clock)
        self._clock, self._began = clock, clock.now()
        self._loop = VirtualLoop()
        self._answers: dict[tuple[str, str], Timer] = {}

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Run the action and answer after the time that it took."""
        self._loop.pass_until((self._clock.now() - self._began) / 1000)
        started = self._loop.time()
        reply = self._loop.run_until_complete(self._asked(execution, request))
        took = round((self._loop.time() - started) * 1000)
        at = self._clock.now() + took
        self._answers[execution, request.id] = self._clock.call_at(at, lambda: answer(*reply))

    async def _asked(self, execution: str, request: Request) -> tuple[str, Mapping[str, Any], Mapping[str, Any]]:
        answered = asyncio.get_running_loop().create_future()
        self._port.request(execution, request, lambda *reply: answered.set_result(reply))
        reply: tuple[str, Mapping[str, Any], Mapping[str, Any]] = await answered
        return reply

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits any more; what the action did stays done."""
        timer = self._answers.pop((execution, request_id), None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """The call is over."""
        self._loop.close()
