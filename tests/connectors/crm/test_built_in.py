"""The built-in CRM by its ready actions: in process, the same outputs as any other system, no socket."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from callwright.crm import built_in_crm
from callwright.project import Project
from connectors import CRM_INTEGRATION
from contactcenter.organisation import load_organisation
from dsl.source import Source
from store import MemoryStore

ORGANISATION = """
crm:
  contact: {fields: {tier: text, nps: integer}}
  objects:
    subscription: {label: Subscription, fields: {plan: text}, title: plan, status: [active, ended]}
queues: [{name: Gold}]
"""
NOW = 1_780_300_800_000  # 2026-06-01T08:00:00Z
Ask = Callable[..., Any]


@pytest.fixture
async def ask(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ask]:
    def forbidden(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a socket was used")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, forbidden)
    organisation, findings = load_organisation([Source("organisation.yaml", ORGANISATION)])
    assert not findings
    store = MemoryStore()
    crm = built_in_crm(Project(tmp_path), organisation, store, lambda: NOW)

    async def run(action: str, **inputs: Any) -> Any:
        outcome = await crm.actions.run(CRM_INTEGRATION, action, inputs)
        return dict(outcome.values) if hasattr(outcome, "values") else outcome

    yield run
    await crm.close()
    store.close()


async def create(ask: Ask, type_: str, **fields: Any) -> str:
    made = await ask("Create Record", type=type_, fields=json.dumps(fields))
    assert isinstance(made, dict), made
    ref: str = made["ref"]
    return ref


async def test_a_contact_is_made_found_read_and_changed(ask: Ask) -> None:
    ref = await create(
        ask, "contact", firstName="Ada", lastName="O'Brien & Söhne", workPhone="+49 30 123456", tier="Gold"
    )
    for phone in ("tel:+4930123456", "+49 30 123456", "+4930123456"):
        found = await ask("Find Contact By Phone", phone=phone)
        assert (found["outcome"], found["ref"], found["name"]) == ("found", ref, "Ada O'Brien & Söhne")
    await ask("Update Record", ref=ref, fields='{"tier": "Platinum"}')
    assert (await ask("Get Record", ref=ref))["tier"] == "Platinum"


async def test_cases_and_own_objects_are_related_to_their_contact_and_found_by_its_number(ask: Ask) -> None:
    ref = await create(ask, "contact", firstName="Ada", workPhone="+4930123456")
    owner = ref.rpartition(":")[2]
    case = await create(ask, "case", subject="No dial tone", contactId=owner)
    plan = await create(ask, "subscription", plan="Fiber 100", contactId=owner)
    assert (await ask("Find Case By Phone", phone="+4930123456"))["ref"] == case
    found = await ask("Find Record By Phone", type="subscription", phone="+4930123456")
    assert (found["ref"], found["plan"]) == (plan, "Fiber 100")
    related = await ask("Related Records", ref=ref)
    assert (related["count"], set(related["refs"])) == (2, {case, plan})
    only = await ask("Related Records", ref=ref, type="case")
    assert (only["refs"], only["names"]) == ((case,), ("No dial tone",))


async def test_earlier_interactions_are_summed_up_for_routing(ask: Ask) -> None:
    ref = await create(ask, "contact", firstName="Ada", workPhone="+4930123456")
    await create(ask, "case", subject="No dial tone", contactId=ref.rpartition(":")[2])
    for day, queue in ((30, "Gold"), (29, "Gold"), (1, "General")):
        month = 5 if day > 1 else 4
        at = f"2026-{month:02}-{day:02}T07:0"
        call = {"conversationId": f"call-{day}", "started": f"{at}0:00Z", "ended": f"{at}5:00Z", "queue": queue}
        await ask("Log Interaction", **call, ref=ref, direction="inbound", wrapUp="Resolved")
    summary = await ask("History Summary", phone="tel:+4930123456", days=7)
    assert (summary["contacts"], summary["contactsSameQueue"], summary["openCase"]) == (2, 2, True)
    assert (summary["lastQueue"], summary["lastWrapUp"]) == ("Gold", "Resolved")
    assert (await ask("History Summary", phone="tel:+4930123456", days=90))["contacts"] == 3


async def test_nobody_has_no_history(ask: Ask) -> None:
    summary = await ask("History Summary", phone="+4930999999")
    assert (summary["contacts"], summary["openCase"], summary["lastQueue"]) == (0, False, None)
