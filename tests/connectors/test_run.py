"""Data actions end to end against servers that misbehave: every fault takes its row of the table
(data-actions.md §7.3)."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors import (
    CRM_INTEGRATION,
    CRM_ORIGIN,
    DataActions,
    Failure,
    HttpFactory,
    Output,
    crm_connection,
    ready_actions,
)
from connectors.connections import Auth, Limits
from connectors.failures import KINDS, OUTPUT_NAMES
from connectors.http import ClientSettings, HttpConnectError, HttpRequest, HttpResponse, Incoming, Network, mock
from connectors.model import DataAction
from connectors.transport.exchange import loop_time

MakeAction = Callable[..., DataAction]


def runner(action: DataAction, connection: Any, factory: HttpFactory | None = None) -> DataActions:
    return DataActions([action], {connection.name: connection}, factory, new_id=lambda: "request-1")


def expect(outcome: Output | Failure, kind: str) -> Failure:
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == kind, outcome
    return outcome


async def test_inputs_go_out_escaped_and_outputs_come_back_typed(
    action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    loaded = action(outputs={"name": {"type": "string"}, "score": {"type": "number"}})

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply({"name": "Müller", "score": 1.5}))

    async with serve(answer) as server:
        actions = runner(loaded, connection(server.origin))
        outcome = await actions.run("crm", "look up", {"x": "a b+c/ü&#%\"'"})
        await actions.aclose()
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": "Müller", "score": Decimal("1.5")}
    first, headers, _ = server.requests[0]
    assert first == "GET /people?x=a%20b%2Bc%2F%C3%BC%26%23%25%22%27 HTTP/1.1"
    assert headers["accept"] == "application/json"
    assert headers["x-correlation-id"] == "request-1"


async def test_a_post_carries_its_body_with_its_length(action: Any, connection: Any, serve: Any, reply: Any) -> None:
    loaded = action(method="POST", url="/people", body="${input.rawRequest}", headers={"Transfer-Encoding": "buffered"})

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(status=204))

    async with serve(answer) as server:
        actions = runner(loaded, connection(server.origin))
        outcome = await actions.run("CRM", "Look Up", {"x": "ü"})
        await actions.aclose()
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": None}
    _, headers, body = server.requests[0]
    assert body == '{"x":"ü"}'.encode()
    assert headers["content-length"] == str(len(body))
    assert "transfer-encoding" not in headers
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (400, "remote", 400), (401, "credentials", 400), (403, "remote-forbidden", 403), (404, "remote-not-found", 404),
        (409, "remote-conflict", 409), (422, "remote", 422), (302, "remote", 302),
        (500, "remote-broken", 500), (501, "remote-broken", 501),
    ],
)  # fmt: skip
async def test_a_remote_status_takes_its_row(
    status: int, kind: str, told: int, action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply({"error": {"code": "E1", "message": "no"}}, status))

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin))
        outputs = expect(await actions.run("CRM", "Look Up", {"x": "1"}), kind).outputs()
        await actions.aclose()
    assert len(server.requests) == 1
    assert outputs["errorCode"] == KINDS[kind].error_code
    assert outputs["status"] == told
    assert outputs["details.errorCode"][0] == KINDS[kind].detail
    assert outputs["correlationId"] == "request-1"
    assert tuple(outputs) == OUTPUT_NAMES
    assert len(OUTPUT_NAMES) == 13


Write = Callable[[asyncio.StreamWriter], None]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "processing"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a": 1..', "processing"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"a":', "connect"),
        (b"nonsense\r\n\r\n", "connect"),
        (b"", "connect"),
    ],
    ids=["html", "bad-json", "cut-mid-body", "no-http", "closed"],
)
async def test_a_broken_answer_takes_the_failure_path(
    data: bytes, kind: str, action: Any, connection: Any, serve: Any
) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    async with serve(answer) as server:
        actions = runner(action(method="POST"), connection(server.origin))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), kind)
        await actions.aclose()
    assert len(server.requests) == 1


async def test_a_body_over_the_limit_is_not_read_to_its_end(action: Any, connection: Any, serve: Any) -> None:
    sent = 0

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _chunk in range(100):
            writer.write(b"x" * 1_000_000)
            await writer.drain()
            sent += 1_000_000

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), "processing")
        await actions.aclose()
    assert sent < 30_000_000


@pytest.mark.parametrize(("extra", "ok"), [(0, True), (1, False)])
@pytest.mark.parametrize("packed", [False, True])
async def test_the_limit_is_exact_also_for_packed_bodies(
    extra: int, ok: bool, packed: bool, action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    noise = "".join(str(n) for n in range(200_000))  # packs well below a hundredfold
    body = json.dumps({"name": noise[: 500_000 - len('{"name": ""}') + extra]}).encode()

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(gzip.compress(body), Content_Encoding="gzip") if packed else reply(body))

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin, max_response=500_000))
        outcome = await actions.run("CRM", "Look Up", {"x": "1"})
        await actions.aclose()
    assert isinstance(outcome, Output) is ok


async def test_a_body_that_unpacks_beyond_measure_is_refused(
    action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(gzip.compress(b" " * 2_000_000), Content_Encoding="gzip"))

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), "processing")
        await actions.aclose()


async def test_a_refused_connection_and_an_unknown_host_are_bad_gateways(action: Any, connection: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    actions = runner(action(method="POST"), connection(f"http://127.0.0.1:{port}"))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "connect")
    await actions.aclose()

    async def unknown(host: str, port: int) -> list[str]:
        raise HttpConnectError(f"the host {host} cannot be resolved")

    actions = runner(action(method="POST"), connection(), HttpFactory(resolve=unknown))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "connect")
    await actions.aclose()


async def test_invalid_inputs_send_nothing(action: Any, connection: Any, serve: Any) -> None:
    async with serve(lambda reader, writer: asyncio.sleep(0)) as server:
        actions = runner(action(), connection(server.origin))
        failure = expect(await actions.run("CRM", "Look Up", {}), "input")
        await actions.aclose()
    assert '"x" is required' in failure.message
    assert server.requests == []


@pytest.mark.parametrize(
    ("given", "value", "kind"),
    [
        ({"url": "${input.x}"}, "//evil.example/x", "template"),
        ({"url": "${input.x}"}, "https://evil.example/x", "blocked"),
        ({"url": "https://${input.x}/x"}, "crm.example@evil.example", "blocked"),
        ({"url": "${input.x}"}, "ftp://x", "template"),
        ({"url": "/a${input.x}"}, "\\b", "template"),
        ({"headers": {"X-A": "${input.x}"}}, "a\r\nX-B: c", "template"),
        ({"headers": {"Host": "${input.x}"}}, "a", "template"),
        ({"url": "/a${input.x}"}, "x" * 9000, "template"),
        ({"headers": {"X-A": "${input.x}"}}, "x" * 9000, "template"),
        ({"method": "POST", "body": "$input.x$input.x"}, "x" * 600_000, "template"),
        ({"url": "#stop"}, "x", "template"),
    ],
)
async def test_a_request_that_may_not_be_is_not_sent(
    given: Any, value: str, kind: str, action: Any, connection: Any
) -> None:
    sent: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return HttpResponse(200, {}, b"{}")

    auth = Auth("bearer", {"token": "very-secret-token"})
    actions = runner(action(**given), connection(auth=auth), HttpFactory(network=mock(answer)))
    expect(await actions.run("CRM", "Look Up", {"x": value}), kind)
    assert sent == []


async def test_an_author_s_own_host_is_called_without_the_connection_s_token(action: Any, connection: Any) -> None:
    sent: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return HttpResponse(200, {}, b"{}")

    auth = Auth("bearer", {"token": "very-secret-token"})
    actions = runner(action(url="https://other.example/x"), connection(auth=auth), HttpFactory(network=mock(answer)))
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)
    assert "authorization" not in sent[0].headers


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"], ["2002:7f00:1::"], ["224.0.0.1"],
     ["169.254.169.254"], ["0.0.0.0"], ["fd00:ec2::254"], ["8.8.8.8", "10.0.0.1"]],
)  # fmt: skip
async def test_a_name_that_leads_to_a_private_address_is_blocked(
    addresses: list[str], action: Any, connection: Any
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    actions = runner(action(), connection(), HttpFactory(resolve=resolve))
    failure = expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
    assert failure.outputs()["details.errorCode"] == ("ACTION.BLOCKED_HOST",)
    await actions.aclose()


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001"])
async def test_odd_spellings_of_loopback_are_blocked_after_resolution(host: str, action: Any, connection: Any) -> None:
    actions = runner(action(), connection(f"https://{host}"))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
    await actions.aclose()


async def test_an_allowed_network_does_not_open_the_metadata_service(action: Any, connection: Any) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["169.254.169.254"]

    actions = runner(action(), connection(networks=("169.254.0.0/16",)), HttpFactory(resolve=resolve))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
    await actions.aclose()


async def test_another_port_of_this_machine_is_blocked(action: Any, connection: Any, serve: Any) -> None:
    async with serve(lambda reader, writer: asyncio.sleep(0)) as server:
        port = int(server.origin.rpartition(":")[2])
        actions = runner(action(url="${input.x}"), connection(f"http://127.0.0.1:{port + 1}", hosts=("127.0.0.1",)))
        expect(await actions.run("CRM", "Look Up", {"x": f"{server.origin}/a"}), "blocked")
        await actions.aclose()
    assert server.requests == []


async def test_an_unknown_action_and_a_missing_connection_are_not_configured(action: Any, connection: Any) -> None:
    actions = DataActions([action()], {})
    assert expect(await actions.run("CRM", "Look Up", {"x": "1"}), "not-configured").outputs()["status"] == 404
    expect(await actions.run("CRM", "Nope", {}), "not-configured")


async def test_an_action_runs_under_any_connection_of_its_type(action: Any, connection: Any) -> None:
    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, b"{}")))
    named = connection(name="Our Zendesk", type="zendesk-data-actions")
    actions = DataActions(
        [action(type="zendesk-data-actions", integration="elsewhere")], {"Our Zendesk": named}, factory
    )
    assert isinstance(await actions.run("our zendesk", "look up", {"x": "1"}), Output)


# Deadlines, retries, breaker, limits: in virtual time.


def never(request: HttpRequest) -> Any:
    raise AssertionError("nothing may be sent")


class Slow:
    """A network that answers after a while."""

    def __init__(self, *answers: tuple[float, int, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.at: list[float] = []

    def __call__(self, settings: ClientSettings, resolve: Any) -> Network:
        return self

    async def send(self, request: HttpRequest, target: Any, budget: float | None) -> Incoming:
        self.at.append(loop_time())
        wait, status, headers = self.answers[min(len(self.at), len(self.answers)) - 1]
        await asyncio.sleep(wait)
        settled = mock(lambda _: HttpResponse(status, headers, b"{}"))(ClientSettings(), None)  # type: ignore[arg-type]
        return await settled.send(request, target, budget)

    async def aclose(self) -> None:
        pass


def virtual(
    run: Any, action: DataAction, connection: Any, transport: Any, flow: float | None = None
) -> tuple[Any, float]:
    async def go() -> tuple[Any, float]:
        actions = runner(action, connection, HttpFactory(network=transport))
        started = loop_time()
        deadline = None if flow is None else started + flow
        outcome = await actions.run("CRM", "Look Up", {"x": "1"}, deadline)
        return outcome, loop_time() - started

    result: tuple[Any, float] = run(go())
    return result


@pytest.mark.parametrize(
    ("flow", "of_action", "of_connection", "timed_out", "after"),
    [
        (None, None, 60.0, True, 60), (1.0, None, 60.0, True, 1), (10.0, 1, 60.0, False, 1),
        (10.0, None, 1.0, False, 1), (1.0, 1, 1.0, True, 1), (10.0, 5, 2.0, False, 2),
    ],
)  # fmt: skip
def test_the_smallest_deadline_ends_the_call_and_its_side_decides_the_path(
    flow: float | None, of_action: int | None, of_connection: float, timed_out: bool, after: float,
    action: Any, connection: Any, in_virtual_time: Any,
) -> None:  # fmt: skip
    loaded = action(**({"timeout": of_action} if of_action else {}))
    silent = Slow((10_000, 200, {}))
    outcome, took = virtual(in_virtual_time, loaded, connection(timeout_s=of_connection), silent, flow)
    failure = expect(outcome, "timeout")
    assert failure.timed_out is timed_out
    assert took == pytest.approx(after, abs=0.1)
    assert failure.outputs()["details.errorCode"] == ("ACTION.TIMEOUT",)


def test_an_idempotent_request_is_tried_three_times(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 503, {}))
    failure = expect(virtual(in_virtual_time, action(), connection(), transport)[0], "remote-broken")
    assert len(transport.at) == failure.attempts == 3


def test_a_burst_of_failures_is_survived(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 502, {}), (0, 504, {}), (0, 200, {}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport)
    assert isinstance(outcome, Output)
    assert outcome.attempts == 3
    assert took < 1


@pytest.mark.parametrize("status", [503, 429])
def test_a_post_is_sent_once_unless_it_is_marked(
    status: int, action: Any, connection: Any, in_virtual_time: Any
) -> None:
    transport = Slow((0, status, {}))
    virtual(in_virtual_time, action(method="POST"), connection(), transport)
    assert len(transport.at) == 1
    marked = Slow((0, status, {}))
    virtual(in_virtual_time, action(method="POST", options={"idempotent": True}), connection(), marked)
    assert len(marked.at) == 3


def test_retry_after_is_a_floor(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 429, {"Retry-After": "1"}), (0, 200, {}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport)
    assert isinstance(outcome, Output)
    assert 1 <= took < 1.5


def test_a_retry_after_of_none_is_a_rounded_one(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 429, {"Retry-After": "0"}), (0, 200, {}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport)
    assert isinstance(outcome, Output)
    assert 0.5 <= took < 1


def test_a_retry_after_that_does_not_fit_fails_at_once(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0, 429, {"Retry-After": "30"}))
    outcome, took = virtual(in_virtual_time, action(), connection(), transport, flow=5)
    assert expect(outcome, "remote-busy").outputs()["status"] == 429
    assert took < 0.1
    assert len(transport.at) == 1


def test_no_retry_begins_after_the_deadline(action: Any, connection: Any, in_virtual_time: Any) -> None:
    transport = Slow((0.9, 503, {}))
    virtual(in_virtual_time, action(), connection(), transport, flow=1)
    assert all(at < 1 for at in transport.at)


def test_the_breaker_opens_after_five_failures_and_one_probe_closes_it(
    action: Any, connection: Any, in_virtual_time: Any
) -> None:
    transport = Slow(*[(0, 500, {})] * 5, (0, 200, {}))

    async def go() -> list[str]:
        actions = runner(action(), connection(), HttpFactory(network=transport))
        seen = []
        for _ in range(6):
            outcome = await actions.run("CRM", "Look Up", {"x": "1"})
            seen.append(outcome.kind if isinstance(outcome, Failure) else "ok")
        await asyncio.sleep(15)
        outcomes = await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(3)))
        seen += [outcome.kind if isinstance(outcome, Failure) else "ok" for outcome in outcomes]
        outcome = await actions.run("CRM", "Look Up", {"x": "1"})
        return [*seen, outcome.kind if isinstance(outcome, Failure) else "ok"]

    assert in_virtual_time(go()) == ["remote-broken"] * 5 + ["limited", "ok", "limited", "limited", "ok"]


@pytest.mark.parametrize(("limits", "passing"), [(Limits(concurrent=2), 2), (Limits(per_minute=3), 3), (Limits(), 5)])
def test_local_limits_refuse_what_is_too_much(
    limits: Limits, passing: int, action: Any, connection: Any, in_virtual_time: Any
) -> None:
    async def go() -> list[Any]:
        factory = HttpFactory(network=Slow((0.5, 200, {})))
        actions = runner(action(), connection(limits=limits), factory)
        return await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(5)))

    outcomes = in_virtual_time(go())
    assert sum(isinstance(outcome, Output) for outcome in outcomes) == passing
    assert all(outcome.kind == "limited" for outcome in outcomes if isinstance(outcome, Failure))


def test_what_was_not_found_is_asked_again_soon(action: Any, connection: Any, in_virtual_time: Any) -> None:
    asked: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        asked.append(request.url)
        return HttpResponse(200, {}, b"{}" if request.url.endswith("=2") else b'{"name": "Ada"}')

    cached = action(options={"cache": {"ttlSeconds": 60, "negativeTtlSeconds": 3}})

    async def go() -> None:
        actions = runner(cached, connection(), HttpFactory(network=mock(answer)))
        for wait in (0, 2, 2):
            await asyncio.sleep(wait)
            for x in ("1", "2"):
                await actions.run("CRM", "Look Up", {"x": x})

    in_virtual_time(go())
    assert [url[-1] for url in asked] == ["1", "2", "2"]


def test_equal_calls_share_one_request_and_its_answer_for_a_while(
    action: Any, connection: Any, in_virtual_time: Any
) -> None:
    transport = Slow((0.1, 200, {}))
    cached = action(options={"cache": {"ttlSeconds": 10}})

    async def go() -> None:
        actions = runner(cached, connection(), HttpFactory(network=transport))
        await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(5)))
        await actions.run("CRM", "Look Up", {"x": "1"})
        await actions.run("CRM", "Look Up", {"x": "2"})
        await asyncio.sleep(11)
        await actions.run("CRM", "Look Up", {"x": "1"})

    in_virtual_time(go())
    assert len(transport.at) == 3


# Redirects.


def redirecting(
    status: int, *, hops: int = 1, to: str = "https://next.example/{n}"
) -> tuple[list[HttpRequest], HttpFactory]:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        if len(seen) <= hops:
            return HttpResponse(status, {"location": to.format(n=len(seen))}, b"")
        return HttpResponse(200, {}, b'{"name": "there"}')

    return seen, HttpFactory(network=mock(answer))


async def test_a_redirect_is_followed_only_to_a_listed_host_and_without_the_token(action: Any, connection: Any) -> None:
    auth = Auth("bearer", {"token": "very-secret-token"})
    seen, factory = redirecting(302)
    listed = connection(auth=auth, follow_redirects_to=("next.example",))
    assert isinstance(await runner(action(), listed, factory).run("CRM", "Look Up", {"x": "1"}), Output)
    assert "authorization" in seen[0].headers
    assert "authorization" not in seen[1].headers
    seen, factory = redirecting(302)
    expect(await runner(action(), connection(), factory).run("CRM", "Look Up", {"x": "1"}), "remote")
    seen, factory = redirecting(302)
    elsewhere = connection(follow_redirects_to=("other.example",))
    expect(await runner(action(), elsewhere, factory).run("CRM", "Look Up", {"x": "1"}), "blocked")


async def test_the_fourth_hop_fails(action: Any, connection: Any) -> None:
    seen, factory = redirecting(307, hops=9)
    listed = connection(follow_redirects_to=("next.example",))
    expect(await runner(action(), listed, factory).run("CRM", "Look Up", {"x": "1"}), "remote")
    assert len(seen) == 4


@pytest.mark.parametrize(("status", "ok"), [(302, False), (303, False), (307, True), (308, True)])
async def test_a_post_is_redirected_only_when_it_stays_a_post(
    status: int, ok: bool, action: Any, connection: Any
) -> None:
    seen, factory = redirecting(status)
    listed = connection(follow_redirects_to=("next.example",))
    posting = action(method="POST", url="/a", body="${input.rawRequest}")
    assert isinstance(await runner(posting, listed, factory).run("CRM", "Look Up", {"x": "1"}), Output) is ok
    if ok:
        assert (seen[1].method, seen[1].body) == ("POST", b'{"x":"1"}')


async def test_a_redirect_to_a_private_address_is_blocked(action: Any, connection: Any, serve: Any, reply: Any) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(status=302, Location="http://inner.example:80/secret"))

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1" if host != "inner.example" else "10.0.0.1"]

    async with serve(answer) as server:
        listed = connection(server.origin, follow_redirects_to=("inner.example",))
        actions = runner(action(), listed, HttpFactory(resolve=resolve))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
        await actions.aclose()
    assert len(server.requests) == 1


# The built-in CRM, in process.


async def test_the_built_in_crm_answers_in_process_without_a_socket(no_socket: None) -> None:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def find(request: Request) -> JSONResponse:
        ref = "builtin:contact:1"
        record = {"name": "Ada", "tier": "Gold", "nps": 7, "products": ["Fiber"], "priorityAccount": True}
        return JSONResponse(
            {"ref": ref, "outcome": "found", "refs": [ref], "phone": request.query_params["phone"], **record}
        )

    factory = HttpFactory()
    factory.mount(CRM_ORIGIN, Starlette(routes=[Route("/api/callwright/v1/crm/find-by-phone", find)]))
    actions = DataActions(ready_actions(), {CRM_INTEGRATION: crm_connection()}, factory)
    outcome = await actions.run("callwright CRM", "Find Contact By Phone", {"phone": "tel:+49 30/1"})
    assert isinstance(outcome, Output)
    assert outcome.values["ref"] == "builtin:contact:1"
    assert outcome.values["phone"] == "tel:+49 30/1"
    assert (outcome.values["tier"], outcome.values["nps"], outcome.values["products"]) == ("Gold", 7, ("Fiber",))
    assert outcome.values["priorityAccount"] is True


async def test_secure_actions_give_wrapped_outputs_and_no_document(action: Any, connection: Any) -> None:
    from dsl.expressions.values import Secure

    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, b'{"name": "Ada"}')))
    outcome = await runner(action(secure=True), connection(), factory).run("CRM", "Look Up", {"x": Secure("1")})
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": Secure("Ada")}
    assert outcome.document is None


async def test_paths_of_the_connection_mark_values_as_sensitive(action: Any, connection: Any) -> None:
    from dsl.expressions.values import Secure

    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, b'{"name": "Ada", "iban": "DE1"}')))
    loaded = action(outputs={"name": {"type": "string"}, "iban": {"type": "string"}})
    outcome = await runner(loaded, connection(sensitive=("$.iban",)), factory).run("CRM", "Look Up", {"x": "1"})
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": "Ada", "iban": Secure("DE1")}


def test_every_kind_of_failure_is_a_row_and_no_other_can_be_made() -> None:
    with pytest.raises(ValueError, match="no kind"):
        Failure("invented", "x")
    for kind, row in KINDS.items():
        outputs = replace(Failure(kind, "m" * 900)).outputs()
        assert outputs["details.errorCode"] == (row.detail,)
        assert len(outputs["userMessage"]) == 500
