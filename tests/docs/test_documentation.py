"""Every command in README and docs runs and answers what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dsl.concise import expand
from dsl.source import Map, Source, read_yaml

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
ALL = [ROOT / "README.md", *PAGES]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```\w+ file=(.+?)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def write_files(page: Path, folder: Path) -> None:
    """The files that a page shows (``file=PATH`` after the language), where its commands find them."""
    for name, text in FILE.findall(page.read_text(encoding="utf-8")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def commands(block: str) -> list[tuple[str, list[str]]]:
    """Each command of a console block with the lines that it should print; ``...`` stands for any lines."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def shows(expected: list[str], printed: str) -> bool:
    """Whether a command printed what the page says; ``...`` stands for anything."""
    pattern = re.escape("\n".join(expected)).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, printed.strip("\n"), re.DOTALL) is not None


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """A reader's terminal: an empty folder, ``callwright`` on the path, each command where the last one has led."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "callwright").write_text(f'#!/bin/sh\nexec {sys.executable} -m callwright "$@"\n', encoding="utf-8")
    (programs / "callwright").chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CALLWRIGHT_HOME": str(home / "data"),
    }
    place = home

    def run(command: str) -> subprocess.CompletedProcess[str]:
        nonlocal place
        script = f'{command}\ncode=$?\npwd >"{tmp_path}/place"\nexit $code'
        done = subprocess.run(
            ["bash", "-c", script], cwd=place, env=environment, capture_output=True, text=True, check=False
        )
        place = Path((tmp_path / "place").read_text(encoding="utf-8").strip())
        return done

    return run


@pytest.mark.parametrize("page", [p for p in ALL if blocks(p, "console")], ids=lambda page: page.name)
def test_the_commands_of_a_page_answer_as_it_says(
    page: Path, tmp_path: Path, shell: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    write_files(page, tmp_path / "home")
    for block in blocks(page, "console"):
        for command, expected in commands(block):
            if command.startswith("make "):
                verb = command.split()[1]
                assert f"\n{verb}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
                continue
            done = shell(command)
            assert done.returncode < 2, f"{command}\n{done.stderr}"
            assert not expected or shows(expected, done.stdout), f"{command}\n{done.stdout}{done.stderr}"


def test_the_flow_in_the_readme_is_forty_lines_and_clean() -> None:
    flow = next(block for block in blocks(ROOT / "README.md", "yaml") if block.startswith("inboundCall"))
    assert len(flow.splitlines()) <= 46
    tree, findings = read_yaml(Source("README.md", flow))
    assert isinstance(tree, Map)
    assert findings == []
    assert expand(tree).findings == ()


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
