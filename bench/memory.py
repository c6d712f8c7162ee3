"""What a parked call takes: as packed bytes at every wait of the sample flow, and as memory of a running process.

Two callers are followed to their queue: one whom the CRM knows by the number, and one who has to type it. What is in
memory is whole executions, each with its state, its armed timer and its trace, in a process of their own.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.__main__ import Figure
from dsl import check_flow
from dsl.compile import compile_flow
from dsl.source import Source
from interpreter import Executable, Execution, Ports, State, VirtualClock, link, pack, start, step
from interpreter.commands import Collect, Command, End, MediaCommand, Menu, Request, Say
from interpreter.events import Event, Input, PromptDone, Reply, Started
from interpreter.ports import Answer, Capabilities

WELCOME = Path(__file__).parent.parent / "flows" / "crm_welcome" / "flows" / "crm_welcome.yaml"
GOAL = 1_000
PARKED = 10_000

FOUND: Mapping[str, Any] = {
    "ref": f"builtin:contact:{UUID(int=7 << 64)}",
    "outcome": "found",
    "name": "Alexis Winter",
    "tier": "Gold",
    "products": ("Fiber", "Mobile"),
    "nps": 9,
    "priorityAccount": False,
}
KNOWN, UNKNOWN = {"Find Contact By Phone", "Find Contact By Field"}, {"Find Contact By Field"}


def welcome() -> Executable:
    """The sample flow, linked."""
    text = WELCOME.read_text(encoding="utf-8")
    checked = check_flow(Source("crm_welcome.yaml", text))
    assert checked.flow is not None
    return link(compile_flow(checked.flow, text))


def identity(number: int) -> str:
    """An id as long as those of earnest calls."""
    return str(UUID(int=number << 64 | 0x4BB0_8000_0000_0000_0001))


def answer(command: Command, seq: int, at: int, finding: set[str]) -> Event:
    """What happens at a wait: prompts are heard, digits are typed, these data actions find the caller."""
    if isinstance(command, Say):
        return PromptDone(seq=seq, at=at, id=command.id, how="done")
    if isinstance(command, Collect | Menu):
        digits = "1" if isinstance(command, Menu) or command.max == 1 else "471147"
        return Input(seq=seq, at=at, id=command.id, digits=digits, why="max")
    assert isinstance(command, Request), command
    if command.port == "routing":
        return Reply(seq=seq, at=at, id=command.id, path="accepted")
    outputs = FOUND if command.inputs.get("action") in finding else {"outcome": "none"}
    return Reply(seq=seq, at=at, id=command.id, path="success", outputs=outputs)


def waits(executable: Executable, finding: set[str]) -> Iterator[tuple[State, Command]]:
    """The state at every wait of a call, and what is waited for."""
    at = 1_800_000_000_000
    begun = Started(
        seq=1, at=at, execution=identity(1), conversation=identity(2), ani="tel:+18031230000", dnis="tel:+49301234567"
    )
    state, commands, _ = start(executable, begun)
    while not isinstance(commands[-1], End):
        yield state, commands[-1]
        at += 2_000
        state, commands, _ = step(executable, state, answer(commands[-1], state.seq + 1, at, finding))


class Patient:
    """Media and listener of an execution that is never answered: it stays parked."""

    capabilities = Capabilities()

    def __init__(self) -> None:
        self.last: MediaCommand | None = None

    def send(self, command: MediaCommand) -> None:
        """Keep what is waited for."""
        self.last = command

    def ended(self, execution: str, end: End) -> None:
        """It does not end."""
        raise AssertionError(end)

    def traced(self, execution: str, element: Mapping[str, Any]) -> None:
        """Traces go to the store."""


class Crm:
    """Every caller is found at once."""

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Find the caller."""
        answer("success", dict(FOUND), {})

    def cancel(self, execution: str, request_id: str) -> None:
        """Nothing is open."""


def resident() -> int:
    """Memory of this process in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def parked_bytes(number: int) -> float:
    """Memory that an execution takes which waits for the caller's confirmation, in bytes."""
    executable, clock = welcome(), VirtualClock(1_800_000_000_000)

    def park(n: int) -> Execution:
        media = Patient()
        ports = Ports(clock, media, {"data_actions": Crm()})
        execution = Execution(identity(n), executable, ports, media)
        execution.start(conversation=identity(n + number), ani=f"tel:+1803{n:07}", dnis="tel:+49301234567")
        assert isinstance(media.last, Say)
        execution.prompt_done(media.last.id, "done", 2_000)
        assert isinstance(media.last, Collect | Menu), media.last
        return execution

    kept = [park(n) for n in range(500)]
    gc.collect()
    before = resident()
    kept.extend(park(n) for n in range(500, 500 + number))
    gc.collect()
    return (resident() - before) / number


def run() -> list[Figure]:
    """Bytes at every wait, and memory of a parked execution."""
    executable = welcome()
    sizes: list[Figure] = []
    for who, finding in (("known by number", KNOWN), ("asked for a number", UNKNOWN)):
        for state, command in waits(executable, finding):
            what = f"{command.port}.{command.operation}" if isinstance(command, Request) else type(command).__name__
            sizes.append((f"  {who}: {what.lower()}, bytes", len(pack(state, executable.program)), ""))
    largest = max(size for _, size, _ in sizes)
    figures: list[Figure] = [
        ("packed snapshot of crm_welcome at its largest wait, bytes", largest, f"<= {GOAL}"),
        *sizes,
    ]
    if sys.platform == "linux":
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            held = pool.submit(parked_bytes, PARKED).result()
        figures.append((f"memory of each of {PARKED:,} executions parked in a process, bytes", held, ""))
    return figures
