"""The vendor's API of a node: over HTTP with a client's token, and for the node's own data actions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from callwright.actions import read_actions
from callwright.project import load_project
from callwright.serving.center import ContactCenter, open_center
from callwright.serving.server import HOST, address_of, listen, served
from connectors import PUBLIC_API, Connection, DataActions, Failure, Output
from connectors.connections import Auth
from connectors.http import ClientSettings, HttpClient, HttpRequest, make_client
from connectors.transport.egress import Rules
from contactcenter.organisation.live import LiveOrganisation
from store import MemoryStore
from web.api.vendor import operation_at
from web.services import User

TABLE = "c602af71-de81-434d-b30c-d40ff8d73966"
FILES = {
    "callwright.yaml": 'name: line\nnumbers: {"+49301": flows/line.yaml}\n',
    "organisation.yaml": f"""
divisions: [{{name: Home}}]
skills: [{{name: Billing}}, {{name: German}}]
utilizationLabels: [Vip]
wrapupCodes: [{{name: Done}}]
roles: [{{name: reader, permissions: ["directory:user:view"]}}]
queues:
  - name: Gold
    enableManualAssignment: true
    acwSettings: {{wrapupPrompt: MANDATORY}}
    wrapupCodes: [Done]
    members: [ada@example.com]
  - {{name: Silver}}
users:
  - username: ada@example.com
    name: Ada
    roles: [agent]
    skills: [{{name: Billing, proficiency: 4}}]
    addresses: [{{address: "4711", mediaType: PHONE}}]
  - {{username: ben@example.com, name: Ben, roles: [agent]}}
dataTables:
  - {{name: Flags, id: {TABLE}, columns: {{AttributeValue: string, Limit: number}}, rows: [{{key: k1, Limit: 2.5}}]}}
schedules: [{{name: Open, start: "2026-01-01T08:00:00", end: "2026-01-01T18:00:00", rrule: FREQ=DAILY}}]
scheduleGroups: [{{name: Hours, openSchedules: [Open]}}]
emergencyGroups: [{{name: Fire, enabled: false}}]
""",
    "flows/double.yaml": """
workflow:
  name: Double
  startUpRef: ./states/state[S]
  defaultLanguage: en-us
  variables:
    - integerVariable: {name: Flow.number, isInput: true, initialValue: {lit: 0}}
    - integerVariable: {name: Flow.twice, isOutput: true, initialValue: {lit: 0}}
  states:
    - state:
        name: S
        refId: S
        actions:
          - updateData: {name: Set, statements: [{integer: {variable: Flow.twice, value: {exp: Flow.number * 2}}}]}
          - endWorkflow: {name: Done, exitReason: {lit: doubled}}
""",
    "flows/line.yaml": """
inboundCall:
  name: Line
  startUpRef: /inboundCall/tasks/task[main]
  defaultLanguage: en-us
  tasks:
    - task:
        name: Main
        refId: main
        actions:
          - transferToAcd: {name: Queue, targetQueue: {lit: {name: Gold}}}
          - disconnect: {name: Bye}
""",
}


@dataclass
class Node:
    """A served node with one client that may everything."""

    center: ContactCenter
    address: str
    http: HttpClient
    token: str = ""

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, form: str = ""
    ) -> tuple[int, Any]:
        headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
        token = self.token if token is None else token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = form.encode() or (b"" if body is None else json.dumps(body).encode())
        request = HttpRequest(method, self.address + path, headers, content)
        answer = await self.http.send(request, asyncio.get_running_loop().time() + 20)
        return answer.status, json.loads(answer.body) if answer.body else None

    async def log_in(self, *roles: str) -> str:
        client, secret = self.center.clients.add("test", roles)
        form = f"grant_type=client_credentials&client_id={client.id}&client_secret={secret}"
        status, body = await self.ask("POST", "/oauth/token", form=form, token="")
        assert status == 200
        return str(body["access_token"])

    async def waiting_call(self) -> str:
        """A caller who has reached the queue."""
        queued = asyncio.Event()
        end = self.center.conversations.subscribe(
            lambda event, state: queued.set() if state.queue_entry is not None else None
        )
        await self.center.phone.dial("+4930555", "+49301")
        await asyncio.wait_for(queued.wait(), 10)
        end()
        return self.center.conversations.open()[0].id

    async def desk(self, name: str, conversation: str = "", username: str = "ada@example.com", **args: Any) -> None:
        person = self.center.organisation.user(username)
        assert person is not None
        user = User(person.id, person.username, person.name, frozenset({"agent"}))
        body = {"commandId": f"{name}{conversation}{args}", "interactionId": conversation, "args": args}
        outcome = await self.center.desk.command(user, name, body)
        assert outcome.status == 200, outcome

    def id(self, kind: str, name: str) -> str:
        found = self.center.organisation.get(kind, name)
        assert found is not None
        return found.id


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
async def node(project: Path) -> AsyncIterator[Node]:
    center = await open_center(load_project(project)[0], MemoryStore(), pace=0)
    assert center.publication.errors == []
    try:
        listening = listen(HOST, 0)
        address = address_of(listening, HOST)
        async with served(center, listening):
            settings = ClientSettings(Rules(address, networks=("127.0.0.0/8",), allow_http=True))
            node = Node(center, address, make_client(settings))
            node.token = await node.log_in("administrator")
            yield node
            await node.http.aclose()
    finally:
        await center.close()


# Logging in.


async def test_a_wrong_secret_gets_no_token_and_an_oauth_error(node: Node) -> None:
    client, _ = node.center.clients.add("other", [])
    form = f"grant_type=client_credentials&client_id={client.id}&client_secret=wrong"
    status, body = await node.ask("POST", "/oauth/token", form=form, token="")
    assert (status, body["error"]) == (401, "invalid_client")


async def test_other_grants_are_refused(node: Node) -> None:
    status, body = await node.ask("POST", "/oauth/token", form="grant_type=password", token="")
    assert (status, body["error"]) == (400, "unsupported_grant_type")


async def test_a_made_up_token_is_refused_in_the_vendors_shape(node: Node) -> None:
    status, body = await node.ask("GET", "/api/v2/users", token="made-up")
    assert (status, body["code"], body["status"]) == (401, "bad.credentials", 401)


async def test_a_client_may_what_its_roles_allow(node: Node) -> None:
    token = await node.log_in("reader")
    assert (await node.ask("GET", "/api/v2/users", token=token))[0] == 200
    status, body = await node.ask("GET", "/api/v2/routing/queues", token=token)
    assert (status, body["code"]) == (403, "missing.permissions")
    assert "routing:queue:view" in body["message"]


async def test_a_removed_client_is_out_at_once(node: Node) -> None:
    token = await node.log_in("administrator")
    for client in node.center.clients.all():
        node.center.clients.remove(client.id)
    assert (await node.ask("GET", "/api/v2/users", token=token))[0] == 401


# What is there and what is not.


async def test_where_nothing_stands_behind_a_path_the_answer_says_so(node: Node) -> None:
    status, body = await node.ask("POST", "/api/v2/conversations/messages/agentless", {})
    assert (status, body["code"]) == (501, "not.implemented")
    assert body["message"] == "callwright has nothing behind POST /api/v2/conversations/messages/agentless."


async def test_a_workflow_is_launched_and_its_outcome_asked_for(node: Node) -> None:
    _, flows = await node.ask("GET", "/api/v2/flows?name=Double")
    request = {"flowId": flows["entities"][0]["id"], "inputData": {"number": "21"}, "name": "once"}
    status, launched = await node.ask("POST", "/api/v2/flows/executions", request)
    assert (status, launched["name"], launched["flowVersion"]["name"]) == (200, "once", "Double")
    _, told = await node.ask("GET", launched["selfUri"])
    assert (told["status"], told["completionReason"]) == ("COMPLETED", "doubled")
    assert told["outputData"] == {"Flow.twice": 42}
    assert {"dateLaunched", "dateCompleted"} <= told.keys()


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"flowId": "nope"}, 404, "flow"),
        ({"flowId": "Line"}, 400, "no published workflow"),
        ({"flowId": "Double", "inputData": {"numbr": 1}}, 400, "its inputs: Flow.number"),
        ({"flowId": "Double", "inputData": {"number": "x"}}, 400, "cannot be 'x'"),
        ({"flowId": "Double", "inputData": [1]}, 400, "inputData"),
    ],
)
async def test_a_workflow_that_cannot_be_launched_is_refused(body: Any, status: int, message: str, node: Node) -> None:
    answered, told = await node.ask("POST", "/api/v2/flows/executions", body)
    assert answered == status
    assert message in told["message"]
    assert (await node.ask("GET", "/api/v2/flows/executions/nope"))[0] == 404


async def test_listings_are_paged_with_links(node: Node) -> None:
    _, first = await node.ask("GET", "/api/v2/routing/queues?pageSize=1")
    assert [queue["name"] for queue in first["entities"]] == ["Gold"]
    assert (first["total"], first["pageCount"]) == (2, 2)
    _, second = await node.ask("GET", first["nextUri"])
    assert [queue["name"] for queue in second["entities"]] == ["Silver"]
    assert "nextUri" not in second


@pytest.mark.parametrize("query", ["pageSize=0", "pageNumber=x", "pageSize=100000"])
async def test_a_page_that_cannot_be_is_refused(query: str, node: Node) -> None:
    assert (await node.ask("GET", f"/api/v2/routing/queues?{query}"))[0] == 400


async def test_users_are_found_by_email_extension_and_beginning(node: Node) -> None:
    def query(field: str, value: str, how: str) -> dict[str, Any]:
        return {"query": [{"fields": [field], "value": value, "type": how}], "types": ["users"]}

    ada = node.id("user", "ada@example.com")
    for path, body in (
        ("/api/v2/users/search", query("email", "ADA@example.com", "EXACT")),
        ("/api/v2/users/search", query("name", "ad", "STARTS_WITH")),
        ("/api/v2/search", query("addresses", "4711", "EXACT")),
    ):
        assert [one["id"] for one in (await node.ask("POST", path, body))[1]["results"]] == [ada]
    assert (await node.ask("POST", "/api/v2/users/search", query("email", "ada", "EXACT")))[1]["results"] == []


async def test_schedules_and_groups_have_the_vendors_form(node: Node) -> None:
    _, found = await node.ask("GET", "/api/v2/architect/schedules?name=op*")
    (schedule,) = found["entities"]
    assert (schedule["start"], schedule["end"]) == ("2026-01-01T08:00:00.000", "2026-01-01T18:00:00.000")
    _, group = await node.ask("GET", f"/api/v2/architect/schedulegroups/{node.id('schedule-group', 'Hours')}")
    assert [one["id"] for one in group["openSchedules"]] == [schedule["id"]]


# Changes that flows see.


async def test_a_row_that_was_written_is_what_flows_look_up_and_outlives_a_restart(node: Node) -> None:
    rows = f"/api/v2/flows/datatables/{TABLE}/rows"
    assert (await node.ask("PUT", f"{rows}/k1", {"key": "k1", "AttributeValue": "on", "Limit": 3}))[0] == 200
    assert (await node.ask("POST", rows, {"key": "k2", "AttributeValue": "new"}))[0] == 200
    assert (await node.ask("POST", rows, {"key": "k2"}))[0] == 409
    brief = await node.ask("GET", f"{rows}/k1")
    assert brief == (200, {"key": "k1"})
    assert (await node.ask("GET", f"{rows}/k1?showbrief=false"))[1] == {"key": "k1", "AttributeValue": "on", "Limit": 3}
    again = LiveOrganisation(node.center.organisation, node.center.store).current.data_table("Flags")
    now = node.center.api.organisation.data_table("Flags")
    assert again is not None
    assert now is not None
    assert again.rows == now.rows
    assert (await node.ask("DELETE", f"{rows}/k2"))[0] == 204
    assert (await node.ask("GET", f"{rows}/k2"))[0] == 404


@pytest.mark.parametrize("row", [{"key": "x", "Nope": 1}, {"key": "x", "Limit": "much"}, {"AttributeValue": "a"}, []])
async def test_a_row_that_does_not_fit_its_table_is_refused(row: Any, node: Node) -> None:
    status, body = await node.ask("POST", f"/api/v2/flows/datatables/{TABLE}/rows", row)
    assert (status, body["code"]) == (400, "bad.request")


async def test_an_emergency_is_switched_on(node: Node) -> None:
    path = f"/api/v2/architect/emergencygroups/{node.id('emergency-group', 'Fire')}"
    assert (await node.ask("PUT", path, {"name": "Fire", "enabled": True}))[1]["enabled"] is True
    group = node.center.api.organisation.emergency_group("Fire")
    assert group is not None
    assert group.enabled


# Who takes part, and with what.


async def test_an_agent_leaves_a_queue_and_joins_it_again(node: Node) -> None:
    gold, ada = node.id("queue", "Gold"), node.id("user", "ada@example.com")
    member, own = f"/api/v2/routing/queues/{gold}/members/{ada}", f"/api/v2/users/{ada}/queues/{gold}"

    async def joined() -> bool:
        _, found = await node.ask("GET", f"/api/v2/routing/queues/{gold}/members")
        return bool(found["entities"][0]["joined"])

    assert await joined()
    assert (await node.ask("PATCH", member, {"id": ada, "joined": False}))[0] == 202
    assert not await joined()
    status, body = await node.ask("PATCH", own, {"joined": True})
    assert (status, body["joined"], await joined()) == (200, True, True)


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [("ada", {"joined": "yes"}, 400), ("ada", {"ringNumber": 7}, 400), ("ben", {"joined": True}, 404)],
)
async def test_a_membership_that_cannot_be_is_refused(who: str, body: Any, status: int, node: Node) -> None:
    gold, user = node.id("queue", "Gold"), node.id("user", f"{who}@example.com")
    assert (await node.ask("PATCH", f"/api/v2/routing/queues/{gold}/members/{user}", body))[0] == status


async def test_skills_of_a_user_are_added_changed_replaced_and_taken(node: Node) -> None:
    ada, billing, german = node.id("user", "ada@example.com"), node.id("skill", "Billing"), node.id("skill", "German")
    path = f"/api/v2/users/{ada}/routingskills"

    async def held() -> dict[str, float]:
        _, found = await node.ask("GET", path)
        return {one["name"]: one["proficiency"] for one in found["entities"]}

    assert await held() == {"Billing": 4.0}
    status, added = await node.ask("POST", path, {"id": german, "proficiency": 2.5})
    assert (status, added["name"], added["proficiency"]) == (200, "German", 2.5)
    assert (await node.ask("PUT", f"{path}/{billing}", {"proficiency": 1}))[0] == 200
    assert await held() == {"Billing": 1.0, "German": 2.5}
    agent = node.center.routing.views.agent(ada)
    assert agent is not None
    assert agent["skills"] == {billing: 1.0, german: 2.5}, "routing decides by them"
    assert (await node.ask("DELETE", f"{path}/{billing}"))[0] == 204
    assert await held() == {"German": 2.5}
    assert (await node.ask("PUT", f"{path}/bulk", [{"id": billing, "proficiency": 3}]))[0] == 200
    assert (await node.ask("PATCH", f"{path}/bulk", [{"id": german, "proficiency": 0}]))[0] == 200
    assert await held() == {"Billing": 3.0, "German": 0.0}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"id": "nobody", "proficiency": 1}, 404),
        ("POST", "", {"id": "BILLING", "proficiency": 6}, 400),
        ("POST", "", {"id": "BILLING", "proficiency": "high"}, 400),
        ("PUT", "/bulk", {"id": "BILLING"}, 400),
        ("PUT", "/nobody", {"proficiency": 1}, 404),
        ("DELETE", "/nobody", None, 404),
    ],
)
async def test_a_skill_that_cannot_be_held_is_refused(
    method: str, path: str, body: Any, status: int, node: Node
) -> None:
    user = node.id("user", "ada@example.com")
    assert (await node.ask(method, f"/api/v2/users/{user}/routingskills{path}", body))[0] == status


# A call.


async def test_what_a_waiting_call_asks_for_is_changed_field_by_field(node: Node) -> None:
    conversation = await node.waiting_call()
    path, billing, ada = (
        "/api/v2/routing/conversations/",
        node.id("skill", "Billing"),
        node.id("user", "ada@example.com"),
    )
    asked = {"skillIds": [billing], "skillExpression": "Billing >= 3", "labelId": "VIP"}
    asked["requestScoredAgents"] = [{"id": ada, "score": 80}, {"id": "other"}]  # type: ignore[list-item]
    assert (await node.ask("PATCH", path + conversation, asked))[0] == 200
    explained = node.center.routing.views.explain(conversation)
    assert explained is not None
    asks = explained["requirement"]
    assert (list(asks["skills"]), asks["expression"]) == ([billing], "Billing >= 3")
    assert dict(asks["preferred"]) == {ada: 80, "other": 100}, "who is named without a score has the highest"
    nothing = {"skillIds": [], "skillExpression": "", "labelId": "", "languageId": "", "requestScoredAgents": []}
    assert (await node.ask("PATCH", path + conversation, nothing))[0] == 200
    explained = node.center.routing.views.explain(conversation)
    assert explained is not None
    assert explained["requirement"] == {}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"priority": "high"}, 400, "priority is a whole number."),
        ({"requestScoredAgents": [{"score": 3}]}, 400, "a list of agents"),
        ({"skill": "Billing"}, 400, "What can be changed is"),
        ({"skillIds": ["Biling"]}, 409, "no skill or language 'Biling'"),
        ({"skillExpression": "Billing >"}, 409, "ends too early"),
        ({"requestScoredAgents": [{"id": "a", "score": 101}]}, 409, "lies within 0 and 100"),
        ({"priority": 25_000_001}, 409, "25,000,000"),
    ],
)
async def test_what_a_waiting_call_cannot_ask_for_is_said(
    body: dict[str, Any], status: int, said: str, node: Node
) -> None:
    conversation = await node.waiting_call()
    answer = await node.ask("PATCH", f"/api/v2/routing/conversations/{conversation}", body)
    assert (answer[0], said in answer[1]["message"]) == (status, True), answer


async def test_a_waiting_call_is_seen_changed_and_answered(node: Node) -> None:
    conversation = await node.waiting_call()
    path, gold = f"/api/v2/conversations/{conversation}", node.id("queue", "Gold")
    _, seen = await node.ask("GET", path)
    assert [one["purpose"] for one in seen["participants"]] == ["customer", "ivr", "acd"]
    acd = seen["participants"][2]
    assert (acd["queueId"], acd["conversationRoutingData"]["priority"]) == (gold, 0)

    waiting = {"filter": {"type": "and", "predicates": [{"dimension": "queueId", "value": gold}]}}
    waiting["metrics"] = ["oWaiting"]
    _, observed = await node.ask("POST", "/api/v2/analytics/queues/observations/query", waiting)
    assert observed["results"][0]["data"] == [{"metric": "oWaiting", "stats": {"count": 1}}]

    assert (await node.ask("PATCH", f"/api/v2/routing/conversations/{conversation}", {"priority": 7}))[0] == 200
    view = node.center.routing.views.item(conversation)
    assert view is not None
    assert view["priority"] == 7
    _, seen = await node.ask("GET", path)
    assert seen["participants"][2]["conversationRoutingData"]["priority"] == 7

    customer = seen["participants"][0]["id"]
    attributes = f"{path}/participants/{customer}/attributes"
    assert (await node.ask("PATCH", attributes, {"attributes": {"tier": "gold"}}))[0] == 200
    assert (await node.ask("PUT", f"{path}/tags", {"externalTag": "order 7"}))[0] == 200
    _, seen = await node.ask("GET", path)
    assert (seen["participants"][0]["attributes"]["tier"], seen["externalTag"]) == ("gold", "order 7")

    await node.desk("presence.set", status="on_queue")
    _, status = await node.ask("GET", f"/api/v2/users/{node.id('user', 'ada@example.com')}/presences/PURECLOUD")
    assert status["presenceDefinition"]["systemPresence"] == "On Queue"
    agent = await _offered(node, path)
    assert (await node.ask("PATCH", f"{path}/participants/{agent}", {"state": "connected"}))[0] == 200
    await _until(node, lambda: node.center.conversations.open()[0].participant(agent).talking)  # type: ignore[union-attr]
    code = node.id("wrapup-code", "Done")
    body = {"wrapup": {"code": code, "notes": "fine"}, "state": "disconnected"}
    assert (await node.ask("PATCH", f"{path}/participants/{agent}", body))[0] == 200
    _, seen = await node.ask("GET", path)
    ada = next(one for one in seen["participants"] if one["purpose"] == "agent")
    assert (ada["wrapup"]["code"], ada["wrapup"]["notes"]) == (code, "fine")


async def test_a_waiting_call_is_given_to_an_agent_who_is_no_member_of_its_queue(node: Node) -> None:
    conversation = await node.waiting_call()
    assign, ben = f"/api/v2/conversations/{conversation}/assign", node.id("user", "ben@example.com")
    status, refused = await node.ask("POST", assign, {"userId": ben})
    assert (status, refused["code"]) == (409, "not.on.queue")
    assert (await node.ask("POST", assign, {"userId": "nobody"}))[0] == 404
    await node.desk("presence.set", username="ben@example.com", status="on_queue")
    assert (await node.ask("POST", assign, {"userId": ben}))[0] == 202
    await _until(node, lambda: node.center.conversations.open()[0].offer is not None)
    offer = node.center.conversations.open()[0].offer
    assert offer is not None
    assert offer.agent_id == ben


async def _offered(node: Node, path: str) -> str:
    await _until(node, lambda: node.center.conversations.open()[0].offer is not None)
    _, seen = await node.ask("GET", path)
    return str(next(one["id"] for one in seen["participants"] if one["purpose"] == "agent"))


async def _until(node: Node, holds: Any) -> None:
    """Wait for the event after which something holds."""
    changed = asyncio.Event()
    end = node.center.conversations.subscribe(lambda event, state: changed.set())
    try:
        while not holds():
            changed.clear()
            await asyncio.wait_for(changed.wait(), 10)
    finally:
        end()


async def test_a_call_is_ended_found_in_analytics_and_counted(node: Node) -> None:
    conversation = await node.waiting_call()
    assert (await node.ask("POST", f"/api/v2/conversations/{conversation}/disconnect"))[0] == 202
    assert (await node.ask("POST", f"/api/v2/conversations/{conversation}/disconnect"))[0] == 409
    day = 86_400_000
    now = node.center.clock.now()
    from contactcenter.customers.wire import iso

    interval = f"{iso(now - day)}/{iso(now + day)}"

    def asked(*predicates: Mapping[str, Any]) -> dict[str, Any]:
        return {"interval": interval, "segmentFilters": [{"type": "and", "predicates": list(predicates)}]}

    number = {"type": "dimension", "dimension": "ani", "operator": "matches", "value": "+4930555"}
    _, found = await node.ask("POST", "/api/v2/analytics/conversations/details/query", asked(number))
    assert [one["conversationId"] for one in found["conversations"]] == [conversation]
    other = {**number, "value": "+4930556"}
    assert (await node.ask("POST", "/api/v2/analytics/conversations/details/query", asked(other)))[1] == {
        "totalHits": 0
    }
    body = {"interval": interval, "groupBy": ["queueId"], "metrics": ["nOffered"]}
    _, figures = await node.ask("POST", "/api/v2/analytics/conversations/aggregates/query", body)
    (result,) = figures["results"]
    assert result["group"] == {"queueId": node.id("queue", "Gold"), "mediaType": "voice"}
    assert result["data"][0]["metrics"] == [{"metric": "nOffered", "stats": {"count": 1}}]


@pytest.mark.parametrize(
    "body",
    [
        {"state": "parked"},
        {"colour": "red"},
        {},
        {"wrapup": "Done"},
    ],
)
async def test_a_change_that_cannot_be_is_refused_whole(body: Any, node: Node) -> None:
    conversation = await node.waiting_call()
    _, seen = await node.ask("GET", f"/api/v2/conversations/{conversation}")
    path = f"/api/v2/conversations/{conversation}/participants/{seen['participants'][0]['id']}"
    assert (await node.ask("PATCH", path, body))[0] == 400


# Data actions.

QUEUE_BY_NAME = {
    "name": "Queue By Name",
    "integrationType": PUBLIC_API,
    "actionType": "custom",
    "config": {
        "request": {
            "requestUrlTemplate": "/api/v2/routing/queues?name=$esc.url(${input.name})",
            "requestType": "GET",
            "headers": {},
            "requestTemplate": "",
        },
        "response": {
            "translationMap": {"id": "$.entities[0].id"},
            "translationMapDefaults": {},
            "successTemplate": '{"id": ${id}}',
        },
    },
    "contract": {
        "input": {"inputSchema": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "output": {"successSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
    },
    "secure": False,
}


async def test_an_action_of_the_project_needs_no_connection_and_no_socket(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "actions").mkdir()
    (project / "actions/queue.json").write_text(json.dumps(QUEUE_BY_NAME))
    center = await open_center(load_project(project)[0], MemoryStore(), pace=0)

    def forbidden(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a socket was used")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", forbidden)
    try:
        outcome = await center.crm.actions.run("Our Cloud", "Queue By Name", {"name": "gold"})
        assert isinstance(outcome, Output), outcome
        assert outcome.values == {"id": center.organisation.queue("Gold").id}  # type: ignore[union-attr]
    finally:
        await center.close()


def inputs_for(properties: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Inputs of the right types, ids of what is there where a name tells."""
    found: dict[str, Any] = {}
    for name, schema in properties.items():
        guess = known.get(name.replace("_", "").casefold(), "x")
        by_type = {"integer": 1, "number": 1, "boolean": True}
        found[name] = (schema.get("enum") or [by_type.get(str(schema.get("type")), guess)])[0]
    return found


async def test_actions_of_the_corpus_run_end_to_end_where_their_route_is_served(corpus: Path, node: Node) -> None:
    """Client factory, log-in, template, HTTP, translation; what the API refuses, it refuses as the vendor does."""
    client, secret = node.center.clients.add("corpus", ["administrator"])
    settings = {"token_url": f"{node.address}/oauth/token", "client_id": client.id, "client_secret": secret}
    rules = Rules(node.address, networks=("127.0.0.0/8",), allow_http=True)
    line = Connection(PUBLIC_API, PUBLIC_API, node.address, Auth("oauth2_client_credentials", settings), rules=rules)
    conversation = await node.waiting_call()
    gold, ada = node.id("queue", "Gold"), node.id("user", "ada@example.com")
    customer = node.center.conversations.open()[0].participants[0].id
    fire, month = node.id("emergency-group", "Fire"), "2026-11-01T00:00:00Z/2026-11-30T00:00:00Z"
    known = {
        "conversationid": conversation, "participantid": customer, "queueid": gold, "userid": ada, "interval": month,
        "email": "ada@example.com", "emailaddress": "ada@example.com", "startdate": month[:20], "enddate": month[21:],
        "starttime": month[:20], "endtime": month[21:], "date": month, "datatableid": TABLE, "keyvalue": "k1",
        "attributename": "k1", "emergencygroupid": fire, "groupid": fire, "emergencygroupname": "Fire",
        "searchattribute": "Open", "schedulename": "Open", "schedulegroupname": "Hours", "queuename": "Gold",
        "userextension": "4711",
    }  # fmt: skip
    actions = [
        action
        for path in sorted(corpus.joinpath("data-actions").rglob("*.json"))
        for action in read_actions(path)[0]
        if action.integration_type == PUBLIC_API
    ]
    actions.sort(key=lambda action: "disconnect" in action.request.url.value)  # those that end the call at last
    actions = [replace(action, name=f"{place} {action.name}") for place, action in enumerate(actions)]
    succeeded, told = 0, set()
    running = DataActions(actions, {PUBLIC_API: line})
    for action in actions:
        outcome = await running.run(action.integration, action.name, inputs_for(action.inputs.properties, known))
        succeeded += isinstance(outcome, Output)
        if isinstance(outcome, Failure):
            told.add(outcome.kind)
    await running.aclose()
    assert succeeded >= 75
    assert told <= {"remote", "remote-not-found", "remote-conflict", "remote-broken", "processing", "input"}


def test_a_literal_path_goes_before_one_with_parameters() -> None:
    found = operation_at("POST", "/api/v2/users/search")
    assert found is not None
    assert found[0].path == "/api/v2/users/search"
    assert operation_at("DELETE", "/api/v2/users/search") is None
