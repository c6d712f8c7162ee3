"""Every command in README and docs runs and answers what the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.concise import expand
from dsl.source import Map, Source, read_yaml

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
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
    parts = ["\n".join(group) for group in split_at_ellipsis(expected)]
    pattern = ".*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, printed.strip("\n"), re.DOTALL) is not None


def split_at_ellipsis(lines: list[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for line in lines:
        groups.append([]) if line == "..." else groups[-1].append(line)
    return groups


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "console")], ids=lambda page: page.name)
def test_the_commands_of_a_page_answer_as_it_says(page: Path, tmp_path: Path) -> None:
    write_files(page, tmp_path)
    for block in blocks(page, "console"):
        for command, expected in commands(block):
            words = shlex.split(command)
            if words[0] == "callwright":
                words = [sys.executable, "-m", "callwright", *words[1:]]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode < 2, f"{command}\n{done.stderr}"
            assert shows(expected, done.stdout), f"{command}\n{done.stdout}{done.stderr}"


def test_the_flow_in_the_readme_is_forty_lines_and_clean() -> None:
    flow = next(block for block in blocks(ROOT / "README.md", "yaml") if block.startswith("inboundCall"))
    assert len(flow.splitlines()) <= 46
    tree, findings = read_yaml(Source("README.md", flow))
    assert isinstance(tree, Map)
    assert findings == []
    assert expand(tree).findings == ()


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
