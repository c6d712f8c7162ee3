"""The CRM welcome with Salesforce: rehearsed against recorded answers, and new projects begin like it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from callwright.cli import main

PROJECT = Path(__file__).parents[2] / "flows/salesforce_welcome"


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a socket was used")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, forbidden)


def test_its_calls_pass_without_a_socket_and_without_a_secret(
    no_socket: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", str(PROJECT)]) == 0
    assert capsys.readouterr().out.endswith("8 passed, 0 failed\n")


def test_it_checks_without_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--strict", str(PROJECT)]) == 0
    assert "no findings" in capsys.readouterr().out


def test_a_new_project_for_salesforce_passes_its_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new"), "--crm", "salesforce"]) == 0
    assert main(["test", str(tmp_path / "new")]) == 0
    assert "8 passed, 0 failed" in capsys.readouterr().out


def test_cassettes_hold_no_log_in() -> None:
    for path in (PROJECT / "tests/cassettes").glob("*.jsonl"):
        assert "Bearer" not in path.read_text(encoding="utf-8")
