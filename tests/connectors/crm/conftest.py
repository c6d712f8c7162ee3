"""Ready actions against a system that answers in this process, through the client factory."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import Connection, DataActions, HttpFactory, load_connections, ready_actions
from dsl.source import Source
from tests.connectors.crm.directus_server import COMMAND, Directus
from tests.connectors.crm.listening import listening


@pytest.fixture
def connected() -> Callable[..., Connection]:
    """A connection from the YAML of its settings."""

    def load(yaml: str) -> Connection:
        connections, findings = load_connections(Source("connections.yaml", "connections:\n" + yaml))
        assert not [f for f in findings if f.severity.value == "error"], findings
        (connection,) = connections.values()
        return connection

    return load


@pytest.fixture
async def asking() -> AsyncIterator[Callable[..., Callable[..., Any]]]:
    """``ask = asking(connection, app)``, then ``await ask(action, **inputs)``: outputs, or the failure."""
    factories = []

    def make(connection: Connection, app: Any = None) -> Callable[..., Any]:
        factory = HttpFactory()
        factories.append(factory)
        if app is not None:
            factory.mount(connection.origin, app)
        actions = DataActions(ready_actions(), {connection.name: connection}, factory)

        async def ask(action: str, **inputs: Any) -> Any:
            outcome = await actions.run(connection.name, action, inputs)
            return dict(outcome.values) if hasattr(outcome, "values") else outcome

        return ask

    yield make
    for factory in factories:
        await factory.aclose()


ROOT = Path(__file__).parents[3]
PEERS = ROOT / ".callwright/peers"


@pytest.fixture(scope="session")
def peers() -> Path:
    """The folder of the third-party servers and clients, installed by ``tools/test-peers.sh`` when they are missing."""
    done = subprocess.run([ROOT / "tools/test-peers.sh"], capture_output=True, text=True, check=False)
    if not (PEERS / "requirements.txt").exists():
        pytest.skip(f"the test peers cannot be installed: {done.stderr.strip()[-200:]}")
    return PEERS


PEOPLE = [
    (1, "Ada", "Byron", "+4930123456", "Gold"),
    (2, "Bea", "O'Brien", "+4989555", "Silver"),
    (3, "Cem", "Öz", "+4989555", "Silver"),
    (4, "Dan", "50% #1", "030 987654", "Gold"),
    *((n, "Row", f"Number {n}", "+49401000", "Bulk") for n in range(5, 30)),
]


@pytest.fixture(scope="session")
def datasette(peers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A datasette with GraphQL over a table of people; its origin."""
    folder = tmp_path_factory.mktemp("datasette")
    with sqlite3.connect(folder / "crm.db") as database:
        database.execute("create table contacts(id integer primary key, first_name, last_name, phone, tier)")
        database.execute("create index by_phone on contacts(phone)")
        database.executemany("insert into contacts values (?, ?, ?, ?, ?)", PEOPLE)
    database.close()
    command = [peers / "venv/bin/datasette", "crm.db", "--host", "127.0.0.1", "--port", "PORT"]
    with listening(command, folder, "/-/versions.json") as origin:
        yield origin


@pytest.fixture(scope="session")
def odata(peers: Path) -> Iterator[str]:
    """An OData V4 server whose set ``contacts`` can be written; its origin."""
    node = shutil.which("node")
    folder = peers / "odata"
    if node is None or not (folder / "node_modules").is_dir():
        pytest.skip("the OData peer needs node and npm")
    script = Path(__file__).parent / "peers/odata_server.js"
    with listening([node, script, "PORT"], folder, "/api/data/v9.2/$metadata") as origin:
        yield origin


@pytest.fixture(scope="session")
def directus_home(tmp_path_factory: pytest.TempPathFactory) -> Directus:
    """Directus with an empty database; not running."""
    packages, node = PEERS / "directus", shutil.which("node")
    if node is None or not (packages / COMMAND).is_file():
        pytest.skip("Directus is not installed: tools/test-peers.sh directus (it needs node 20 and npm)")
    home = Directus(node, packages, tmp_path_factory.mktemp("directus"))
    home.bootstrap()
    return home


@pytest.fixture(scope="session")
def directus(directus_home: Directus) -> Iterator[str]:
    """Directus with contacts that can be read and written over REST and GraphQL; its origin."""
    with directus_home.running() as origin:
        directus_home.fill(origin)
        yield origin


@pytest.fixture
def strict_directus(directus_home: Directus, directus: str) -> Iterator[str]:
    """A second server over the same contacts, which answers five requests within two seconds; its origin."""
    limits = {"RATE_LIMITER_POINTS": "5", "RATE_LIMITER_DURATION": "2"}
    with directus_home.running(RATE_LIMITER_ENABLED="true", **limits) as origin:
        yield origin
