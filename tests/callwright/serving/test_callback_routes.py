"""The vendor's routes for callbacks, on a whole node in virtual time."""

from __future__ import annotations

import asyncio
import inspect
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from callwright.actions import read_actions
from connectors import Failure, Output
from contactcenter.conversations import Conversation
from contactcenter.customers.wire import iso
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time
from web.api.vendor import operation_at
from web.api.vendor.message import Answer, ApiError, Call

MIRA = "+4930901820"
HOUR_MS = 3_600_000
Play = Callable[[Callable[[VirtualNode], Awaitable[None]]], None]


@pytest.fixture
def play(project: Path) -> Play:
    return lambda scene: in_virtual_time(project, scene)


async def ask(node: VirtualNode, method: str, path: str, body: Any = None) -> Any:
    """The JSON that a client gets which may everything."""
    found = operation_at(method, f"/api/v2{path}")
    assert found is not None, f"{method} {path} is not served"
    operation, parameters = found
    call = Call(method, f"/api/v2{path}", "client", lambda permission: True, body=body)
    answer = operation.handler(node.center.api, call, **parameters)
    answer = await answer if inspect.isawaitable(answer) else answer
    return answer.body if isinstance(answer, Answer) else answer


def queue(node: VirtualNode, name: str = "Priority") -> str:
    found = node.center.organisation.queue(name)
    assert found is not None
    return found.id


def later(node: VirtualNode, ms: int) -> str:
    return iso(node.center.clock.now() + ms) or ""


async def made(node: VirtualNode, **body: Any) -> dict[str, Any]:
    """A callback, as the conversation that it is."""
    given = {"queueId": queue(node), "callbackNumbers": [MIRA], **body}
    answer = await ask(node, "POST", "/conversations/callbacks", given)
    return dict(await ask(node, "GET", f"/conversations/callbacks/{answer['conversation']['id']}"))


def part(conversation: dict[str, Any], purpose: str) -> dict[str, Any]:
    return next(one for one in conversation["participants"] if one["purpose"] == purpose)


def test_a_client_creates_a_callback_with_data_skills_priority_and_a_time(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        skill = node.center.organisation.get("skill", "Billing")
        assert skill is not None
        at = later(node, HOUR_MS)
        routing = {"queueId": queue(node), "priority": 7, "skillIds": [skill.id]}
        found = await made(
            node,
            queueId=None,
            routingData=routing,
            callbackUserName="Mira",
            callbackScheduledTime=at,
            data={"Area": "Billing", "Premium": True},
        )
        customer, acd = part(found, "customer"), part(found, "acd")
        assert (customer["name"], customer["attributes"]) == ("Mira", {"Area": "Billing", "Premium": "true"})
        (leg,) = customer["callbacks"]
        assert (leg["state"], leg["callbackNumbers"], leg["callbackScheduledTime"]) == ("scheduled", [MIRA], at)
        assert acd["conversationRoutingData"]["priority"] == 7
        assert acd["conversationRoutingData"]["skills"] == [{"id": skill.id, "name": "Billing"}]

    play(scene)


def test_a_number_is_written_in_e164_and_what_is_none_only_refused_when_asked(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        found = await made(node, callbackNumbers=["030 901820"], countryCode="DE")
        assert part(found, "customer")["callbacks"][0]["callbackNumbers"] == [MIRA]
        found = await made(node, callbackNumbers=["12"])
        assert part(found, "customer")["callbacks"][0]["callbackNumbers"] == ["12"]
        with pytest.raises(ApiError, match=r"12 is no telephone number; write it like \+49 30 901820") as refused:
            await made(node, callbackNumbers=["12"], validateCallbackNumbers=True)
        assert refused.value.status == 400

    play(scene)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"queueId": None}, 400, "A callback needs queueId"),
        ({"queueId": "nowhere"}, 404, "There is no queue nowhere"),
        ({"callbackNumbers": []}, 400, "A callback needs a number"),
        ({"callbackNumbers": "1"}, 400, "callbackNumbers is a list"),
        ({"callbackScheduledTime": "tomorrow"}, 400, "callbackScheduledTime is a time such as"),
        ({"callbackScheduledTime": "2020-01-01T10:00:00Z"}, 400, "lies in the past"),
        ({"callbackScheduledTime": "2099-01-01T10:00:00Z"}, 400, "30 days ahead at most"),
        ({"routingData": {"skillIds": ["none"]}}, 404, "There is no skill none"),
        ({"routingData": {"priority": "high"}}, 400, "priority is a whole number"),
        ({"routingData": {"priority": 10**9}}, 400, "priority lies within"),
        ({"routingData": {"routingFlags": ["AGENT_OWNED_CALLBACK"]}}, 400, "names one agent with score 100"),
        ({"customerFirstCallbackDeliveryMode": "Maybe"}, 400, "is one of UseQueueSetting"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(play: Play, body: dict[str, Any], status: int, said: str) -> None:
    async def scene(node: VirtualNode) -> None:
        with pytest.raises(ApiError, match=said) as refused:
            await made(node, **body)
        assert refused.value.status == status

    play(scene)


def test_it_is_put_off_ended_and_listed_by_the_time_it_is_due(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        first = (await made(node, callbackScheduledTime=later(node, HOUR_MS)))["id"]
        second = (await made(node, callbackScheduledTime=later(node, 2 * HOUR_MS)))["id"]
        body = {"conversationId": first, "callbackScheduledTime": later(node, 3 * HOUR_MS)}
        await ask(node, "PATCH", "/conversations/callbacks", body)
        listed = await ask(node, "GET", "/conversations/callbacks")
        assert [one["id"] for one in listed["entities"]] == [second, first]
        ended = await ask(node, "PATCH", f"/conversations/callbacks/{second}", {"state": "disconnected"})
        assert ended["state"] == "disconnected"
        assert len((await ask(node, "GET", "/conversations/callbacks"))["entities"]) == 1

    play(scene)


def test_a_queue_without_such_callbacks_keeps_none_for_an_agent(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        ada = {"agent": {"id": node.user("Ada").id}, "score": 100}
        body = {"routingFlags": ["AGENT_OWNED_CALLBACK"], "scoredAgents": [ada]}
        with pytest.raises(ApiError, match="has no callbacks that belong to an agent"):
            await made(node, routingData=body)

    play(scene)


def test_one_that_an_agent_keeps_is_offered_to_nobody_else(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        owner = {"agent": {"id": node.user("Ben").id}, "score": 100}
        await made(node, routingData={"routingFlags": ["AGENT_OWNED_CALLBACK"], "scoredAgents": [owner]})
        await node.on_queue("Ada")
        await asyncio.sleep(60)
        assert await node.shown("Ada") == []
        await node.on_queue("Ben")
        await node.until("Ben", "alerting")

    organisation = project / "organisation.yaml"
    text = organisation.read_text(encoding="utf-8")
    owned = "agentOwnedRouting: {enableAgentOwnedCallbacks: true, maxOwnedCallbackHours: 2}"
    rules = "routingRules: [{operator: ANY, waitSeconds: 10}]"
    changed = text.replace("- name: Priority", f"- name: Priority\n    {owned}\n    {rules}")
    organisation.write_text(changed, encoding="utf-8")
    in_virtual_time(project, scene)


def test_an_agent_takes_it_dials_and_the_conversation_shows_callback_and_call(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = []
        await node.on_queue("Ada")
        callback = (await made(node))["id"]
        alert = await node.until("Ada", "alerting")
        path = f"/conversations/callbacks/{callback}/participants/{alert['participantId']}"
        await ask(node, "PATCH", path, {"state": "connected"})
        await node.does("Ada", "dial", callback)
        await asyncio.sleep(4)
        customer = part(await ask(node, "GET", f"/conversations/{callback}"), "customer")
        assert [leg["state"] for leg in customer["callbacks"]] == ["offering"]
        assert [leg["state"] for leg in customer["calls"]] == ["connected"]

    play(scene)


def test_asked_for_in_a_call_it_takes_the_callers_data_and_place(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        call, phone = await node.call(MIRA)
        await asyncio.sleep(30)
        state = node.center.conversations.state(call)
        assert state is not None
        assert state.queue_entry is not None
        waited_since = state.queue_entry.enqueued_at
        assert state.customer is not None
        path = f"/conversations/{call}/participants/{state.customer.id}/callbacks"
        answer = await ask(node, "POST", path, {"routingData": {"queueId": state.queue_entry.place.queue_id}})
        callback = node.center.conversations.state(answer["conversation"]["id"])
        assert callback is not None
        assert callback.queue_entry is not None
        assert callback.queue_entry.enqueued_at == waited_since
        assert callback.queue_entry.place.skills == state.queue_entry.place.skills
        assert callback.crm_record == state.crm_record
        phone.leave()
        await asyncio.sleep(1)
        ended = node.center.conversations.state(call)
        assert ended is not None
        assert ended.outcome == "callback"

    play(scene)


CRM = "callwright CRM"


def test_the_crms_own_actions_create_and_cancel_them(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        actions = node.center.crm.actions
        inputs = {"queueId": "Priority", "callbackNumber": MIRA, "contactRef": "builtin:contact:7"}
        made = await actions.run(CRM, "Create Callback", inputs)
        assert isinstance(made, Output), made
        state = node.center.conversations.state(made.values["id"])
        assert state is not None
        assert (state.callback and state.callback.number, state.crm_record) == (MIRA, "builtin:contact:7")
        for _ in range(2):
            cancelled = await actions.run(CRM, "Cancel Callback", {"id": state.id})
            assert isinstance(cancelled, Output), cancelled
        assert node.center.conversations.open() == ()
        failed = await actions.run(CRM, "Create Callback", {**inputs, "queueId": "nowhere"})
        assert isinstance(failed, Failure)
        assert "There is no queue nowhere" in failed.message
        assert isinstance(await actions.run(CRM, "Cancel Callback", {"id": "nobody"}), Failure)
        found = await actions.run(CRM, "Find Contact By Phone", {"phone": MIRA})
        assert isinstance(found, Output), "the CRM itself answers as before"

    play(scene)


def _priority(state: Conversation) -> int:
    return state.callback.place.priority if state.callback else 0


CALLBACK_ACTIONS = (
    "GenesysCloudDevOps__public-api-create-callback-extended-with-data-data-action-module/"
    "Create-Callback-Extended-with-Data.json",
    "GenesysCloudBlueprints__automated-callback-blueprint/files/Create-placeholder-callback.custom.json",
    "GenesysCloudBlueprints__negative-sentiment-callback/exports/Create-Scheduled-Callback.custom.json",
    "GenesysCloudBlueprints__callback-prioritization/exports/Get-Callback-Priority.custom.json",
    "GenesysCloudBlueprints__automated-callback-blueprint/files/Disconnect-callback.custom.json",
)


def test_public_data_actions_create_look_at_and_end_callbacks(project: Path, corpus: Path) -> None:
    """Real actions, unchanged: what they send is taken, and they read what is answered."""

    async def scene(node: VirtualNode) -> None:
        agent = node.user("Ada").id
        known = {
            "callbackNumber": MIRA,
            "phone": MIRA,
            "queueId": queue(node),
            "priority": "9",
            "preferredAgentId": agent,
            "dateTime": later(node, HOUR_MS),
            "participantdataname": "Mira",
        }
        conversations = node.center.conversations
        priorities: list[Any] = []
        for name in CALLBACK_ACTIONS:
            (action,) = read_actions(corpus / "data-actions" / name)[0]
            inputs = {name: known[name] for name in action.inputs.properties if name in known}
            if "placeholder" in name:
                inputs["callbackNumber"] = int(MIRA)  # this one knows numbers as numbers
            if "conversationId" in action.inputs.properties:
                inputs["conversationId"] = next(s.id for s in conversations.open() if _priority(s) == 9)
            outcome = await node.center.crm.actions.run(action.integration, action.name, inputs)
            assert isinstance(outcome, Output), (action.name, outcome)
            priorities.append(outcome.values.get("priority"))
        assert [str(one) for one in priorities if one is not None] == ["9"]
        assert [_priority(state) for state in conversations.open()] == [0, 0]

    (project / "actions").mkdir()
    for number, name in enumerate(CALLBACK_ACTIONS):
        shutil.copy(corpus / "data-actions" / name, project / "actions" / f"{number}.json")
    in_virtual_time(project, scene)
