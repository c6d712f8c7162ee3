"""Flows that take parts from other files of their project."""

from __future__ import annotations

from pathlib import Path

import pytest

from callwright.checking import check_paths
from callwright.loading import executable_of, load_flow_file

MAIN = "inboundCall: {name: Main, startUpRef: '../shared.yaml#/common/tasks/task[begin]'}"
SHARED = "common: {tasks: [{task: {name: begin, actions: [{playAudio: {audio: {tts: WORDS}}}, {disconnect: {}}]}}]}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "flows").mkdir(parents=True)
    (root / "callwright.yaml").write_text("name: Example")
    (root / "flows/main.yaml").write_text(MAIN)
    (root / "shared.yaml").write_text(SHARED)
    return root


def test_a_file_that_a_flow_takes_parts_from_need_not_be_a_flow(project: Path) -> None:
    assert check_paths([project / "flows/main.yaml", project / "shared.yaml"]).findings == []
    assert [found.code for found in check_paths([project / "shared.yaml"]).findings] == ["unknown-flow-type"]


def test_nothing_outside_the_project_is_read(project: Path) -> None:
    (project.parent / "secret.yaml").write_text(SHARED)
    (project / "flows/main.yaml").write_text(MAIN.replace("../shared", "../../secret"))
    assert [found.code for found in check_paths([project / "flows"]).findings] == ["unknown-include"]


def test_a_change_of_the_other_file_is_a_change_of_the_program(project: Path) -> None:
    first = executable_of(load_flow_file(project / "flows/main.yaml")).program
    (project / "shared.yaml").write_text(SHARED.replace("WORDS", "OTHERS"))
    second = executable_of(load_flow_file(project / "flows/main.yaml")).program
    assert first.fingerprint != second.fingerprint
