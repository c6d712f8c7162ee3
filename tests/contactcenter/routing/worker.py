"""A web worker that shares a routing shard with others: ``python worker.py URL NAME PORT MODE``.

``fatal`` owns the shard and is killed after it has carried out the first call it is brought, before it answers.
``caller`` brings one call to whoever owns the shard, and says how that went.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette

from callwright.peers import Peers
from contactcenter.routing import Ownership, SharedRouting
from contactcenter.routing import messages as m
from interpreter.clock import LoopClock
from store import open_store
from web.api.nodes import node_routes

SECRET = "for this test"
CONFIGURATION = {"agents": [{"id": "ada"}], "queues": [{"id": "q", "members": [{"id": "ada"}]}]}


def say(**fields: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


async def main(url: str, name: str, port: str, mode: str) -> None:
    """Serve, and do as the mode says."""
    logging.disable(logging.CRITICAL)
    peers, address = Peers(SECRET), f"http://127.0.0.1:{port}"
    store = await asyncio.to_thread(open_store, url)
    clock = LoopClock(asyncio.get_running_loop())
    routing = SharedRouting(store, clock, Ownership(name, address), peers.carrier("routing"))

    async def answer(body: bytes) -> bytes:
        told = await routing.answer(body)
        if mode == "fatal" and b"Enqueue" in body:
            say(killed_ms=round(time.time() * 1000))
            os.kill(os.getpid(), signal.SIGKILL)
        return told

    app = Starlette(routes=node_routes({"routing": answer}, SECRET))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=int(port), log_level="critical"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    await routing.start()
    say(started=name, owns=routing.owns)
    if mode == "fatal":
        await routing.send(m.Configure(command_id="configure", configuration=CONFIGURATION))
        say(configured=name)
        await serving
        return
    await asyncio.to_thread(sys.stdin.readline)
    told: Any = await routing.send(m.Enqueue(command_id="the call", item="the call", queue="q"))
    say(told=type(told).__name__, owns=routing.owns, at_ms=round(time.time() * 1000), seq=routing.freshness.seq)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
