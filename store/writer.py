"""The one thread that writes: commit at once when idle, gather while a commit runs (routing.md §28.1)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from store.contract import Append, Unavailable, Write

Result = TypeVar("Result")

GROUP_EVENTS = 500
"""A group is closed once it holds this many events."""


@dataclass(slots=True)
class Unit:
    """Writes that belong together, and who waits for them."""

    writes: tuple[Write, ...]
    future: Future[int] = field(default_factory=Future)

    def tell(self, outcome: int | Exception) -> None:
        """Answer whoever waits, unless nobody does any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        if isinstance(outcome, Exception):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)

    def size(self) -> int:
        """Events of this unit."""
        return sum(len(write.events) for write in self.writes if isinstance(write, Append))


@dataclass(slots=True)
class _Job:
    run: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Runs ``write_group`` for gathered units and jobs between them, in the order in which they came.

    ``write_group`` tells each unit its outcome; when it raises, nothing was committed as far as we know and
    every unit of the group gets ``explain(error)``.
    """

    def __init__(
        self, write_group: Callable[[Sequence[Unit]], None], explain: Callable[[Exception], Exception]
    ) -> None:
        self._write_group = write_group
        self._explain = explain
        self._queue: deque[Unit | _Job] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, writes: tuple[Write, ...]) -> Future[int]:
        """Queue a unit."""
        unit = Unit(writes)
        self._enqueue(unit)
        return unit.future

    def post(self, job: Callable[[], None]) -> None:
        """Run a job on the writer's thread, some time; its failure is nobody's business."""
        self._enqueue(_Job(job))

    def call(self, job: Callable[[], Result]) -> Result:
        """Run a job on the writer's thread and wait for its result; never from a watcher."""
        queued = _Job(job)
        self._enqueue(queued)
        result: Result = queued.future.result()
        return result

    def close(self) -> None:
        """Write what was accepted, then end."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _enqueue(self, work: Unit | _Job) -> None:
        with self._ready:
            if not self._closing:
                self._queue.append(work)
                self._ready.notify()
                return
        work.future.set_exception(Unavailable("the store is closed"))

    def _loop(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._closing:
                    self._ready.wait()
                if not self._queue:
                    return
                work = self._next()
            if isinstance(work, _Job):
                self._run(work)
            else:
                self._write(work)

    def _next(self) -> _Job | list[Unit]:
        first = self._queue.popleft()
        if isinstance(first, _Job):
            return first
        group, size = [first], first.size()
        while self._queue and size < GROUP_EVENTS and isinstance(self._queue[0], Unit):
            unit = self._queue.popleft()
            assert isinstance(unit, Unit)
            group.append(unit)
            size += unit.size()
        return group

    def _write(self, group: list[Unit]) -> None:
        try:
            self._write_group(group)
        except Exception as error:  # whatever it is, those who wait must hear of it
            told = self._explain(error)
            for unit in group:
                if not unit.future.done():
                    unit.tell(told)

    def _run(self, job: _Job) -> None:
        try:
            job.future.set_result(job.run())
        except Exception as error:  # as above
            job.future.set_exception(self._explain(error))
