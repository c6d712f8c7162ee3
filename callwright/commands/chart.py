"""Charts as SVG: panels one under the other, with scales, curves, bars, and figures with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from xml.etree.ElementTree import Element, SubElement, indent, tostring

WIDTH, LEFT, RIGHT = 960, 190, 250
"""The drawing, its margin for names and scales, and its margin for what is said of a panel; in px."""
ACROSS = WIDTH - LEFT - RIGHT
HEAD, ABOVE, BELOW, CURVE_HEIGHT, ROW = 64, 26, 24, 90, 22

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-size: 18px; font-weight: 600 } .panel { font-weight: 600 } .scale { font-size: 11px; fill: #777 }
.page { fill: #fff } .grid { stroke: #ddd } .bar { fill: #8fb1d8 }
.curve { fill: none; stroke: #1f5fa8; stroke-width: 1.6 } .lone { fill: #1f5fa8 }
.interval { fill: #e8a33d; fill-opacity: .28 } .figure { stroke: #b8730c; stroke-width: 1.4 }
.whisker { stroke: #b8730c; stroke-width: 2 } .point { fill: #b8730c }
.theory { stroke: #7a3fa0; stroke-dasharray: 5 3 }
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with the interval around it, in the panel's unit; ``theory`` is what it should be.

    ``said`` is the same in words.
    """

    said: str
    value: float | None
    low: float | None = None
    high: float | None = None
    theory: float | None = None

    @property
    def most(self) -> float:
        """The highest that has to be drawn."""
        return max(value or 0.0 for value in (self.value, self.high, self.theory))


class Panel(Protocol):
    """A part of a chart."""

    @property
    def title(self) -> str:
        """What it shows."""

    @property
    def height(self) -> int:
        """In px, without its title."""

    def draw(self, pen: Pen, y: float) -> None:
        """Draw it, its upper edge at ``y``."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Values over time in equal parts of ``part_s`` seconds, None where there is none.

    The figure over all of the measured time, which begins at ``since_s``, lies behind them with its interval.
    """

    title: str
    values: Sequence[float | None]
    part_s: float
    unit: str = ""
    top: float | None = None
    bars: bool = False
    figure: Figure | None = None
    since_s: float = 0.0
    height: int = CURVE_HEIGHT

    def draw(self, pen: Pen, y: float) -> None:
        """See ``Panel``."""
        steps = ticks(
            self.top or max([value or 0.0 for value in self.values] + [self.figure.most if self.figure else 0])
        )
        top, wide = self.top or steps[-1], ACROSS / max(1, len(self.values))

        def level(value: float) -> float:
            return y + self.height * (1 - min(max(value, 0.0), top) / top)

        for step in steps:
            pen.scale(LEFT, level(step), LEFT + ACROSS, level(step))
            pen.text(LEFT - 8, level(step) + 4, f"{step:g}{self.unit}", "scale", anchor="end")
        self._hours(pen, y)
        if self.figure is not None:
            begin = LEFT + ACROSS * self.since_s / (self.part_s * max(1, len(self.values)))
            self._figure(pen, self.figure, begin, level)
            pen.text(LEFT + ACROSS + 12, y + 12, self.figure.said)
        for run in _runs(self.values):
            points = [(LEFT + wide * (number + 0.5), level(value)) for number, value in run]
            if self.bars:
                for x, upper in points:
                    pen.box(x - wide * 0.4, upper, wide * 0.8, y + self.height - upper, "bar")
            elif len(points) == 1:
                pen.dot(*points[0], "lone", 2)
            else:
                pen.path(points)

    def _figure(self, pen: Pen, figure: Figure, begin: float, level: Callable[[float], float]) -> None:
        end = LEFT + ACROSS
        if figure.low is not None and figure.high is not None:
            pen.box(begin, level(figure.high), end - begin, level(figure.low) - level(figure.high), "interval")
        if figure.value is not None:
            pen.line(begin, level(figure.value), end, level(figure.value), "figure")
        if figure.theory is not None:
            pen.line(begin, level(figure.theory), end, level(figure.theory), "theory")

    def _hours(self, pen: Pen, y: float) -> None:
        whole = self.part_s * len(self.values) / 3600
        for hour in ticks(whole, 8):
            if hour <= whole:
                x = LEFT + ACROSS * hour / whole
                pen.text(x, y + self.height + 14, f"{hour:g} h", "scale", anchor="middle")


@dataclass(frozen=True, slots=True)
class Rows:
    """Named figures one under the other, each a point with its interval."""

    title: str
    figures: Sequence[tuple[str, Figure]]
    unit: str = ""
    top: float | None = None

    @property
    def height(self) -> int:
        """See ``Panel``."""
        return ROW * len(self.figures)

    def draw(self, pen: Pen, y: float) -> None:
        """See ``Panel``."""
        steps = ticks(self.top or max((figure.most for _, figure in self.figures), default=0.0))
        top = self.top or steps[-1]

        def place(value: float) -> float:
            return LEFT + ACROSS * min(max(value, 0.0), top) / top

        for step in steps:
            pen.scale(place(step), y, place(step), y + self.height)
            pen.text(place(step), y + self.height + 14, f"{step:g}{self.unit}", "scale", anchor="middle")
        for number, (name, figure) in enumerate(self.figures):
            middle = y + ROW * (number + 0.5)
            pen.text(LEFT - 8, middle + 4, shortened(name), anchor="end")
            pen.text(LEFT + ACROSS + 12, middle + 4, figure.said)
            if figure.low is not None and figure.high is not None:
                pen.line(place(figure.low), middle, place(figure.high), middle, "whisker")
            if figure.theory is not None:
                pen.line(place(figure.theory), middle - 8, place(figure.theory), middle + 8, "theory")
            if figure.value is not None:
                pen.dot(place(figure.value), middle, "point", 4)


@dataclass(frozen=True, slots=True)
class Shares:
    """How a whole is divided: named counts as bars, each with its share."""

    title: str
    counts: Sequence[tuple[str, int]]

    @property
    def height(self) -> int:
        """See ``Panel``."""
        return ROW * len(self.counts)

    def draw(self, pen: Pen, y: float) -> None:
        """See ``Panel``."""
        whole = sum(count for _, count in self.counts) or 1
        most = max((count for _, count in self.counts), default=0) or 1
        for number, (name, count) in enumerate(self.counts):
            top = y + ROW * number
            pen.text(LEFT - 8, top + 15, shortened(name), anchor="end")
            pen.box(LEFT, top + 3, ACROSS * count / most, ROW - 6, "bar")
            pen.text(LEFT + ACROSS + 12, top + 15, f"{count / whole:.1%} ({count})")


@dataclass(slots=True)
class Pen:
    """Draws on an SVG element."""

    sheet: Element = field(default_factory=lambda: Element("svg", xmlns="http://www.w3.org/2000/svg", role="img"))

    def text(self, x: float, y: float, said: str, look: str | None = None, *, anchor: str = "start") -> None:
        """Words at a place."""
        at = self._add("text", look, x=x, y=y)
        at.set("text-anchor", anchor)
        at.text = said

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str) -> None:
        """A line between two points."""
        self._add("line", look, x1=x1, y1=y1, x2=x2, y2=y2)

    def scale(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A faint line of a scale."""
        self.line(x1, y1, x2, y2, "grid")

    def box(self, x: float, y: float, width: float, height: float, look: str) -> None:
        """A filled rectangle."""
        self._add("rect", look, x=x, y=y, width=width, height=height)

    def dot(self, x: float, y: float, look: str, radius: float) -> None:
        """A filled circle."""
        self._add("circle", look, cx=x, cy=y, r=radius)

    def path(self, points: Sequence[tuple[float, float]]) -> None:
        """A curve through points."""
        self._add("polyline", "curve").set("points", " ".join(f"{x:.1f},{y:.1f}" for x, y in points))

    def _add(self, kind: str, look: str | None, **numbers: float) -> Element:
        made = SubElement(self.sheet, kind, {name: f"{number:.1f}" for name, number in numbers.items()})
        if look is not None:
            made.set("class", look)
        return made


def chart(title: str, note: str, panels: Sequence[Panel]) -> str:
    """A whole chart as the text of an SVG file."""
    height = HEAD + sum(ABOVE + panel.height + BELOW for panel in panels)
    pen = Pen()
    pen.sheet.set("viewBox", f"0 0 {WIDTH} {height}")
    pen.sheet.set("width", str(WIDTH))
    SubElement(pen.sheet, "title").text = title
    SubElement(pen.sheet, "style").text = STYLE
    pen.box(0, 0, WIDTH, height, "page")
    pen.text(16, 28, title, "title")
    pen.text(16, 47, note, "scale")
    y = float(HEAD)
    for panel in panels:
        pen.text(16, y + 12, panel.title, "panel")
        panel.draw(pen, y + ABOVE)
        y += ABOVE + panel.height + BELOW
    indent(pen.sheet)
    return tostring(pen.sheet, encoding="unicode") + "\n"


def ticks(top: float, most: int = 5) -> list[float]:
    """Round steps from 0 to at least ``top``, at most ``most`` above 0."""
    if top <= 0:
        return [0.0, 1.0]
    rough = 10.0 ** math.floor(math.log10(top / most))
    step = next(rough * factor for factor in (1, 2, 5, 10) if rough * factor * most >= top * (1 - 1e-9))
    return [round(number * step, 9) for number in range(math.ceil(top / step - 1e-9) + 1)]


def shortened(name: str, most: int = 26) -> str:
    """A name that fits beside a panel."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches of values without a hole, each value with its number."""
    runs: list[list[tuple[int, float]]] = [[]]
    for number, value in enumerate(values):
        if value is not None:
            runs[-1].append((number, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
