"""Whole calls through ``serve``'s nodes on one PostgreSQL: one node, and two that share the same load.

A call comes in, its flow puts it into the queue, an agent of any node takes it by itself, they are connected, the
caller hangs up; all of it durable before it is told. Every node is a process of its own. Where the two nodes and the
database share few cores, two can do hardly more than one: what the ratio shows then is what sharing costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.cluster import NO_SERVER, Cluster, server_tools
from callwright.project import load_project
from callwright.serving.center import ContactCenter, open_center
from callwright.serving.server import HOST, address_of, listen, served
from callwright.serving.threads import enough_threads
from channels.telephony import ScriptedCaller
from contactcenter.routing import messages as m
from store import open_store

CALLERS, AGENTS = 32, 400
WARM_UP_S, SECONDS = 2.0, 8.0
NUMBER = "+49301234567"

FILES = {
    "callwright.yaml": f'numbers: {{"{NUMBER}": flow.yaml}}\norganisation: organisation.yaml\n',
    "flow.yaml": """\
inboundCall:
  name: Through
  defaultLanguage: en-us
  startUpRef: ./tasks/task[m]
  tasks:
    - task:
        name: M
        refId: m
        actions:
          - transferToAcd: {name: Queue, targetQueue: {lit: {name: Q}}}
""",
    "organisation.yaml": json.dumps(
        {
            "queues": [
                {
                    "name": "Q",
                    "acwSettings": {"wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 1000},
                    "mediaSettings": {"call": {"enableAutoAnswer": True}},
                    "members": [f"a{n}@example.com" for n in range(AGENTS)],
                }
            ],
            "users": [{"username": f"a{n}@example.com", "name": f"A{n}"} for n in range(AGENTS)],
        }
    ),
}


class Load:
    """Callers of one node who each call again as soon as they have talked to somebody."""

    def __init__(self, center: ContactCenter) -> None:
        self.center = center
        self.end = 0.0
        self.waits: list[float] = []

    async def caller(self) -> None:
        """Call after call."""
        while (begin := time.perf_counter()) < self.end:
            connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def heard(who: str, _: str, connected: asyncio.Future[None] = connected) -> None:
                if who == "connected" and not connected.done():
                    connected.set_result(None)

            phone = ScriptedCaller(self.center.clock, [], pace=0, on_line=heard)
            await self.center.conversations.call(phone, ani=None, dnis=f"tel:{NUMBER}", adapter="bench")
            phone.start()
            await connected
            phone.leave()
            self.waits.append(time.perf_counter() - begin)

    async def run(self, seconds: float) -> float:
        """Calls a second."""
        begin, self.waits = time.perf_counter(), []
        self.end = begin + seconds
        await asyncio.gather(*(self.caller() for _ in range(CALLERS)))
        return len(self.waits) / (time.perf_counter() - begin)


async def node(project: Path, url: str) -> None:
    """A node that says when it is there, and its figures after it was told to begin."""
    enough_threads()
    listening = listen(HOST, 0)
    center = await open_center(load_project(project)[0], open_store(url), address=address_of(listening, HOST))
    async with served(center, listening):
        for agent in center.organisation.all("user"):
            await center.routing.send(m.SetStatus(command_id=f"on:{agent.id}", agent=agent.id, status="on_queue"))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        load = Load(center)
        await load.run(WARM_UP_S)
        rate = await load.run(SECONDS)
        median = sorted(load.waits)[len(load.waits) // 2]
        print(json.dumps({"rate": rate, "median_ms": 1000 * median}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)  # the others still need us
    await center.close()


def measured(project: Path, url: str, nodes: int) -> tuple[float, float]:
    """Calls a second of all nodes together, and the median until a caller is connected, in ms."""
    command = [sys.executable, "-m", "bench.nodes", str(project), url]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(nodes)
    ]

    def say(process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()

    def hear(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline()

    try:
        assert [hear(process) for process in running] == ["ready\n"] * nodes
        for process in running:
            say(process)
        figures = [json.loads(hear(process)) for process in running]
        for process in running:
            say(process)
        for process in running:
            process.wait(30)
    finally:
        for process in running:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
    return sum(one["rate"] for one in figures), max(one["median_ms"] for one in figures)


def run() -> list[tuple[str, float, str]]:
    """Figures of one node and of two."""
    if server_tools() is None:
        print(f"  left out: {NO_SERVER}")
        return []
    rates = {}
    figures: list[tuple[str, float, str]] = []
    for nodes in (1, 2):
        cluster = Cluster(fsync="on")
        try:
            cluster.create()
            cluster.start()
            with tempfile.TemporaryDirectory() as folder:
                for name, text in FILES.items():
                    (Path(folder) / name).write_text(text, encoding="utf-8")
                rates[nodes], median = measured(Path(folder), cluster.url, nodes)
        finally:
            cluster.remove()
        who = "one node" if nodes == 1 else "two nodes"
        figures += [(f"{who}: whole calls/s, {CALLERS} callers a node", rates[nodes], "")]
        figures += [(f"{who}: median from the call to the agent, ms", median, "")]
    figures.append(("two nodes to one", rates[2] / rates[1], ""))
    figures.append(("cores of this machine", float(os.cpu_count() or 1), ""))
    return figures


if __name__ == "__main__":
    asyncio.run(node(Path(sys.argv[1]), sys.argv[2]))
