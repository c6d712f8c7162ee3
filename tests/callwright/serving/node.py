"""A served node in a process of its own, for tests that use it as people do, and kill it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

PASSWORD = "a good long password"
PATIENCE_S = 20.0


def callwright(*words: str) -> list[str]:
    return [sys.executable, "-m", "callwright", *words]


@dataclass
class Node:
    """``callwright serve`` on a database that outlives it."""

    project: Path
    database: str
    running: subprocess.Popen[str] | None = None
    address: str = ""
    clients: list[httpx.Client] = field(default_factory=list)

    def start(self) -> Node:
        """Start and wait until it serves."""
        words = callwright("serve", str(self.project), "--port", "0", "--database", self.database)
        quick = {**os.environ, "CALLWRIGHT_PHONE_PACE": "1ms"}
        with self.log.open("a") as log:
            self.running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, env=quick)
        assert self.running.stdout is not None
        said = self.running.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found, said + self.log.read_text()
        self.address = found.group(0)
        return self

    @property
    def log(self) -> Path:
        """What the nodes of the project have complained of."""
        return self.project.with_suffix(".log")

    def client(self) -> httpx.Client:
        """A new browser's connections; closed with the node."""
        self.clients.append(httpx.Client(base_url=self.address, trust_env=False, timeout=PATIENCE_S))
        return self.clients[-1]

    def close(self) -> None:
        """The end of a test; what the nodes complained of is shown with one that failed."""
        print(self.log.read_text())
        self.log.write_text("")
        for client in self.clients:
            client.close()
        self.kill()

    def kill(self) -> None:
        """As a machine that loses its power."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """As a machine that hangs."""
        assert self.running is not None
        self.running.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """It goes on as if nothing had been."""
        assert self.running is not None
        self.running.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """As Ctrl-C; gives the exit code."""
        return self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> int:
        if self.running is None:
            return 0
        self.running.send_signal(number)
        self.running.communicate(timeout=PATIENCE_S)
        code, self.running = self.running.returncode, None
        return code

    def allow(self, *usernames: str) -> None:
        """Let users log in."""
        for username in usernames:
            words = callwright("user", "add", username, "--project", str(self.project), "--password-stdin")
            subprocess.run(
                [*words, "--database", self.database], input=PASSWORD, text=True, check=True, capture_output=True
            )


@dataclass
class Browser:
    """A desk or phone page's requests."""

    node: Node
    client: httpx.Client = field(init=False)
    csrf: str = ""

    def __post_init__(self) -> None:
        self.client = self.node.client()

    def log_in(self, username: str) -> Browser:
        self.client.post("/login", data={"username": username, "password": PASSWORD})
        found = re.search(r'name="csrf" content="([^"]+)"', self.client.get("/desk").text)
        assert found, f"{username} is not logged in"
        self.csrf = found.group(1)
        return self

    def command(self, name: str, interaction: str = "", **args: Any) -> httpx.Response:
        body = {"commandId": str(uuid4()), "interactionId": interaction, "args": args}
        return self.client.post(f"/desk/commands/{name}", json=body, headers={"x-csrf-token": self.csrf})

    def interactions(self) -> list[dict[str, Any]]:
        return list(self.client.get("/desk/state").json()["interactions"])

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """The stream's events with their data, as they come, for as long as a test may take."""
        patience = time.monotonic() + PATIENCE_S
        with self.client.stream("GET", path) as stream:
            kind = ""
            for line in stream.iter_lines():
                assert time.monotonic() < patience, f"{path} did not tell what was waited for"
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield {"event": kind, **json.loads(line.removeprefix("data: "))}

    def until(self, state: str) -> dict[str, Any]:
        """The agent's interaction, once it is in a state: looked for again whenever the desk tells something."""
        seen: list[Any] = []
        try:
            for event in self.events("/desk/events"):
                shown = {one["state"]: one for one in self.interactions()}
                seen.append((event["event"], list(shown)))
                if state in shown:
                    return shown[state]
        except AssertionError as error:
            raise AssertionError(f"{error}: {state}, after {seen}") from None
        raise AssertionError(f"the stream ended before there was a call that is {state}, after {seen}")

    def dial(self, number: str, dialled: str = "+49301234567") -> str:
        answer = self.client.post(
            "/phone/calls", json={"from": number, "to": dialled}, headers={"x-requested-with": "phone"}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session"])

    def hears(self, session: str, text: str, press: str = "") -> None:
        """Listen until something is said, then press keys; a stream that breaks is opened again, as pages do."""
        patience = time.monotonic() + PATIENCE_S
        while not self._heard(session, text):
            assert time.monotonic() < patience, f'"{text}" was never heard'
            time.sleep(0.2)
        if press:
            self.client.post(f"/phone/calls/{session}/keys", json={"keys": press})

    def _heard(self, session: str, text: str) -> bool:
        events = self.events(f"/phone/calls/{session}/events")
        return any(text in str(event.get("text", event.get("name", event.get("others", "")))) for event in events)
