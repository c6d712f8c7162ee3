"""Executions without a conversation: workflows that a client of the API launches (DESIGN.md "Execution").

A run is a document of its own beside the snapshot of its execution, so that it goes on after a restart and its outcome
can be asked for later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import uuid4

import msgspec

from contactcenter.conversations.executions import ExecutionDocuments, Parked
from contactcenter.conversations.homes import Homes
from contactcenter.conversations.lines import Programs
from contactcenter.conversations.writing import commit_patiently, finished
from dsl.expressions.problems import ExpressionError
from dsl.expressions.runtime import coerce
from dsl.expressions.text_of import to_text
from dsl.expressions.values import Json
from dsl.program import Program
from interpreter.commands import End
from interpreter.execution import Execution, Ports
from interpreter.ports import Clock, RequestPort
from interpreter.step import Executable
from store import Delete, Save, Store, StoreError

log = logging.getLogger(__name__)
KIND = "workflow"
TYPE = "workflow"
"""The flow type that can be launched."""

KEPT_MS = 7 * 86_400_000
"""For how long the outcome of a run can be asked for."""

PATIENCE_MS = 60_000
"""For how long an outcome is tried to be written while the database does not answer; nobody waits for it."""


class LaunchError(Exception):
    """A workflow that cannot be launched, in a sentence for whoever asked."""


class Run(msgspec.Struct, frozen=True):
    """A launched workflow; times in UTC ms, ``inputs`` by full names and ``outputs`` as JSON, ``reason`` is the exit
    reason that the flow gave; ``home`` says which node runs it (``homes``)."""

    id: str
    flow: str
    name: str
    launched: int
    inputs: Mapping[str, Any]
    home: str = ""
    status: Literal["RUNNING", "COMPLETED", "ERROR"] = "RUNNING"
    completed: int | None = None
    reason: str | None = None
    outputs: Mapping[str, Any] = {}


@dataclass(slots=True)
class _Alive:
    """A run that this node runs, and what writes its outcome once it is over."""

    run: Run
    execution: Execution | None = None
    writing: asyncio.Task[None] | None = None

    def let_go(self) -> None:
        if self.execution is not None:
            self.execution.abandon()


@dataclass(slots=True)
class Workflows:
    """The workflows of a node's homes; it hears of their ends. What is over, any node can tell."""

    store: Store
    programs: Programs
    clock: Clock
    requests: Mapping[str, RequestPort]
    executions: ExecutionDocuments
    homes: Homes
    _alive: dict[str, _Alive] = field(default_factory=dict)
    """Those that run here, by id, until their outcome is written."""

    async def launch(self, flow: str, inputs: Mapping[str, Any], name: str = "") -> Run:
        """Start a workflow by the name of its flow, with JSON values by the names of its input variables, with or
        without their scope. Gives it as it is after its first stretch. Raises ``LaunchError``, ``StoreError``."""
        executable = self.programs.named(flow)
        if executable is None or executable.program.type != TYPE:
            raise LaunchError(f'there is no published workflow "{flow}"')
        given = _full_names(executable.program, inputs)
        _values(executable.program, given)
        own_name = executable.program.flow
        run = Run(str(uuid4()), own_name, name or own_name, self.clock.now(), given, self.homes.own)
        save = Save(KIND, run.id, 0, 1, msgspec.json.encode(run))
        await asyncio.wrap_future(self.store.commit(self.homes.fence(run.home), save))
        self._begin(run, executable)
        alive = self._alive.get(run.id)
        if alive is not None and alive.writing is not None:  # it never waited
            await alive.writing
        return await self.get(run.id) or run

    async def get(self, identity: str) -> Run | None:
        """A run by its id, None when there is none or it was over a week ago. Raises ``StoreError``."""
        document = await asyncio.to_thread(self.store.load, KIND, identity)
        return None if document is None else msgspec.json.decode(document.body, type=Run)

    async def take_up(self, home: str) -> None:
        """Take up what was running when the node of this home stopped, and forget what has been over for long."""
        for document in await asyncio.to_thread(self.store.documents, KIND):
            run = msgspec.json.decode(document.body, type=Run)
            if run.completed is not None and run.completed < self.clock.now() - KEPT_MS:
                await asyncio.wrap_future(self.store.commit(Delete(KIND, run.id)))
            elif run.status == "RUNNING" and run.home == home:
                parked = await asyncio.to_thread(self.executions.load, run.id)
                if run.id not in self._alive and home in self.homes.held:
                    self._take_up(run, parked)

    def drop(self, home: str) -> None:
        """Another node runs those of this home now."""
        for identity in [identity for identity, alive in self._alive.items() if alive.run.home == home]:
            self._alive.pop(identity).let_go()

    def live_in(self, home: str) -> bool:
        """Whether one runs that is at home there."""
        return any(alive.run.home == home for alive in self._alive.values())

    def homes_of_all(self) -> set[str]:
        """Where those that have not ended are at home, on whatever node. Blocks."""
        runs = (msgspec.json.decode(document.body, type=Run) for document in self.store.documents(KIND))
        return {run.home for run in runs if run.status == "RUNNING"}

    def _take_up(self, run: Run, parked: Parked | None) -> None:
        executable = self.programs.named(run.flow)
        if executable is None or executable.program.type != TYPE:
            self._finish(run, "ERROR", f'the workflow "{run.flow}" is not published any more', {})
        else:
            self._begin(run, executable, parked)

    def _begin(self, run: Run, executable: Executable, parked: Parked | None = None) -> None:
        """Without a snapshot it begins anew: nothing that may not be repeated was done before the first one."""
        ports = Ports(self.clock, None, self.requests, None, self.executions.under(self.homes.fence(run.home)))
        execution = Execution(run.id, executable, ports, self)
        self._alive[run.id] = _Alive(run, execution)
        if parked is not None:
            execution.resume(*parked)
            return
        try:
            values = _values(executable.program, run.inputs)
        except LaunchError as error:  # published anew with other inputs, while the node was down
            self._finish(run, "ERROR", str(error), {})
            return
        execution.start(inputs=values, seed=int(run.id.replace("-", "")[:15], 16))

    def ended(self, execution: str, end: End) -> None:
        """A workflow is over."""
        alive = self._alive.get(execution)
        if alive is not None:
            outputs = {name: _plain(value) for name, value in end.outputs.items()}
            self._finish(alive.run, "ERROR" if end.how == "error" else "COMPLETED", end.reason, outputs)

    def traced(self, execution: str, element: Mapping[str, Any]) -> None:
        """Nobody watches a workflow."""

    def _finish(
        self, run: Run, status: Literal["COMPLETED", "ERROR"], reason: str | None, outputs: Mapping[str, Any]
    ) -> None:
        over = msgspec.structs.replace(
            run, status=status, completed=self.clock.now(), reason=reason or None, outputs=outputs
        )
        alive = self._alive.setdefault(run.id, _Alive(run))
        alive.writing = asyncio.get_running_loop().create_task(self._write(over))

    async def _write(self, over: Run) -> None:
        save, until = Save(KIND, over.id, 1, 2, msgspec.json.encode(over)), self.clock.now() + PATIENCE_MS
        try:
            await commit_patiently(self.store, self.clock, until, self.homes.fence(over.home), save)
        except StoreError as error:  # whoever takes up its home runs it to its end once more
            log.warning("the outcome of the workflow %s is not written: %s", over.id, error)
        self._alive.pop(over.id, None)

    async def close(self) -> None:
        """Let go of what runs: it is taken up again from its snapshot."""
        for alive in self._alive.values():
            alive.let_go()
        await finished({alive.writing for alive in self._alive.values() if alive.writing is not None})


def _full_names(program: Program, given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs by the full names of their variables. Raises ``LaunchError``."""
    found = {}
    for name, value in given.items():
        folded = name.casefold()
        full = next((one for one in (folded, f"flow.{folded}", f"workflow.{folded}") if one in program.inputs), None)
        if full is None:
            known = ", ".join(sorted(program.names[slot] for slot in program.inputs.values())) or "none"
            raise LaunchError(f'the workflow has no input "{name}"; its inputs: {known}')
        found[program.names[program.inputs[full]]] = value
    return found


def _values(program: Program, given: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values as run-time values of the types that the inputs have. Raises ``LaunchError``."""
    found = {}
    for name, value in given.items():
        type_ = program.types[program.inputs[name.casefold()]]
        try:
            found[name] = coerce(_run_time(value), type_)
        except ExpressionError as error:
            raise LaunchError(f'"{name}" cannot be {value!r}: {error.message}') from None
    return found


def _run_time(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, list):
        return tuple(_run_time(item) for item in value)
    return Json(value) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    """A run-time value as JSON."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Json) else to_text(value)
