"""Every finding explains itself: a page each, whose examples are cases (authoring.md §3.2, §10)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callwright.examples import check_example
from dsl.explain import Example, Page, page
from dsl.source import CODES, Severity

ROOT = Path(__file__).parent.parent.parent
PAGES = ROOT / "dsl/explain/pages"
WITH_EXAMPLE = [code for code in CODES if page(code).wrong is not None]


def wrong(code: str) -> Example:
    example = page(code).wrong
    assert example is not None
    return example


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_what_it_means_and_how_it_comes_about(code: str) -> None:
    read: Page = page(code)
    assert len(read.meaning) > len(read.code.title) / 2
    assert (read.wrong is None) != (read.when is None)
    assert read.right is not None


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_the_wrong_example_has_the_findings_that_are_written_on_its_lines_and_no_other_mistake(code: str) -> None:
    example = wrong(code)
    found = {(f.span.path, f.span.start.line, f.severity, f.code): f.message for f in check_example(example).findings}
    marked = {(e.path, e.line, e.severity, e.code): e.fragment for e in example.expected}
    assert code in {of for *_, of in marked}, "the page's own finding is written nowhere"
    assert {place for place in found if place[2] is not Severity.INFO} <= marked.keys() <= found.keys()
    for place, fragment in marked.items():
        assert fragment in found[place]


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_the_right_example_is_clean(code: str) -> None:
    example = page(code).right
    assert example is not None
    if example.files:
        findings = [(f.code, f.message) for f in check_example(example).findings if f.severity is not Severity.INFO]
        assert findings == []
        assert code not in {f.code for f in check_example(example).findings}


def test_every_code_is_reported_by_somebody() -> None:
    """The catalogue claims nothing that nobody does."""
    folders = ["dsl", "connectors", "contactcenter", "interpreter", "simulator", "channels", "web", "callwright"]
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path.name != "codes.py"]
    text = "".join(path.read_text("utf-8") for path in sources)
    reported = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text)) | set(WITH_EXAMPLE)
    assert set(CODES) - reported == set()
    assert [code for code in CODES if "No check reports" in "".join(one.text for one in said(code))] == []


def said(code: str) -> list[Example]:
    read = page(code)
    return [one for one in (read.wrong, read.when, read.right) if one is not None]
