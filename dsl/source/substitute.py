"""``{{name}}`` in a file: replaced on the text, before it is YAML (flow-format.md §1.1).

The result knows where each of its characters came from, so that positions found in the substituted text are shown in
the text that the author wrote.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from dsl.source.diagnostics import Diagnostic, finding
from dsl.source.nearest import did_you_mean
from dsl.source.text import Source

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Substituted:
    """A text after substitution.

    ``starts`` and ``origins`` map back: from ``starts[i]`` on, the text runs beside the original from
    ``origins[i]`` on; where ``inserted[i]`` is true the stretch came from a value and stands for one original
    place.
    """

    text: str
    starts: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)
    inserted: tuple[bool, ...] = (False,)

    @property
    def is_identity(self) -> bool:
        """Whether nothing was replaced."""
        return len(self.starts) == 1

    def original(self, offset: int) -> int:
        """The offset in the author's text of an offset in the substituted text."""
        index = bisect_right(self.starts, offset) - 1
        within = 0 if self.inserted[index] else offset - self.starts[index]
        return self.origins[index] + within


def substitute(source: Source, values: Mapping[str, str] | None = None) -> tuple[Substituted, list[Diagnostic]]:
    """Replace every placeholder by its value; an unknown name is reported and stays as its bare name.

    ``values`` that no placeholder asks for are reported as ``unused-substitution`` at the start of the file.
    """
    given = values or {}
    findings: list[Diagnostic] = []
    pieces: list[str] = []
    starts, origins, inserted = [0], [0], [False]
    done = length = 0
    used: set[str] = set()
    for match in PLACEHOLDER.finditer(source.text):
        name = match.group(1)
        used.add(name)
        if name not in given:
            findings.append(
                finding(
                    "unknown-substitution",
                    f'"{{{{{name}}}}}" has no value',
                    source.span(match.start(), match.end()),
                    help=did_you_mean(name, given) or "give it one with --subst FILE or in the sibling .subst.yaml",
                )
            )
        value = given.get(name, name)
        pieces += [source.text[done : match.start()], value]
        length += match.start() - done
        starts += [length, length + len(value)]
        origins += [match.start(), match.end()]
        inserted += [True, False]
        length += len(value)
        done = match.end()
    pieces.append(source.text[done:])
    findings.extend(
        finding("unused-substitution", f'no "{{{{{name}}}}}" asks for this value', source.span(0, 0))
        for name in given
        if name not in used
    )
    return Substituted("".join(pieces), tuple(starts), tuple(origins), tuple(inserted)), findings
