"""The port ``data_actions``: an execution's requests, answered by callback (interpreter/ports.py)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from connectors.asking import Output
from connectors.failures import Failure
from connectors.run import DataActions
from connectors.transport.exchange import loop_time
from interpreter.commands import Request
from interpreter.ports import Answer, Clock

log = logging.getLogger(__name__)


class DataActionPort:
    """Runs each request as a task of the running event loop.

    A flow's own deadline that passes is answered with the path ``timeout`` and no outputs; a request that is cancelled
    is not answered at all.
    """

    def __init__(self, actions: DataActions, clock: Clock) -> None:
        self._actions, self._clock = actions, clock
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Start the action; ``answer`` is called exactly once unless the request is cancelled first."""
        key = (execution, request.id)
        task = asyncio.ensure_future(self._run(request, answer))
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits any more; a request that was sent may still have had its effect."""
        task = self._running.pop((execution, request_id), None)
        if task is not None:
            task.cancel()

    async def _run(self, request: Request, answer: Answer) -> None:
        inputs: Any = request.inputs
        left = max(0, request.deadline - self._clock.now()) / 1000
        try:
            outcome = await self._actions.run(
                inputs["integration"], inputs["action"], inputs.get("inputs") or {}, loop_time() + left
            )
        except Exception:
            # A fault of ours: the caller takes the failure path instead of silence.
            log.exception("a data action broke: %s / %s", inputs.get("integration"), inputs.get("action"))
            outcome = Failure("processing", "callwright could not run the data action")
        answer(*reply_of(outcome))


def reply_of(outcome: Output | Failure) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Path, outputs and failure outputs of an outcome."""
    if isinstance(outcome, Output):
        return "success", dict(outcome.values), {}
    return ("timeout", {}, {}) if outcome.timed_out else ("failure", {}, outcome.outputs())
