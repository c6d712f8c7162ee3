"""Parked executions in the store, as documents that change by compare-and-set
(docs/decisions/002-snapshot.md)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from contactcenter.conversations.writing import commit_patiently, finished
from interpreter.ports import Clock, StaleExecution
from store import Conflict, Delete, Fence, Lost, Save, Store, StoreError

log = logging.getLogger(__name__)
KIND = "execution"

Parked: TypeAlias = tuple[int, bytes]
"""The event after which a snapshot was taken, and the snapshot."""

FINISH_PATIENCE_MS = 15_000
"""For how long a database that does not answer is asked to forget a snapshot; one that stays does no harm."""


class ExecutionDocuments:
    """The ``ExecutionStore`` over a ``Store``: what it is asked for is done by tasks of the running loop."""

    def __init__(self, store: Store, clock: Clock, *fences: Fence) -> None:
        self.store = store
        self.clock = clock
        self._fences = fences
        self._saving: dict[str, asyncio.Task[None]] = {}
        self._finishing: set[asyncio.Task[None]] = set()

    def under(self, fence: Fence) -> ExecutionDocuments:
        """The same documents, written only while a lease is held."""
        fenced = ExecutionDocuments(self.store, self.clock, fence)
        fenced._saving, fenced._finishing = self._saving, self._finishing
        return fenced

    async def close(self) -> None:
        """Finish what was begun, as far as the database answers."""
        await finished({*self._saving.values(), *self._finishing})

    def save(
        self,
        execution: str,
        expected: int,
        seq: int,
        snapshot: bytes,
        until: int,
        stored: Callable[[Exception | None], None],
    ) -> None:
        """See ``ExecutionStore``."""
        work = self._save(Save(KIND, execution, expected, seq, snapshot), until, stored)
        self._saving[execution] = asyncio.get_running_loop().create_task(work)

    async def _save(self, save: Save, until: int, stored: Callable[[Exception | None], None]) -> None:
        problem: Exception | None = None
        is_written = partial(self._is_written, save)
        try:
            await commit_patiently(self.store, self.clock, until, *self._fences, save, is_written=is_written)
        except (Conflict, Lost):
            problem = StaleExecution(save.id)
        except StoreError as error:
            problem = error
        self._saving.pop(save.id, None)
        stored(problem)

    def _is_written(self, save: Save) -> bool:
        document = self.store.load(KIND, save.id)
        return document is not None and (document.rev, document.body) == (save.rev, save.body)

    def load(self, execution: str) -> Parked | None:
        """The newest snapshot with its ``seq``. Blocks."""
        document = self.store.load(KIND, execution)
        return None if document is None else (document.rev, document.body)

    def finish(self, execution: str) -> None:
        """See ``ExecutionStore``."""
        if (saving := self._saving.pop(execution, None)) is not None:
            saving.cancel()  # it must not be tried again once the snapshot is gone
        task = asyncio.get_running_loop().create_task(self._finish(execution))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _finish(self, execution: str) -> None:
        until = self.clock.now() + FINISH_PATIENCE_MS
        try:
            await commit_patiently(self.store, self.clock, until, *self._fences, Delete(KIND, execution))
        except Lost:
            pass  # another node has the execution
        except StoreError as error:
            log.warning("the snapshot of the execution %s is left in the store: %s", execution, error)
