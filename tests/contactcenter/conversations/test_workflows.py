"""A workflow runs without a caller, survives a restart, and its outcome can be asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from callwright.loading import executable_of, load_flow_file
from contactcenter.conversations import ExecutionDocuments, Homes, LaunchError, Run, Workflows
from contactcenter.conversations.workflows import KEPT_MS
from contactcenter.routing import Ownership
from interpreter import Executable, VirtualClock
from store import MemoryStore

DAY = 86_400_000
FLOW = """
workflow:
  name: Discount
  startUpRef: ./states/state[S]
  defaultLanguage: en-us
  variables:
    - integerVariable: {name: Flow.orders, isInput: true, initialValue: {lit: 0}}
    - decimalVariable: {name: Flow.share, isInput: true, initialValue: {lit: 0}}
    - stringCollectionVariable: {name: Flow.names, isInput: true, initialValue: {noValue: true}}
    - jsonVariable: {name: Flow.customer, isInput: true, initialValue: {noValue: true}}
    - stringVariable: {name: Flow.level, isOutput: true, initialValue: {lit: none}}
    - decimalVariable: {name: Flow.result, isOutput: true, initialValue: {lit: 0}}
    - stringCollectionVariable: {name: Flow.seen, isOutput: true, initialValue: {noValue: true}}
  states:
    - state:
        name: S
        refId: S
        actions:
          - wait: {name: A day, duration: {lit: {days: 1}}}
          - updateData:
              name: Set
              statements:
                - string: {variable: Flow.level, value: {exp: 'Append("gold for ", ToString(Flow.customer.name))'}}
                - decimal: {variable: Flow.result, value: {exp: Flow.orders * Flow.share}}
                - stringCollection: {variable: Flow.seen, value: {exp: Flow.names}}
          - endWorkflow: {name: Done, exitReason: {lit: discounted}}
"""
INPUTS = {"orders": 12, "Flow.share": 0.5, "names": ["a", "b"], "customer": {"name": "Ada"}}


class Flows:
    """Published flows of which a test may take one away."""

    def __init__(self, *executables: Executable) -> None:
        self.executables = {one.program.flow.casefold(): one for one in executables}

    def for_number(self, dialled: str) -> None:
        """Nobody calls."""

    def named(self, flow: str) -> Executable | None:
        """A flow by name."""
        return self.executables.get(flow.casefold())

    def fallback(self, dialled: str) -> None:
        """Nobody calls."""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1_000_000)


@pytest.fixture
def flows(tmp_path: Path) -> Flows:
    (tmp_path / "discount.yaml").write_text(FLOW)
    (tmp_path / "call.yaml").write_text(
        "inboundCall:\n  name: Call\n  defaultLanguage: en-us\n  startUpRef: /inboundCall/tasks/task[m]\n"
        "  tasks:\n    - task: {name: M, refId: m, actions: [{disconnect: {name: Bye}}]}\n"
    )
    return Flows(*(executable_of(load_flow_file(tmp_path / name)) for name in ("discount.yaml", "call.yaml")))


@pytest.fixture
def node(flows: Flows, clock: VirtualClock) -> Callable[[], Awaitable[Workflows]]:
    """Starts a node on one and the same store."""
    store = MemoryStore()

    async def start() -> Workflows:
        homes = Homes(store, Ownership("node"))
        homes.own, held = "home", homes.take("home", clock.now())
        assert held is not None
        homes.held["home"] = held
        workflows = Workflows(store, flows, clock, {}, ExecutionDocuments(store, clock), homes)
        await workflows.take_up("home")
        return workflows

    return start


async def passes(clock: VirtualClock, ms: int) -> None:
    """So much time passes; what is to be stored before and after it is."""
    for _ in range(10):
        await asyncio.sleep(0)
    clock.advance(clock.now() + ms)
    for _ in range(10):
        await asyncio.sleep(0)


def outcome(run: Run | None) -> tuple[str, Any, Any]:
    assert run is not None
    return run.status, run.reason, dict(run.outputs)


DONE = ("COMPLETED", "discounted", {"Flow.level": "gold for Ada", "Flow.result": 6, "Flow.seen": ["a", "b"]})


async def test_it_runs_until_it_is_over_with_its_inputs_and_gives_its_outputs(node: Any, clock: VirtualClock) -> None:
    workflows = await node()
    run = await workflows.launch("discount", INPUTS, "for Ada")
    assert (run.flow, run.name, run.status) == ("Discount", "for Ada", "RUNNING")
    await passes(clock, DAY)
    assert outcome(await workflows.get(run.id)) == DONE


async def test_it_goes_on_after_a_restart_and_only_once(node: Any, clock: VirtualClock) -> None:
    first = await node()
    run = await first.launch("Discount", INPUTS)
    await first.close()
    await passes(clock, DAY // 2)
    second = await node()
    await passes(clock, DAY // 2)
    assert outcome(await second.get(run.id)) == DONE
    assert await first.get(run.id) == await second.get(run.id)


async def test_one_that_is_not_published_any_more_says_so(node: Any, flows: Flows, clock: VirtualClock) -> None:
    first = await node()
    run = await first.launch("Discount", INPUTS)
    await passes(clock, 0)
    await first.close()
    del flows.executables["discount"]
    second = await node()
    await passes(clock, 0)
    status, reason, _ = outcome(await second.get(run.id))
    assert (status, reason) == ("ERROR", 'the workflow "Discount" is not published any more')


async def test_an_outcome_is_forgotten_after_a_week(node: Any, clock: VirtualClock) -> None:
    run = await (await node()).launch("Discount", INPUTS)
    await passes(clock, DAY)
    await passes(clock, KEPT_MS)
    assert await (await node()).get(run.id) is not None
    await passes(clock, 1)
    assert await (await node()).get(run.id) is None


@pytest.mark.parametrize(
    ("flow", "inputs", "message"),
    [
        ("Nope", {}, "no published workflow"),
        ("Call", {}, "no published workflow"),
        ("Discount", {"order": 1}, 'no input "order"; its inputs: Flow.customer, Flow.names, Flow.orders, Flow.share'),
        ("Discount", {"orders": "many"}, "cannot be 'many'"),
        ("Discount", {"names": 5}, "a collection is expected"),
    ],
)
async def test_what_cannot_be_launched_is_refused_in_a_sentence(
    flow: str, inputs: Any, message: str, node: Any
) -> None:
    with pytest.raises(LaunchError, match=message):
        await (await node()).launch(flow, inputs)
