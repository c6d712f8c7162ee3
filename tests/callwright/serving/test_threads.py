"""No call stands still for the database: whoever reads it, or waits for a commit, does so in a thread (DESIGN.md)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from simulator.virtual_loop import VirtualLoop
from store import MemoryStore, Write
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time
from web.services import User

MIRA, STRANGER = "+4930901820", "+4915112345678"
Result = TypeVar("Result")
READS = {
    *("read", "read_all", "last", "head", "cursor", "load", "documents", "documents_in", "answer"),
    *("acquire", "renew", "release", "lease", "leases", "forget"),
}


class Loop(VirtualLoop):
    """Knows whether it is working for a thread."""

    in_thread = False

    def run_in_executor(  # type: ignore[override]  # as the virtual loop's own
        self, executor: Any, func: Callable[..., Result], *args: Any
    ) -> asyncio.Future[Result]:
        self.in_thread = True
        try:
            return super().run_in_executor(executor, func, *args)
        finally:
            self.in_thread = False


class Watched(MemoryStore):
    """Notes who blocks the loop, by file and function."""

    watching = False

    def __init__(self) -> None:
        super().__init__()
        self.blocked: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        if name in READS:
            self.note(2)
        return super().__getattribute__(name)

    def note(self, depth: int) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        frame = sys._getframe(depth)
        module = str(frame.f_globals["__name__"])
        passed_on = "to_thread(" in _line(frame.f_code.co_filename, frame.f_lineno)
        allowed = passed_on or module.startswith(("asyncio", "concurrent", "store")) or _is_told(frame)
        if self.watching and isinstance(loop, Loop) and not loop.in_thread and not allowed:
            self.blocked.add(f"{module}.{frame.f_code.co_name}")

    def commit(self, *writes: Write) -> Future[int]:
        store = self

        class Awaited(Future[int]):
            def result(self, timeout: float | None = None) -> int:
                store.note(2)
                return super().result(timeout)

        made: Future[int] = Awaited()
        done = super().commit(*writes)
        problem = done.exception()
        if problem is None:
            made.set_result(done.result())
        else:
            made.set_exception(problem)
        return made


def _is_told(frame: FrameType | None) -> bool:
    """Whether it is for the story that a demo tells, of one call at a time."""
    while frame is not None and frame.f_globals["__name__"] != "callwright.serving.stories":
        frame = frame.f_back
    return frame is not None


def _line(file: str, number: int) -> str:
    """The statement around a line of source: the reference and the hand-over to a thread may stand on two."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return " ".join(lines[max(0, number - 3) : number])


def test_a_day_at_the_desk_blocks_nobody(project: Path) -> None:
    store = Watched()

    async def scene(node: VirtualNode) -> None:
        store.watching = True
        await node.on_queue("Ada")
        call, phone = await node.call(MIRA)
        await node.answered("Ada")
        await node.does("Ada", "hold", call)
        await node.does("Ada", "unhold", call)
        await node.does("Ada", "note.add", call, text="asked for the bill")
        phone.leave()
        await node.until("Ada", "acw")
        await node.does("Ada", "wrapup", call, code="resolved")
        await asyncio.sleep(60)
        await node.does("Ada", "wrapup", call, code="resolved")  # of one that is closed
        stranger, other = await node.call(STRANGER, [])
        boss = User("boss", "boss@example.com", "Boss", frozenset({"supervisor"}))
        assert await node.center.supervisor.conversation(stranger) is not None
        await node.center.supervisor.assign(boss, stranger, node.user("Ada").id, "k1")
        await asyncio.sleep(30)
        other.leave()
        await asyncio.sleep(60)
        assert len(node.told("call.ended")) == 2
        store.watching = False

    in_virtual_time(project, scene, store, Loop())
    assert store.blocked == set()
