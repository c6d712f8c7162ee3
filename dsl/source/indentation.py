"""Which line is out of line where indentation does not fit.

Libyaml tells the first line that it cannot place. The slip is as often further up: a key that is pushed in begins a
block of its own, one that is pulled out ends the block that it stands in, and the next one, which is right, fits
nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TypeAlias

_Place: TypeAlias = tuple[int, bool]  # the column where something begins, and whether with a dash


def odd_line(lines: Sequence[str], refused: int) -> int:
    """The line that an author has to move; numbers from 0.

    It is the refused one, or the line above, which stands between others of the refused one's column, or the first
    behind that, whose column fewer of the block's lines have.
    """
    place = next(_places(lines[refused]))
    column = place[0]
    above = next((n for n in range(refused - 1, -1, -1) if _counts(lines[n]) and _column(lines[n]) < column), None)
    if above is None:
        return refused
    first = next(n for n in range(above + 1, refused + 1) if _counts(lines[n]))
    pushed = next(_places(lines[first]))
    if pushed[0] <= column:
        return refused
    if _interrupts(lines, above, place):
        return above
    begun = [found for text in filter(_counts, lines[first:refused]) for found in _places(text)]
    block = takewhile(lambda text: _column(text) >= column, filter(_counts, lines[refused:]))
    rare, usual = begun.count(pushed), [found for text in block for found in _places(text)].count(place)
    base = _column(lines[above])
    is_odd = rare < usual if rare != usual else _oddness(pushed[0] - base) > _oddness(column - base)
    return first if is_odd and pushed[1] == place[1] else refused


def _interrupts(lines: Sequence[str], number: int, place: _Place) -> bool:
    """Whether a line stands behind others that begin at a place."""
    before = (text for text in reversed(lines[:number]) if _counts(text) and _column(text) <= place[0])
    return place in _places(next(before, "")) and next(_places(lines[number]))[1] == place[1]


def _oddness(step: int) -> int:
    return {2: 0, 4: 1}.get(step, 2)


def _counts(text: str) -> bool:
    return bool(text.strip()) and not text.lstrip().startswith("#")


def _column(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _places(text: str) -> Iterator[_Place]:
    """Where something begins in a line: the item, and what stands behind its dash."""
    column = _column(text)
    while text[column:].startswith("- "):
        yield column, True
        column += 2
    yield column, False
