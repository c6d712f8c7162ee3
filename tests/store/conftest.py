"""Every kind of store, and a throw-away PostgreSQL where one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store import Store, open_store

UNPRIVILEGED = "nobody"
"""Whom the server runs as when we are root, which it refuses."""


def server_tools() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A cluster of our own on a socket in its own folder, ended by its process."""
    tools = server_tools()
    if tools is None:
        pytest.skip("no PostgreSQL server is installed")
    user = UNPRIVILEGED if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="callwright-pg-"))
    shutil.chown(folder, user)
    as_user = {"user": user} if os.geteuid() == 0 else {}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, capture_output=True, timeout=60, **as_user)  # type: ignore[call-overload]

    data = str(folder / "data")
    run(str(tools / "initdb"), "-D", data, "-U", "callwright", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=50 -c fsync=off"
    run(str(tools / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    yield f"postgresql://callwright@/postgres?host={folder}"
    run(str(tools / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder, ignore_errors=True)


KINDS = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store again and again; what is in memory stays one object."""
    opened: list[Store] = []
    if request.param == "postgres":
        url = _fresh_database(request.getfixturevalue("postgres_url"))
    else:
        url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/callwright.db"

    def open_it() -> Store:
        if url == "memory:" and opened:
            return opened[0]
        opened.append(open_store(url))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    """A fresh store of each kind."""
    return reopen()


def _fresh_database(url: str) -> str:
    from sqlalchemy import create_engine, make_url, text

    address = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM pg_database")).scalar_one()
        connection.execute(text(f"CREATE DATABASE fresh{count}"))
    engine.dispose()
    return make_url(url).set(database=f"fresh{count}").render_as_string(hide_password=False)
