"""Flows for the machine's tests, driven step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

import pytest

from dsl import check_flow
from dsl.compile import compile_flow
from dsl.source import Severity, Source
from interpreter import Executable, State, Step, Tracer, link, start, step
from interpreter.commands import Command, End
from interpreter.events import HungUp, Input, PromptDone, Reply, Started, TimerFired
from interpreter.trace import Element


@dataclass
class Call:
    """A machine in the middle of a call, and what it has done so far."""

    executable: Executable
    state: State
    commands: list[Command] = field(default_factory=list)
    trace: list[Element] = field(default_factory=list)
    at: int = 0
    host: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    def __post_init__(self) -> None:
        self.tracer = Tracer(self.executable.program)

    def take(self, result: Step) -> Call:
        self.state = result.state
        self.commands = list(result.commands)
        self.trace.extend(self.tracer.elements(result.trace, self.at))
        return self

    @property
    def waiting(self) -> str:
        assert self.state.waiting is not None
        return self.state.waiting.id

    def feed(self, event: type, **fields: Any) -> Call:
        made = event(seq=self.state.seq + 1, at=self.at, host=self.host, **fields)
        return self.take(step(self.executable, self.state, made))

    def press(self, digits: str, why: str = "max", key: str | None = None) -> Call:
        return self.feed(Input, id=self.waiting, digits=digits, why=why, key=key)

    def feed_how(self, event: type, how: str) -> Call:
        return self.feed(event, id=self.waiting, how=how)

    def played(self) -> Call:
        return self.feed(PromptDone, id=self.waiting, how="done")

    def reply(self, path: str = "success", failure: Mapping[str, Any] | None = None, **outputs: Any) -> Call:
        return self.feed(Reply, id=self.waiting, path=path, outputs=outputs, failure=failure or {})

    def time_out(self) -> Call:
        return self.feed(TimerFired, id=self.waiting)

    def hang_up(self) -> Call:
        return self.feed(HungUp, by="caller")

    def value(self, name: str) -> Any:
        names = [known.rpartition("|")[2].lower() for known in self.executable.program.names]
        return self.state.variables[names.index(name.lower())]

    @property
    def end(self) -> End:
        found = [command for command in self.commands if isinstance(command, End)]
        assert found, "the flow has not ended"
        return found[0]

    @property
    def errors(self) -> list[str]:
        return [element["error"]["message"] for element in self.trace if "error" in element]


def flow_text(actions: str, *, variables: str = "", extra: str = "", tasks: str = "", kind: str = "inboundCall") -> str:
    return (
        f"{kind}:\n  name: Test\n  defaultLanguage: en-us\n  startUpRef: ./tasks/task[main]\n"
        + (f"  variables:\n{indent(variables, '  ')}\n" if variables else "")
        + indent(extra, "  ")
        + ("\n" if extra else "")
        + "  tasks:\n  - task:\n      name: Main\n      refId: main\n      actions:\n"
        + indent(actions, "      ")
        + "\n"
        + indent(tasks, "  ")
    )


def prepared(text: str) -> Executable:
    checked = check_flow(Source("test.yaml", text))
    errors = [found for found in checked.findings if found.severity is Severity.ERROR]
    assert checked.flow is not None
    assert not errors, errors
    return link(compile_flow(checked.flow, text))


@pytest.fixture
def begin() -> Callable[..., Call]:
    """Begin a call of a flow with these actions in its start-up task."""

    def make(
        actions: str, *, ani: str = "tel:+4930123456", inputs: Mapping[str, Any] | None = None, **how: str
    ) -> Call:
        text = flow_text(actions, **how)
        executable = prepared(text)
        started = Started(
            seq=1, at=0, execution="e1", conversation="c1", ani=ani, dnis="tel:+49301", inputs=inputs or {}, seed=7
        )
        result = start(executable, started)
        return Call(executable, result.state, text=text).take(result)

    return make


@pytest.fixture
def flow_of() -> Callable[[str], Call]:
    """Begin a call of a whole flow file."""

    def make(text: str) -> Call:
        executable = prepared(text)
        result = start(executable, Started(seq=1, at=0, execution="e1", conversation="c1", seed=7))
        return Call(executable, result.state, text=text).take(result)

    return make
