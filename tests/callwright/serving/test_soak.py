"""Served nodes that are killed and paused all the time, under load: nothing that was acknowledged is lost, and whatever
was answered took effect once. By command only: ``make soak ARGS=tests/callwright/serving``."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from bench.nodes import FILES, NUMBER
from callwright.accounts import OrganisationAccounts
from callwright.inventory import surroundings_of
from callwright.project import load_project
from contactcenter.conversations import OPEN, ConversationEvent
from contactcenter.routing import decode
from contactcenter.routing import messages as m
from store import Store, StoredEvent, open_store
from tests.callwright.serving.node import PASSWORD, Node

pytestmark = [pytest.mark.soak, pytest.mark.postgres]

ROUNDS = 20
AGENTS, CALLERS = 5, 4
REQUEST_S = 3.0
SETTLED_S = 90.0


@dataclass
class Site:
    """Two nodes on one database; who uses them finds one that answers."""

    nodes: list[Node]
    random: Random
    over: threading.Event = field(default_factory=threading.Event)
    problems: list[BaseException] = field(default_factory=list)

    def ask(self, method: str, path: str, client: httpx.Client, **more: Any) -> httpx.Response:
        """Ask any node, again at any node until one has answered for good: with the same command, if it is one."""
        patience = time.monotonic() + SETTLED_S
        while time.monotonic() < patience:
            try:
                answer = client.request(method, self.random.choice(self.nodes).address + path, **more)
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status_code < 500:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"nobody answers {method} {path}")

    def begin(self, work: Any) -> threading.Thread:
        """Somebody works, until it is over; what goes wrong is a problem of the test."""

        def run() -> None:
            try:
                work()
            except BaseException as error:
                self.problems.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread


def browser() -> httpx.Client:
    return httpx.Client(trust_env=False, timeout=REQUEST_S)


@dataclass
class Agent:
    """Answers, hangs up, wraps up; notes what was acknowledged."""

    site: Site
    username: str
    answered: set[tuple[str, str]] = field(default_factory=set)
    wrapped: set[str] = field(default_factory=set)

    def work(self) -> None:
        with browser() as client:
            self.site.ask("POST", "/login", client, data={"username": self.username, "password": PASSWORD})
            page = self.site.ask("GET", "/desk", client, follow_redirects=True).text
            found = re.search(r'name="csrf" content="([^"]+)"', page)
            assert found, f"{self.username} is not logged in"
            client.headers["x-csrf-token"] = found.group(1)
            while not self.site.over.is_set():
                self.look(client)
                time.sleep(0.1)

    def look(self, client: httpx.Client) -> None:
        state = self.site.ask("GET", "/desk/state", client).json()
        if state["status"] in ("OFF_QUEUE", "NOT_RESPONDING"):
            self.does(client, "presence.set", f"on:{time.monotonic()}", status="on_queue")
        for one in state["interactions"]:
            call = one["interactionId"]
            if one["state"] == "alerting":
                reservation = one["reservation"]
                if self.does(client, "answer", f"answer:{reservation}", call, reservation=reservation):
                    self.answered.add((call, reservation))
            elif one["state"] == "connected":
                self.does(client, "disconnect", f"end:{call}", call)
            elif one["state"] == "acw" and self.does(client, "wrapup.save", f"wrap:{call}", call, code="Done"):
                self.wrapped.add(call)

    def does(self, client: httpx.Client, name: str, command: str, call: str = "", **args: Any) -> bool:
        body = {"commandId": f"{self.username}:{command}", "interactionId": call, "args": args}
        return self.site.ask("POST", f"/desk/commands/{name}", client, json=body).status_code == 200


@dataclass
class Callers:
    """Call again and again; ``calls`` are those that a node has taken."""

    site: Site
    calls: set[str] = field(default_factory=set)

    def work(self) -> None:
        with browser() as client:
            client.headers["x-requested-with"] = "phone"
            while not self.site.over.is_set():
                answer = self.site.ask("POST", "/phone/calls", client, json={"from": "anonymous", "to": NUMBER})
                assert answer.status_code == 201, answer.text
                self.calls.add(answer.json()["session"])
                time.sleep(self.site.random.uniform(0.2, 1.5))


@pytest.fixture
def site(tmp_path: Path, fresh_postgres: str) -> Iterator[Site]:
    project = tmp_path / "project"
    project.mkdir()
    organisation = json.loads(FILES["organisation.yaml"])
    organisation["users"] = [{**user, "roles": ["agent"]} for user in organisation["users"][:AGENTS]]
    organisation["wrapupCodes"] = [{"name": "Done"}]
    queue = organisation["queues"][0]
    queue |= {"members": [user["username"] for user in organisation["users"]], "mediaSettings": {}}
    queue |= {"wrapupCodes": ["Done"], "acwSettings": {"wrapupPrompt": "MANDATORY"}}
    for name, text in {**FILES, "organisation.yaml": json.dumps(organisation)}.items():
        (project / name).write_text(text, encoding="utf-8")
    store = open_store(fresh_postgres)
    known = surroundings_of(load_project(project)[0]).organisation
    assert known is not None
    for user in organisation["users"]:
        OrganisationAccounts(known, store).set_password(user["username"], PASSWORD)
    store.close()
    made = Site([Node(project, fresh_postgres).start(), Node(project, fresh_postgres).start()], Random(20))
    yield made
    for node in made.nodes:
        node.close()


def harm(site: Site) -> None:
    """One node is killed and started again, or hangs for a while."""
    node = site.random.choice(site.nodes)
    if site.random.random() < 0.3:
        node.pause()
        time.sleep(site.random.uniform(0.5, 4))
        node.wake()
    else:
        node.kill()
        time.sleep(site.random.uniform(0, 2))
        node.start()


def until_all_is_over(store: Store, site: Site) -> None:
    patience = time.monotonic() + SETTLED_S
    while left := [document.id for document in store.documents(OPEN)]:
        assert time.monotonic() < patience, f"{len(left)} calls never end, such as {left[0]}"
        assert site.problems == []
        time.sleep(0.5)


def test_nodes_that_are_killed_under_load_lose_nothing_and_do_nothing_twice(site: Site) -> None:
    agents = [Agent(site, f"a{n}@example.com") for n in range(AGENTS)]
    callers = Callers(site)
    calling = Site(site.nodes, Random(21), problems=site.problems)
    callers.site = calling
    threads = [site.begin(agent.work) for agent in agents]
    threads += [site.begin(callers.work) for _ in range(CALLERS)]
    for _ in range(ROUNDS):
        time.sleep(site.random.uniform(1, 4))
        harm(site)
        assert site.problems == []
    calling.over.set()
    store = open_store(site.nodes[0].database)
    try:
        until_all_is_over(store, site)
        site.over.set()
        for thread in threads:
            thread.join()
        assert site.problems == []
        answered = set().union(*(agent.answered for agent in agents))
        wrapped = set().union(*(agent.wrapped for agent in agents))
        print(f"{ROUNDS} harms: {len(callers.calls)} calls, {len(answered)} answers, {len(wrapped)} wrap-ups")
        assert len(answered) > ROUNDS
        every_acknowledgement_took_effect_once(store, callers.calls, answered, wrapped)
        nobody_had_two_calls_at_once(store)
        no_offer_ran_out_unseen(store)
    finally:
        store.close()


def every_acknowledgement_took_effect_once(
    store: Store, calls: set[str], answered: set[tuple[str, str]], wrapped: set[str]
) -> None:
    happened: dict[str, Counter[str]] = defaultdict(Counter)
    accepted: Counter[tuple[str, str]] = Counter()
    for event in of_conversations(store):
        happened[event.conversation][event.type] += 1
        if event.type == "OfferEnded" and event.data["how"] == "accepted":
            accepted[event.conversation, event.data["reservation_id"]] += 1
    assert calls - happened.keys() == set()
    assert {
        kind for kind in ("ConversationStarted", "ConversationClosed") for one in calls if happened[one][kind] != 1
    } == set()
    assert {one for one in answered if accepted[one] != 1} == set()
    assert max(accepted.values()) == 1
    assert {one for one in wrapped if happened[one]["WrapupSaved"] < 1} == set()


def nobody_had_two_calls_at_once(store: Store) -> None:
    """By routing's journal: the agents' units, as they begin and end."""
    busy: dict[str, set[str]] = defaultdict(set)
    for event in of_routing(store):
        if isinstance(event, m.OfferAccepted):
            busy[event.agent].add(event.reservation)
            assert len(busy[event.agent]) == 1, f"{event.agent} has {busy[event.agent]}"
        elif isinstance(event, m.UnitMoved) and event.unit == "released":
            busy[event.agent].discard(event.reservation)


def no_offer_ran_out_unseen(store: Store) -> None:
    """Whoever did not answer in time had an alert at the desk."""
    shown = {event.data["offer"]["reservation_id"] for event in of_conversations(store) if event.type == "OfferMade"}
    assert {event.reservation for event in of_routing(store) if isinstance(event, m.OfferTimedOut)} <= shown


def of_conversations(store: Store) -> Iterator[ConversationEvent]:
    for stored in everything(store, "conversation/"):
        yield msgspec.json.decode(stored.body, type=ConversationEvent)


def of_routing(store: Store) -> Iterator[Any]:
    for stored in everything(store, "routing/"):
        yield decode(stored).event


def everything(store: Store, prefix: str) -> Iterator[StoredEvent]:
    after = 0
    while page := store.read_all(after, prefix=prefix):
        yield from page
        after = page[-1].position
