"""Another distribution's package in front of ours is named before anything else happens."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callwright.guard import shadowed


def test_nothing_is_said_where_all_packages_are_ours() -> None:
    assert shadowed() is None


def test_a_package_from_elsewhere_is_named_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    sentence = shadowed()
    assert sentence is not None
    assert f'the package "store" is not callwright\'s: it comes from {tmp_path}' in sentence


def test_a_package_that_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    sentence = shadowed()
    assert sentence is not None
    assert '"channels" is not callwright\'s: it cannot be found' in sentence
