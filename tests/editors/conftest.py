"""A running YAML language server, spoken to over standard input and output."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

PATIENCE = 30.0
"""Seconds that an answer may take; far more than it does."""


class LanguageServer:
    """A running server that completes and checks YAML with one schema for every file."""

    def __init__(self, command: list[str], schema: Path) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._settings = {"schemas": {schema.as_uri(): ["*.yaml"]}, "completion": True, "validate": True, "hover": True}
        self._settings["schemaStore"] = {"enable": False}
        self._received: Queue[dict[str, Any]] = Queue()
        self._count = 0
        threading.Thread(target=self._read, daemon=True).start()
        capabilities = {"workspace": {"configuration": True}, "textDocument": {"completion": {"completionItem": {}}}}
        self._request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})

    def complete(self, text: str) -> list[str]:
        """Labels that are offered where the text has a bar."""
        before, _, after = text.partition("|")
        uri = self._open(before + after)
        self._diagnostics(uri)  # the schema has been loaded then
        place = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        found = self._request("textDocument/completion", {"textDocument": {"uri": uri}, "position": place})
        return [item["label"] for item in (found["items"] if isinstance(found, dict) else found)]

    def check(self, text: str) -> list[tuple[int, str]]:
        """Lines, from 1, and messages of what the server finds wrong."""
        return [(d["range"]["start"]["line"] + 1, d["message"]) for d in self._diagnostics(self._open(text))]

    def close(self) -> None:
        """Stop the server."""
        self._process.kill()
        self._process.communicate()

    def _open(self, text: str) -> str:
        self._count += 1
        uri = f"file:///flows/file{self._count}.yaml"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def _diagnostics(self, uri: str) -> list[dict[str, Any]]:
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                return found

    def _request(self, method: str, params: dict[str, Any]) -> Any:
        self._count += 1
        identity = self._count
        self._send({"id": identity, "method": method, "params": params})
        while (message := self._next()).get("id") != identity or "method" in message:
            pass
        return message["result"]

    def _next(self) -> dict[str, Any]:
        """The next message; questions of the server are answered on the way."""
        message = self._received.get(timeout=PATIENCE)
        if "method" in message and "id" in message:
            items = message.get("params", {}).get("items", []) if isinstance(message.get("params"), dict) else []
            answer = [self._settings if item.get("section") == "yaml" else {} for item in items]
            self._send({"id": message["id"], "result": answer or None})
        return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
                while stream.readline().strip():
                    pass
                self._received.put(json.loads(stream.read(length)))


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    """The server with the schema of flows, installed by ``tools/test-peers.sh`` when it is missing."""
    done = subprocess.run([ROOT / "tools/test-peers.sh"], capture_output=True, text=True, check=False)
    command = ROOT / ".callwright/peers/editor/node_modules/.bin/yaml-language-server"
    if done.returncode or shutil.which("node") is None or not command.exists():
        pytest.skip(f"yaml-language-server is not installed: {done.stderr.strip()[-200:]}")
    running = LanguageServer([str(command), "--stdio"], ROOT / "editors/schema/flow.json")
    yield running
    running.close()
