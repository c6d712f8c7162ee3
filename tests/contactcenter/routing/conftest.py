"""A small organisation, a core that is driven like a story, and the naive oracle."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from contactcenter.routing.core import Core
from contactcenter.routing.messages import (
    Accept,
    Accepted,
    Answer,
    Command,
    Configure,
    Enqueue,
    Event,
    Refused,
    Requirement,
    SetStatus,
    Tick,
    UnitChanged,
)


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("routing_oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The naive router's module."""
    return _load(Path(__file__).parent / "oracle.py")


def skilled(name: str, *skills: str, **proficiencies: float) -> dict[str, Any]:
    """An agent who holds skills, at 3.0 unless told."""
    held = {**dict.fromkeys(skills, 3.0), **proficiencies}
    return {"id": name, "name": name, "skills": [{"id": skill, "proficiency": p} for skill, p in held.items()]}


def queue_of(name: str, *members: str, **fields: Any) -> dict[str, Any]:
    """A queue in the vendor's fields."""
    return {"id": name, "name": name, "members": [{"id": member} for member in members], **fields}


def rings(*seconds: float, removes: tuple[str, ...] = ()) -> dict[str, Any]:
    """A bullseye whose rings widen after so many seconds each and take skills off."""
    actions = {"skillsToRemove": [{"id": skill} for skill in removes]}
    return {
        "rings": [
            {"expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": s}], "actions": actions} for s in seconds
        ]
    }


SKILLS = [{"id": skill, "name": skill} for skill in ("German", "Billing", "Retention", "Mobile")]


class Story:
    """A core with its time, driven command by command; ``events`` are those of the last command."""

    def __init__(self, core: Core) -> None:
        self.core, self.now = core, 1_000_000
        self.events: tuple[Event, ...] = ()
        self.log: list[tuple[int, Event]] = []
        self._count = 0

    def send(self, make: Callable[..., Command], **fields: Any) -> Answer:
        """Send a command with an id of its own."""
        self._count += 1
        command_id = fields.pop("command_id", f"c{self._count}")
        self.events, answer = self.core.decide(make(command_id=command_id, **fields), self.now)
        self.log += [(self.now, event) for event in self.events]
        return answer

    def configure(self, **fields: Any) -> None:
        """Set the organisation."""
        answer = self.send(Configure, configuration={"skills": SKILLS, **fields})
        assert isinstance(answer, Accepted), answer

    def on_queue(self, *agents: str) -> None:
        """Agents begin to work, one after the other."""
        for agent in agents:
            assert isinstance(self.send(SetStatus, agent=agent, status="on_queue"), Accepted)

    def enqueue(self, item: str, queue: str = "Gold", *skills: str, **fields: Any) -> Answer:
        """An item arrives; further requirements by name."""
        names = ("language", "expression", "preferred", "direct", "flags")
        requirement = Requirement(skills=skills, **{name: fields.pop(name) for name in names if name in fields})
        return self.send(Enqueue, item=item, queue=queue, requirement=requirement, **fields)

    def wait(self, seconds: float) -> None:
        """Time passes, and every timer fires in its time."""
        until = self.now + round(seconds * 1000)
        fired: tuple[Event, ...] = ()
        while (due := self.core.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.send(Tick)
            fired += self.events
        self.now, self.events = until, fired

    def offered(self, item: str) -> str | None:
        """To whom an item is being offered."""
        found = self.core.state.items.get(item)
        if found is None or found.reservation is None:
            return None
        return self.core.state.reservations[found.reservation].agent

    def reservation(self, item: str) -> str:
        """The open reservation of an item."""
        found = self.core.state.items[item].reservation
        assert found is not None
        return found

    def take(self, item: str) -> str:
        """Whoever is offered an item takes it; gives who."""
        agent = self.offered(item)
        assert agent is not None, f"{item} is offered to nobody"
        self.send(Accept, reservation=self.reservation(item), agent=agent)
        return agent

    def finish(self, agent: str, item: str) -> None:
        """An agent is done with an item, wrap-up and all."""
        self.send(UnitChanged, agent=agent, item=item, unit="released")

    def refusal(self, answer: Answer) -> str:
        """The code of a refusal."""
        assert isinstance(answer, Refused), answer
        return answer.code


@pytest.fixture
def story() -> Story:
    """An empty core."""
    return Story(Core())


@pytest.fixture
def make_story() -> Callable[[Core], Story]:
    """A story around a given core."""
    return Story


@pytest.fixture
def agent() -> Callable[..., dict[str, Any]]:
    """``agent("ada", "German", Billing=2.5)``."""
    return skilled


@pytest.fixture
def queue() -> Callable[..., dict[str, Any]]:
    """``queue("Gold", "ada", "ben", skillEvaluationMethod="ALL")``."""
    return queue_of
