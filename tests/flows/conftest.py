"""Calls of the sample projects through the real parts: checker, compiler, machine, data actions, built-in CRM.

Time is virtual, queues take every call; nothing else is scripted.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from callwright.loading import Loaded, load_flow_file
from callwright.rehearsed_crm import RehearsedCrm
from callwright.rehearsing import Caller, Played, Stage, play, tell_end, tell_story
from callwright.samples import sample
from connectors import CRM_ORIGIN
from contactcenter.customers import Contact, Customers
from contactcenter.customers.wire import from_iso
from dsl.source import Source, has_errors, read_yaml
from simulator import read_script

PROJECT = sample("crm_welcome")
FLOW = Path("flows/crm_welcome.yaml")
Event = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A call that is over."""

    id: str
    played: Played
    events: Sequence[Event]

    @property
    def said(self) -> str:
        """Everything that the flow said."""
        return " ".join(line.text for line in self.played.rehearsal.transcript if line.who == "flow")

    @property
    def route(self) -> tuple[str | None, tuple[str, ...], int | None]:
        """Queue, skills and priority."""
        found = self.played.rehearsal
        return found.queue, found.skills, found.priority

    @property
    def end(self) -> tuple[str, str | None]:
        """How it ended and by whom."""
        return self.played.rehearsal.how, self.played.rehearsal.by

    @property
    def data(self) -> Mapping[str, str]:
        """Participant data."""
        return self.played.rehearsal.data

    @property
    def record(self) -> str | None:
        """The record that goes along."""
        return self.data.get("crm.record")

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The data actions that were asked, with the number or digits."""
        return [
            (call.action.removeprefix("callwright CRM / Find Contact By "), str(call.inputs.get("phone") or value))
            for call in self.played.actions.calls
            for value in [call.inputs.get("value")]
        ]

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.played.rehearsal.finished - self.played.rehearsal.started) / 1000

    def told(self, event: str) -> list[Event]:
        """The lines of one event, without what all have."""
        common = ("event", "call", "at")
        return [{k: v for k, v in line.items() if k not in common} for line in self.events if line["event"] == event]


@dataclass
class House:
    """A project with its CRM, which outlives the calls."""

    loaded: Loaded
    crm: RehearsedCrm = field(init=False)

    def __post_init__(self) -> None:
        self.crm = RehearsedCrm(self.loaded)

    @property
    def customers(self) -> Customers:
        return self.crm.built_in.customers

    def contact(self, phone: str = "+49306660001", **fields: Any) -> Contact:
        """A new customer in the CRM."""
        name = fields.pop("firstName", "Nora")
        named = {"firstName": name} if name else {}
        return self.customers.create_contact({**named, "workPhone": {"display": phone}, "customFields": fields})

    def holder(self, phone: str) -> Contact:
        """Who the CRM says has a number."""
        contact = self.customers.find_by_phone(phone).contact
        assert contact is not None
        return contact

    def call(self, number: str, script: str = "", *, at: str = "2026-06-01T10:00:00Z") -> Call:
        """A call with a script in the words of the test language; all that it waits for must come."""
        tree, _ = read_yaml(Source("script", f"[{script}]"))
        steps, findings = read_script(tree)
        assert not findings
        caller = Caller(number, at=from_iso(at), steps=steps)
        events: list[Event] = []
        story = tell_story(self.loaded, caller, events.append, verbose=False)
        played = play(self.loaded, caller, Stage(crm=self.crm), on_trace=story.traced)
        tell_end(story, played.rehearsal)
        assert played.caller.unmet is None, f'"{played.caller.unmet.text}" was never heard'
        assert played.actions.missing == []
        return Call(story.call, played, events)

    def answers_instead(self, status: int | None, body: bytes = b"{}") -> None:
        """From now on the CRM answers this; with no status it never answers."""

        async def application(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
            if status is None:
                await asyncio.get_running_loop().create_future()
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        self.crm.built_in.actions.factory.mount(CRM_ORIGIN, application)


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    """The sample flow, checked."""
    return load_flow_file(PROJECT / FLOW)


@pytest.fixture
def house(loaded: Loaded) -> Iterator[House]:
    """The sample project as it is."""
    house = House(loaded)
    yield house
    house.crm.close()


@pytest.fixture
def opened() -> Iterator[Callable[[Path], House]]:
    """Opens the house of a project in a folder; its flow must be free of errors."""
    houses: list[House] = []

    def open_house(root: Path) -> House:
        loaded = load_flow_file(root / FLOW)
        assert not has_errors(loaded.findings), loaded.findings
        houses.append(House(loaded))
        return houses[-1]

    yield open_house
    for house in houses:
        house.crm.close()


Change = Callable[..., Path]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """A copy of the sample project in which texts of the flow or of the organisation are replaced."""

    def change(flow: Mapping[str, str] | None = None, organisation: Mapping[str, str] | None = None) -> Path:
        root = tmp_path / "project"
        shutil.copytree(PROJECT, root)
        for path, edits in ((FLOW, flow), (Path("organisation.yaml"), organisation)):
            text = (root / path).read_text(encoding="utf-8")
            for old, new in (edits or {}).items():
                assert old in text, old
                text = text.replace(old, new)
            (root / path).write_text(text, encoding="utf-8")
        return root

    return change
