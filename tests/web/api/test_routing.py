"""What supervisors and Prometheus read of routing, over HTTP and a real core."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from contactcenter.routing import Core, Statistics, Views
from contactcenter.routing import messages as m
from store import MemoryStore
from web import WebSettings, create_app

BASE = "/api/callwright/v1/routing"
BEGAN = 1_800_000_000_000
QUEUE = {"id": "q1", "name": "Gold", "members": [{"id": "ada"}]}
CONFIGURATION = {
    "agents": [{"id": "ada", "name": "Ada", "skills": [{"id": "s1"}]}, {"id": "ben"}],
    "queues": [QUEUE],
    "skills": [{"id": "s1", "name": "German"}],
}


class Shift:
    """A core with its statistics: one call answered after 10 s and handled in 60 s, one abandoned, one waiting."""

    def __init__(self) -> None:
        self.core, self.statistics, self.now = Core(), Statistics(), BEGAN
        self.log: list[tuple[m.Event, int]] = []
        self.send(m.Configure(command_id="c", configuration=CONFIGURATION))
        self.enqueue("answered", "German")
        self.now += 10_000
        self.send(m.SetStatus(command_id="on", agent="ada", status="on_queue"))
        reservation = self.core.state.items["answered"].reservation or ""
        self.send(m.Accept(command_id="a", reservation=reservation, agent="ada"))
        self.enqueue("abandoned")
        self.now += 30_000
        self.send(m.CustomerGone(command_id="g", item="abandoned"))
        self.now += 30_000
        self.send(m.UnitChanged(command_id="r", item="answered", agent="ada", unit="released"))
        self.send(m.SetStatus(command_id="off", agent="ada", status="off_queue"))
        self.enqueue("waiting", "German")
        self.now += 5_000

    def send(self, command: m.Command) -> None:
        events, answer = self.core.decide(command, self.now)
        assert isinstance(answer, m.Accepted), answer
        for event in events:
            self.statistics.apply(event, self.now)
            self.log.append((event, self.now))

    def enqueue(self, item: str, *skills: str) -> None:
        self.send(m.Enqueue(command_id=item, item=item, queue="q1", requirement=m.Requirement(skills=skills)))

    def views(self) -> Views:
        return Views(self.core, self.statistics, self.now)


@pytest.fixture
def shift() -> Shift:
    return Shift()


@pytest.fixture
def app(services: Any, shift: Shift) -> Any:
    return create_app(
        services, WebSettings(now=lambda: BEGAN, store=MemoryStore(), routing=shift.views, metrics_token="scrape")
    )


def test_a_queues_figures_are_those_of_what_happened(supervisor: TestClient) -> None:
    figures = supervisor.get(f"{BASE}/queues/q1/statistics").json()["statistics"]
    assert {name: figures[name] for name in ("offered", "answered", "abandoned", "handled")} == {
        "offered": 3,
        "answered": 1,
        "abandoned": 1,
        "handled": 1,
    }
    assert figures["average_wait_ms"] == 10_000
    assert figures["average_abandon_ms"] == 30_000
    assert figures["average_handle_ms"] == 60_000
    assert figures["service_level"] == 50.0
    assert figures["abandon_rate"] == 50.0


def test_a_skill_counts_what_asked_for_it(supervisor: TestClient) -> None:
    for name in ("s1", "German"):
        figures = supervisor.get(f"{BASE}/skills/{name}/statistics").json()["statistics"]
        assert (figures["offered"], figures["answered"], figures["abandoned"]) == (2, 1, 0)
    assert supervisor.get(f"{BASE}/skills/Klingon/statistics").status_code == 404


def test_an_agents_time_is_that_of_the_routing_statuses(supervisor: TestClient) -> None:
    figures = supervisor.get(f"{BASE}/agents/ada/statistics").json()["statistics"]
    assert (figures["alerts"], figures["answered"], figures["handled"]) == (1, 1, 1)
    assert figures["on_queue_ms"] == 60_000
    assert figures["occupancy"] == 100.0
    nobody = supervisor.get(f"{BASE}/agents/ben/statistics").json()["statistics"]
    assert (nobody["on_queue_ms"], nobody["occupancy"]) == (0, None)


def test_an_interval_leaves_out_what_was_before(supervisor: TestClient, shift: Shift) -> None:
    since = shift.now - shift.now % 1_800_000 + 1_800_000
    path = f"{BASE}/queues/q1/statistics"
    later = supervisor.get(path, params={"from": str(since), "to": str(since + 1)}).json()["statistics"]
    assert later["offered"] == 0
    assert supervisor.get(path, params={"from": "2020-01-01T00:00:00Z"}).json()["statistics"]["offered"] == 3
    for wrong in ({"from": "yesterday"}, {"from": "2020-01-01T00:00:00"}, {"from": str(since), "to": "1"}):
        refused = supervisor.get(path, params=wrong)
        assert refused.status_code == 400
        assert refused.json()["code"] == "bad.request"


@pytest.mark.parametrize(
    ("asked", "percent"),
    [
        ({}, 50.0),
        ({"abandons": "false"}, 100.0),
        ({"abandons": "true", "short_abandons": "true", "flow_outs": "true"}, 50.0),
    ],
)
def test_what_the_service_level_counts_may_be_asked_for(
    supervisor: TestClient, asked: dict[str, str], percent: float
) -> None:
    answer = supervisor.get(f"{BASE}/queues/q1/statistics", params=asked)
    assert answer.json()["statistics"]["service_level"] == percent


def test_first_contacts_are_asked_of_the_supervisors_service(supervisor: TestClient) -> None:
    answer = supervisor.get(f"{BASE}/first-contacts", params={"from": "1000", "to": "2000"})
    assert (answer.status_code, answer.json()["percent"], answer.json()["since"]) == (200, 75.0, 1000)
    assert supervisor.get(f"{BASE}/first-contacts", params={"from": "2000", "to": "1000"}).status_code == 400


def test_a_switch_is_on_or_off(supervisor: TestClient) -> None:
    refused = supervisor.get(f"{BASE}/queues/q1/statistics", params={"abandons": "some"})
    assert (refused.status_code, refused.json()["message"]) == (400, "abandons is true or false, not 'some'")


def test_a_supervisor_reads_why_nobody_is_offered_an_item(supervisor: TestClient) -> None:
    assert [one["item"] for one in supervisor.get(f"{BASE}/waiting").json()["waiting"]] == ["waiting"]
    why = supervisor.get(f"{BASE}/items/waiting/explain").json()
    assert why["eligible"] == []
    assert why["single"] == {"status OFF_QUEUE": ["ada"]}
    assert why["excluded"]["missing skill s1"] == 1
    assert supervisor.get(f"{BASE}/items/gone/explain").status_code == 404


def test_agents_may_not_read_it_and_strangers_are_not_known(agent: TestClient, app: Any) -> None:
    assert agent.get(f"{BASE}/queues").status_code == 403
    assert TestClient(app).get(f"{BASE}/queues").status_code == 401


def test_prometheus_reads_the_same_figures_with_its_token(supervisor: TestClient) -> None:
    assert supervisor.get("/metrics").status_code == 401
    answer = supervisor.get("/metrics", headers={"authorization": "Bearer scrape"})
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}

    def value(name: str, **labels: str) -> float:
        (sample,) = [one for one in families[name].samples if one.labels == labels]
        return sample.value

    assert value("callwright_queue_offered", queue="Gold") == 3
    assert value("callwright_queue_abandoned", queue="Gold") == 1
    assert value("callwright_queue_waiting", queue="Gold") == 1
    assert value("callwright_queue_longest_wait_seconds", queue="Gold") == 5
    assert value("callwright_agents", status="OFF_QUEUE") == 2


def test_counting_the_journal_again_gives_the_same_figures(shift: Shift) -> None:
    again = Statistics()
    for event, at in shift.log:
        again.apply(event, at)
    assert again.snapshot() == shift.statistics.snapshot()
    restored = Statistics.restore(again.snapshot())
    assert restored is not None
    assert restored.snapshot() == again.snapshot()
