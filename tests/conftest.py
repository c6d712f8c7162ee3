"""What all tests share: the corpus where there is one, a PostgreSQL of their own, and no skip in silence under CI."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

ALLOWED_CI_SKIPS: tuple[str, ...] = ("the shared corpus is not here",)
"""Reasons that may skip a test even under CI: what no setup can install."""


def corpus_folder() -> Path | None:
    """The corpus of public inputs, beside the checkout or where CALLWRIGHT_CORPUS says; None when there is none."""
    given = os.environ.get("CALLWRIGHT_CORPUS")
    candidates = [Path(given)] if given else [ROOT.parent / "shared" / "corpus"]
    return next((path for path in candidates if path.is_dir()), None)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus folder; the test is skipped where there is none."""
    found = corpus_folder()
    if found is None:
        pytest.skip("the shared corpus is not here")
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    """Under CI a skip that is not listed fails."""
    report: pytest.TestReport = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(allowed in reason for allowed in ALLOWED_CI_SKIPS):
            report.outcome = "failed"
            report.longrepr = f"skipped under CI, which is not allowed: {reason}"
    return report


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


@pytest.fixture
def fresh_postgres(postgres_url: str) -> str:
    """The address of an empty database."""
    return _fresh_database(postgres_url)


def _fresh_database(url: str) -> str:
    from sqlalchemy import create_engine, make_url, text

    address = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM pg_database")).scalar_one()
        connection.execute(text(f"CREATE DATABASE fresh{count}"))
    engine.dispose()
    return make_url(url).set(database=f"fresh{count}").render_as_string(hide_password=False)
