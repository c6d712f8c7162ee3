"""Directus, a server that this project did not write, from its npm packages (tools/test-peers.sh directus)."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.connectors.crm.listening import listening

TOKEN = "token-of-the-test-run"
COMMAND = "node_modules/@directus/api/dist/cli/run.js"
"""The command line behind the one that first asks the registry for a newer version."""

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

PEOPLE = [
    ("Ada", "Byron", "+4930123456", "Gold"),
    ("Bea", "O'Brien", "+4989555123", "Silver"),
    ("Cem", "Öz", "089 555123", "Silver"),
    ("Dan", "Stern", "030 987654", "Gold"),
    ("Eve", "Blank", "+49 40 444555", "Gold"),
    ("Fay", "Formatted", "(317) 555-0125", "Gold"),
    *(("Row", f"Number {n}", f"+494010{n:02}", "Bulk") for n in range(25)),
]


class Directus:
    """One data folder: its settings, its commands, its first rows."""

    def __init__(self, node: str, packages: Path, folder: Path) -> None:
        self.node, self.script, self.folder = node, packages / COMMAND, folder

    @contextmanager
    def running(self, **settings: str) -> Iterator[str]:
        """The server with these settings; its origin. Several may run over the one folder."""
        command = [self.node, self.script, "start"]
        environment = self._environment(**settings)
        with listening(command, self.folder, "/server/ping", environment=environment, patience_s=120) as origin:
            yield origin

    def _environment(self, **more: str) -> Mapping[str, str]:
        """Its settings: a file of SQLite, and no traffic but with us."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "HOST": "127.0.0.1",
            "SECRET": "a secret of the test run",
            "DB_CLIENT": "sqlite3",
            "DB_FILENAME": str(self.folder / "data.db"),
            "EXTENSIONS_PATH": str(self.folder / "extensions"),
            "STORAGE_LOCAL_ROOT": str(self.folder / "uploads"),
            "ADMIN_EMAIL": "admin@example.com",
            "ADMIN_PASSWORD": "of the test run",
            "ADMIN_TOKEN": TOKEN,
            "TELEMETRY": "false",
            "EMAIL_VERIFY_SETUP": "false",
            "CACHE_ENABLED": "false",
            "WEBSOCKETS_ENABLED": "false",
            "RATE_LIMITER_ENABLED": "false",
            **more,
        }

    def bootstrap(self) -> None:
        """Make the database."""
        command, environment = [self.node, self.script, "bootstrap"], self._environment()
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def fill(self, origin: str) -> None:
        """The collection of contacts with its rows, numbers stored in every way."""
        texts = [{"field": name, "type": "string"} for name in ("first_name", "last_name", "phone", "tier")]
        key = {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}}
        post(origin, "/collections", {"collection": "contacts", "schema": {}, "fields": [key, *texts]})
        rows = [dict(zip(("first_name", "last_name", "phone", "tier"), person, strict=True)) for person in PEOPLE]
        post(origin, "/items/contacts", rows)

    def refusals(self) -> int:
        """How often a server of this folder has said 429, by its own log."""
        return (self.folder / "server.log").read_text().count(" 429 ")


def post(origin: str, path: str, body: Any) -> None:
    """What the test itself tells the server, without the code under test."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(origin + path, json.dumps(body).encode(), headers)
    OPENER.open(request, timeout=60).close()


def exhaust(origin: str, window: str) -> None:
    """Asks until the server refuses for a whole ``window`` (s, as its ``Retry-After`` says): one has just begun."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        try:
            OPENER.open(origin + "/server/ping", timeout=60).close()
        except urllib.error.HTTPError as error:
            with error:
                if error.headers["Retry-After"] == window:
                    return
    raise AssertionError("the rate limiter does not refuse")
