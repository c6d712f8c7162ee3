"""Logging in, and what a client may."""

from __future__ import annotations

from tests.callwright.vendor_api.node import Node


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
