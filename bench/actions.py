"""CPU of a data action against a loopback server, beside bare httpx in the same process and run.

The server is a process of its own, so that only the client's CPU is counted. ``on top`` is what callwright adds to the
transport that it uses itself: contract, templates, log-in, limits, breaker, translation, flattening.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

from bench.__main__ import Figure
from connectors import Connection, DataAction, DataActions, Output, read_export
from connectors.contract import validator_of
from connectors.http import ClientSettings, HttpFactory, HttpRequest
from connectors.transport.egress import Rules
from dsl.source import Source

CALLS = 500
ROUNDS = 15
DOCUMENTS = 20_000

SERVER = """
import asyncio
BODY = b'{"items": [{"id": "003A", "name": "Anna", "tier": "Gold", "phones": ["+4930123456"]}], "total": 1}'
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(BODY)
async def serve(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\\r\\n\\r\\n")
            writer.write(HEAD + BODY)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

EXPORT = {
    "name": "Find Customer",
    "integrationType": "custom-rest-actions",
    "actionType": "custom",
    "category": "CRM",
    "config": {
        "request": {
            "requestUrlTemplate": "/customers?phone=$esc.uriEncode(${input.phone})",
            "requestType": "GET",
            "headers": {"X-Customer": "$!{input.number}"},
            "requestTemplate": "",
        },
        "response": {
            "translationMap": {"id": "$.items[0].id", "name": "$.items[*].name", "tier": "$.items[0].tier"},
            "translationMapDefaults": {"id": '""', "tier": '"Standard"'},
            "successTemplate": '{"id": ${id}, "name": ${successTemplateUtils.firstFromArray("${name}", "null")}, '
            '"tier": ${tier}}',
        },
    },
    "contract": {
        "input": {
            "inputSchema": {
                "type": "object",
                "properties": {"phone": {"type": "string"}, "number": {"type": "string"}, "limit": {"type": "integer"}},
                "required": ["phone"],
                "additionalProperties": True,
            }
        },
        "output": {
            "successSchema": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("id", "name", "tier")},
            }
        },
    },
    "secure": False,
}
INPUTS = {"phone": "+49 30 123456", "number": "4711", "limit": 5}


def the_action() -> DataAction:
    """The action that is measured."""
    action, findings = read_export(Source("find.json", json.dumps(EXPORT)))
    assert action is not None, findings
    return action


async def _cpu_ms(*calls: Callable[[], Awaitable[object]]) -> list[float]:
    """CPU of each call in ms, in turn: the best of several rounds, since everything else only adds."""
    best = [float("inf")] * len(calls)
    for _ in range(ROUNDS):
        for which, call in enumerate(calls):
            began = time.process_time()
            for _ in range(CALLS):
                await call()
            best[which] = min(best[which], time.process_time() - began)
    return [seconds / CALLS * 1000 for seconds in best]


async def _measured(origin: str) -> list[Figure]:
    rules = Rules(origin, networks=("127.0.0.0/8",), allow_http=True)
    factory = HttpFactory()
    actions = DataActions([the_action()], {"CRM": Connection("CRM", origin=origin, rules=rules)}, factory)
    client = factory.client(ClientSettings(rules))
    url = f"{origin}/customers?phone=%2B49%2030%20123456"
    request = HttpRequest("GET", url, {"Accept": "application/json"})
    loop = asyncio.get_running_loop()

    async def action() -> None:
        outcome = await actions.run("CRM", "Find Customer", INPUTS)
        assert isinstance(outcome, Output), outcome

    async def transport() -> None:
        assert (await client.send(request, loop.time() + 60)).status == 200

    async with httpx.AsyncClient(trust_env=False) as bare:

        async def by_httpx() -> None:
            assert (await bare.get(url)).status_code == 200

        whole, under, beside = await _cpu_ms(action, transport, by_httpx)
    await actions.aclose()
    return [
        ("a data action, whole: CPU ms", whole, "<= 0.3"),
        ("its transport alone (the client factory): CPU ms", under, ""),
        ("what callwright adds on top of its transport: CPU ms", whole - under, "<= 0.15"),
        ("bare httpx, the same request: CPU ms", beside, ""),
        ("a data action / bare httpx", whole / beside, ""),
    ]


def _validation() -> Figure:
    validator = validator_of(the_action().inputs)
    began = time.process_time()
    for _ in range(DOCUMENTS):
        validator.problem(INPUTS)
    return "a contract validates a typical document: CPU us", (time.process_time() - began) / DOCUMENTS * 1e6, "<= 5"


def run() -> list[Figure]:
    """Start the server, measure, stop it."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        figures = asyncio.run(_measured(f"http://127.0.0.1:{port}"))
    finally:
        server.terminate()
        server.wait()
    return [*figures, _validation()]
