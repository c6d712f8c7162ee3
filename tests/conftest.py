"""What all tests share: the corpus where there is one, a PostgreSQL of their own, and no skip in silence under CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bench.cluster import NO_SERVER, Cluster, server_tools

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("suite"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "suite")
"""No example fails because a machine is busy; under CI the same commit is asked the same examples."""

ROOT = Path(__file__).parent.parent

ALLOWED_CI_SKIPS: tuple[str, ...] = (
    "the shared corpus is not here",
    "CALLWRIGHT_VENDOR_SDK names no Python",
    "Directus is not installed",
)
"""Reasons that may skip a test even under CI: what no setup can install, or what is too large for it."""


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


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A cluster of our own on a socket in its own folder, ended by its process."""
    if server_tools() is None:
        pytest.skip(NO_SERVER)
    cluster = Cluster()
    cluster.create()
    cluster.start()
    yield cluster.url
    cluster.remove()


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
