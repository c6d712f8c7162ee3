"""One action over one connection, on a network that answers in its own time."""

from __future__ import annotations

import asyncio
from typing import Any

from connectors import DataActions, Failure, HttpFactory, Output
from connectors.http import ClientSettings, HttpRequest, HttpResponse, Incoming, Network, mock
from connectors.model import DataAction
from connectors.transport.exchange import loop_time


def runner(action: DataAction, connection: Any, factory: HttpFactory | None = None) -> DataActions:
    """Data actions that are one action over one connection."""
    return DataActions([action], {connection.name: connection}, factory, new_id=lambda: "request-1")


def expect(outcome: Output | Failure, kind: str) -> Failure:
    """The failure that an outcome is, of this kind."""
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == kind, outcome
    return outcome


class Slow:
    """A network that answers after a while: (seconds, status, headers) one after the other, the last one ever after."""

    def __init__(self, *answers: tuple[float, int, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.at: list[float] = []

    def __call__(self, settings: ClientSettings, resolve: Any) -> Network:
        return self

    async def send(self, request: HttpRequest, target: Any, budget: float | None) -> Incoming:
        self.at.append(loop_time())
        wait, status, headers = self.answers[min(len(self.at), len(self.answers)) - 1]
        await asyncio.sleep(wait)
        settled = mock(lambda _: HttpResponse(status, headers, b"{}"))(ClientSettings(), None)  # type: ignore[arg-type]
        return await settled.send(request, target, budget)

    async def aclose(self) -> None:
        pass


def virtual(
    run: Any, action: DataAction, connection: Any, transport: Any, flow: float | None = None
) -> tuple[Any, float]:
    """Run one action in virtual time, at the most ``flow`` seconds; gives the outcome and the seconds it took."""

    async def go() -> tuple[Any, float]:
        actions = runner(action, connection, HttpFactory(network=transport))
        started = loop_time()
        deadline = None if flow is None else started + flow
        outcome = await actions.run("CRM", "Look Up", {"x": "1"}, deadline)
        return outcome, loop_time() - started

    result: tuple[Any, float] = run(go())
    return result
