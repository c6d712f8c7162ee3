"""``# callwright: ignore CODE``: a finding that the author knows and wants to keep."""

from __future__ import annotations

import re

from dsl.source.diagnostics import Diagnostic, finding, sorted_unique
from dsl.source.text import Source

_IGNORE = re.compile(r"#\s*callwright:\s*ignore\s+([a-z, -]+)")


def ignored_lines(source: Source, findings: list[Diagnostic]) -> list[Diagnostic]:
    """The findings without those that a comment on their line takes out; a comment that hits nothing is a finding."""
    if "callwright:" not in source.text:
        return findings
    comments: dict[tuple[int, str], tuple[int, int]] = {}
    for match in _IGNORE.finditer(source.text):
        line = source.position(match.start()).line
        for code in re.split(r"[,\s]+", match.group(1).strip()):
            comments[(line, code)] = match.span()
    here = [found for found in findings if found.span.path == source.path]
    hit = {(found.span.start.line, found.code) for found in here}
    kept = [found for found in findings if found not in here or (found.span.start.line, found.code) not in comments]
    for key, (start, end) in comments.items():
        if key not in hit:
            message = f'this ignore of "{key[1]}" hits nothing'
            kept.append(finding("unused-ignore", message, source.span(start, end), help="remove it"))
    return sorted_unique(kept)
