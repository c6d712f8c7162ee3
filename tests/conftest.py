"""What all tests share: the corpus where there is one, and no skip in silence under CI."""

from __future__ import annotations

import os
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
