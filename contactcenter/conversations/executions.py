"""Parked executions in the store, as documents that change by compare-and-set
(docs/decisions/002-snapshot.md)."""

from __future__ import annotations

from interpreter.ports import StaleExecution
from store import Conflict, Delete, Fence, Lost, Save, Store

KIND = "execution"


class ExecutionDocuments:
    """The ``ExecutionStore`` over a ``Store``.

    Saving waits for the commit: what is told later must not be forgotten.
    """

    def __init__(self, store: Store, *fences: Fence) -> None:
        self.store = store
        self._fences = fences
        self._known: dict[str, int] = {}

    def under(self, fence: Fence) -> ExecutionDocuments:
        """The same documents, written only while a lease is held."""
        return ExecutionDocuments(self.store, fence)

    def save(self, execution: str, seq: int, snapshot: bytes) -> None:
        """Store the snapshot after event ``seq``; raises ``StaleExecution`` when somebody else was faster."""
        expected = self._known.get(execution)
        if expected is None:
            document = self.store.load(KIND, execution)
            expected = document.rev if document is not None else 0
        try:
            self.store.commit(*self._fences, Save(KIND, execution, expected, seq, snapshot)).result()
        except (Conflict, Lost) as error:
            raise StaleExecution(execution) from error
        self._known[execution] = seq

    def load(self, execution: str) -> tuple[int, bytes] | None:
        """The newest snapshot with its ``seq``."""
        document = self.store.load(KIND, execution)
        if document is None:
            return None
        self._known[execution] = document.rev
        return document.rev, document.body

    def finish(self, execution: str) -> None:
        """The execution has ended; its snapshot is no longer needed. Raises ``StaleExecution`` as ``save`` does."""
        if self._known.pop(execution, None) is not None:
            try:
                self.store.commit(*self._fences, Delete(KIND, execution)).result()
            except Lost as error:
                raise StaleExecution(execution) from error
