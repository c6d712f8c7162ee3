from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from callwright.samples import sample
from tests.callwright.serving.node import Browser, Node


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The sample project, to be changed at will."""
    return Path(shutil.copytree(sample("crm_welcome"), tmp_path / "project"))


@pytest.fixture
def node(project: Path, tmp_path: Path) -> Iterator[Node]:
    """A running node whose agents Ada and Ben may log in."""
    node = Node(project, f"sqlite:///{tmp_path / 'node.db'}")
    node.allow("ada@example.com", "ben@example.com")
    yield node.start()
    node.close()


@pytest.fixture
def ada(node: Node) -> Browser:
    """Ada at her desk, off queue."""
    return Browser(node).log_in("ada@example.com")


@pytest.fixture
def caller(node: Node) -> Browser:
    """A caller's phone page."""
    return Browser(node)
