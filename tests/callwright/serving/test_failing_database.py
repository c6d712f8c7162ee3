"""The database fails over at any moment of a call, and the call goes on (DESIGN.md "Many machines")."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from simulator.virtual_loop import VirtualLoop
from store import Conflict, Document, MemoryStore, Save, StoreError, Unavailable, Write
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time

MIRA = "+4930901820"
TOLD = ("call.", "offer.", "wrapup.", "interaction.")
AWAY_S = 2.5
"""How long a failover takes: longer than a lease, shorter than anybody's patience."""


class FailingOver(MemoryStore):
    """Is away for a while from the ``at``-th commit on; that one is written, or not, before its answer is lost."""

    def __init__(self, at: int, *, is_written: bool) -> None:
        super().__init__()
        self.at, self.is_written = at, is_written
        self.commits = 0
        self.back = float("inf")
        self.counting = False

    def is_away(self) -> bool:
        return self.counting and self.commits >= self.at and asyncio.get_running_loop().time() < self.back

    def commit(self, *writes: Write) -> Future[int]:
        if not self.counting:
            return super().commit(*writes)
        self.commits += 1
        if self.commits == self.at:
            self.back = asyncio.get_running_loop().time() + AWAY_S
            if self.is_written:
                super().commit(*writes)
        if not self.is_away():
            return super().commit(*writes)
        failed: Future[int] = Future()
        failed.set_exception(Unavailable("the database fails over"))
        return failed

    def load(self, kind: str, id: str) -> Document | None:  # noqa: A002 - the contract's name
        return self._there() or super().load(kind, id)

    def answer(self, command_id: str) -> bytes | None:
        return self._there() or super().answer(command_id)

    def documents(self, kind: str) -> Sequence[Document]:
        return self._there() or super().documents(kind)

    def _there(self) -> None:
        if self.is_away():
            raise Unavailable("the database fails over")


class Contended(MemoryStore):
    """Another node is always faster with customers, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def commit(self, *writes: Write) -> Future[int]:
        if not self.times or not any(isinstance(write, Save) and write.kind == "customers" for write in writes):
            return super().commit(*writes)
        self.times -= 1
        failed: Future[int] = Future()
        failed.set_exception(Conflict("somebody else was faster"))
        return failed


async def until(node: VirtualNode, state: str) -> dict[str, Any]:
    """Ada's interaction once it is in a state; a page that gets no answer asks again."""
    for _ in range(300):
        with suppress(StoreError):
            for one in await node.shown("Ada"):
                if one["state"] == state:
                    return one
        await asyncio.sleep(0.1)
    raise AssertionError(f"Ada has no call that is {state}: {node.told()}")


async def does(node: VirtualNode, command: str, call: str, **args: Any) -> None:
    """Ada does something; where the page says that the database does not answer, she does it again."""
    for _ in range(20):
        answer = await node.does("Ada", command, call, **args)
        if answer.status < 500:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"{command} is never carried out: {answer}")


async def the_call(node: VirtualNode) -> list[Any]:
    """A caller is greeted, waits, talks to Ada and hangs up; Ada wraps up. Gives the story's events."""
    call, phone = await node.call(MIRA, [{"hear": "press 1"}, {"press": "1"}])
    alert = await until(node, "alerting")
    await does(node, "answer", call, reservation=alert["reservation"])
    await until(node, "connected")
    await asyncio.sleep(5)
    phone.leave()
    await until(node, "acw")
    await does(node, "wrapup.save", call, code=node.center.organisation.all("wrapup-code")[0].id)
    await asyncio.sleep(60)
    assert await node.shown("Ada") == []
    return [event for event in node.told() if event.startswith(TOLD)]


def played(project: Path, at: int, *, is_written: bool = False) -> tuple[list[Any], int]:
    store = FailingOver(at, is_written=is_written)

    async def scene(node: VirtualNode) -> list[Any]:
        await node.on_queue("Ada")
        store.counting = True
        events = await the_call(node)
        store.counting = False
        return events

    return in_virtual_time(project, scene, store, VirtualLoop()), store.commits


@pytest.mark.parametrize("is_written", [False, True], ids=["nothing written", "written but not answered"])
def test_whenever_it_fails_over_the_call_is_the_same(project: Path, is_written: bool) -> None:
    undisturbed, commits = played(project, 10_000)
    assert undisturbed[-3:] == ["call.ended", "wrapup.completed", "interaction.logged"]
    assert commits > 20
    for at in range(1, commits + 1):
        assert played(project, at, is_written=is_written)[0] == undisturbed, f"at commit {at} of {commits}"


def test_a_call_is_in_the_history_though_another_node_writes_customers_all_the_time(project: Path) -> None:
    store = Contended(0)

    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        store.times = 40
        assert (await the_call(node))[-1] == "interaction.logged"
        assert store.times == 0
        contact = node.center.crm.customers.find_by_phone(MIRA).contact
        assert contact is not None
        assert "Call with Ada" in [one["title"] for one in node.center.crm.customers.card(contact.id).history]

    in_virtual_time(project, scene, store, VirtualLoop())
