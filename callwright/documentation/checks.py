"""docs/checks.md: every finding with its example, what check really says to it, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import unified_diff
from itertools import groupby

from callwright.documentation.markdown import fence, page, table
from callwright.examples import check_example
from dsl.explain import Example, Page, pages
from dsl.source.report import pretty

LONGEST = 20
"""Lines of an example that the page shows whole; of longer ones the excerpt and the change are enough."""

_INTRODUCTION = """
What `callwright check` can say, by what it is about. `callwright explain CODE` shows the same with the whole example.

An **error** fails the check (exit code 1), a **warning** only with `--strict`, an **info** never. A finding that
you know and want to keep is taken out by a comment on its line, `# callwright: ignore CODE`, or for whole folders
under `ignore` in callwright.yaml.
"""


def checks_page() -> str:
    """The page."""
    listed = list(pages())
    index = table(
        ["code", "severity", "meaning"], ((_link(p), " or ".join(p.code.severities), p.code.title) for p in listed)
    )
    parts = [part for p in groupby(listed, key=lambda p: p.code.group) for part in _group(*p)]
    return page("Findings", _INTRODUCTION, index, *parts)


def _link(page_: Page) -> str:
    return f"[`{page_.code.code}`](#{page_.code.code})"


def _group(name: str, listed: Iterator[Page]) -> Iterator[str]:
    yield f"## {name[:1].upper()}{name[1:]}"
    for one in listed:
        yield from _finding(one)


def _finding(one: Page) -> Iterator[str]:
    yield f"### {one.code.code}"
    yield f"*{' or '.join(one.code.severities)}.* {one.meaning}"
    if one.when is not None:
        yield one.when.text
    if one.wrong is not None:
        for path, text in one.wrong.files.items():
            if len(text.splitlines()) <= LONGEST:
                yield f"{path}:"
                yield fence("json" if path.endswith(".json") else "yaml", text)
        yield fence("text", pretty(replace(check_example(one.wrong), paths=())))
    if one.right is not None:
        yield one.right.text
        if one.wrong is not None:
            yield fence("diff", "\n".join(_changes(one.wrong, one.right)))


def _changes(wrong: Example, right: Example) -> Iterator[str]:
    """The lines that mend it, marks left out."""
    for path in dict.fromkeys([*wrong.files, *right.files]):
        before, after = (example.unmarked.get(path, "").splitlines() for example in (wrong, right))
        lines = unified_diff(before, after, n=0, lineterm="")
        yield from (line for line in lines if not line.startswith(("---", "+++", "@@")))
