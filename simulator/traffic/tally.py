"""Counting by batch: stretches of time alike in length, whose scatter tells how sure a figure is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.traffic.figures import WAIT_BANDS_S, Estimate, QueueCourse, QueueFigures, TeamFigures, ratio
from simulator.traffic.plan import Plan, Team

PARTS = 48
"""Into so many parts pictures divide the whole time: ten minutes of a day of eight hours each."""

COUNTED = (
    *("offered", "answered", "abandoned", "in_time", "waited"),
    *("wait_ms", "answer_ms", "area", "time", "busy", "staffed", "handled"),
)


@dataclass(slots=True)
class Tally:
    """Sums by word and batch; what lies outside the measured time is left out."""

    begin: int
    end: int
    batches: int
    cells: dict[str, list[float]] = field(default_factory=dict)
    longest: int = 0
    bands: list[int] = field(default_factory=lambda: [0] * (len(WAIT_BANDS_S) + 1))
    course: Tally | None = None
    """The same over the whole time in parts, for pictures."""

    def __post_init__(self) -> None:
        self.cells = {word: [0.0] * self.batches for word in COUNTED}

    def batch(self, at: int) -> int | None:
        """The batch that a moment belongs to."""
        if not self.begin <= at < self.end:
            return None
        return (at - self.begin) * self.batches // (self.end - self.begin)

    def add(self, word: str, at: int, value: float = 1) -> None:
        """Count something that belongs to a moment."""
        if self.course is not None:
            self.course.add(word, at, value)
        number = self.batch(at)
        if number is not None:
            self.cells[word][number] += value

    def spread(self, word: str, since: int, until: int, weight: float = 1) -> None:
        """Count a stretch of time, each batch its part."""
        if self.course is not None:
            self.course.spread(word, since, until, weight)
        since, until = max(since, self.begin), min(until, self.end)
        while since < until:
            number = self.batch(since)
            assert number is not None
            edge = self.begin + -(-(number + 1) * (self.end - self.begin) // self.batches)
            part = min(edge, until)
            self.cells[word][number] += weight * (part - since)
            since = part

    def waited(self, since: int, ms: int) -> None:
        """Count a wait, and among those of about its length."""
        self.add("wait_ms", since, ms)
        self.add("waited", since, ms > 0)
        if self.batch(since) is not None:
            self.longest = max(self.longest, ms)
            self.bands[bisect_left(WAIT_BANDS_S, ms / 1000)] += 1

    def total(self, word: str) -> float:
        """The sum over all batches."""
        return sum(self.cells[word])

    def shares(self, top: str, *bottoms: str) -> tuple[float | None, ...]:
        """One word over the sum of others, batch by batch; None where there is nothing to divide by."""
        wholes = [sum(values) for values in zip(*(self.cells[word] for word in bottoms), strict=True)]
        return tuple(part / whole if whole else None for part, whole in zip(self.cells[top], wholes, strict=True))

    def ratio(self, top: str, bottom: str, confidence: float, scale: float = 1) -> Estimate:
        """One sum over another, with its interval."""
        return ratio([scale * value for value in self.cells[top]], self.cells[bottom], confidence)


def queue_figures(name: str, tally: Tally, plan: Plan, target_ms: int, still_waiting: int) -> QueueFigures:
    """A queue's figures; the service level is answered in time over answered and abandoned."""
    sure = plan.confidence
    ended = [a + b for a, b in zip(tally.cells["answered"], tally.cells["abandoned"], strict=True)]
    return QueueFigures(
        name=name,
        offered=round(tally.total("offered")),
        answered=round(tally.total("answered")),
        abandoned=round(tally.total("abandoned")),
        still_waiting=still_waiting,
        service_level=ratio(tally.cells["in_time"], ended, sure),
        target_s=target_ms / 1000,
        wait_s=ratio([ms / 1000 for ms in tally.cells["wait_ms"]], ended, sure),
        answer_s=tally.ratio("answer_ms", "answered", sure, 0.001),
        waits=ratio(tally.cells["waited"], ended, sure),
        abandons=ratio(tally.cells["abandoned"], ended, sure),
        queue_length=tally.ratio("area", "time", sure),
        longest_s=tally.longest / 1000,
        wait_bands=tuple(tally.bands),
        course=_course(tally.course or tally),
    )


def _course(tally: Tally) -> QueueCourse:
    waits = tally.shares("wait_ms", "answered", "abandoned")
    return QueueCourse(
        part_s=(tally.end - tally.begin) / tally.batches / 1000,
        offered=tuple(map(round, tally.cells["offered"])),
        service_level=tally.shares("in_time", "answered", "abandoned"),
        wait_s=tuple(None if wait is None else wait / 1000 for wait in waits),
        queue_length=tuple(length or 0.0 for length in tally.shares("area", "time")),
    )


def team_figures(team: Team, tallies: Mapping[str, Tally], plan: Plan) -> TeamFigures:
    """A team's figures, agents alike and one by one."""
    own = [tallies[agent] for agent in team.members()]
    busy = [sum(values) for values in zip(*(tally.cells["busy"] for tally in own), strict=True)]
    staffed = [sum(values) for values in zip(*(tally.cells["staffed"] for tally in own), strict=True)]
    shares = [tally.total("busy") / whole if (whole := tally.total("staffed")) else 0.0 for tally in own]
    squares = sum(share * share for share in shares)
    return TeamFigures(
        name=team.name,
        agents=team.count,
        handled=round(sum(tally.total("handled") for tally in own)),
        occupancy=ratio(busy, staffed, plan.confidence),
        least=min(shares, default=0.0),
        most=max(shares, default=0.0),
        fairness=sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0,
        course=_occupancy(own),
    )


def _occupancy(tallies: list[Tally]) -> tuple[float | None, ...]:
    parts = [tally.course or tally for tally in tallies]
    busy = [sum(values) for values in zip(*(part.cells["busy"] for part in parts), strict=True)]
    staffed = [sum(values) for values in zip(*(part.cells["staffed"] for part in parts), strict=True)]
    return tuple(work / time if time else None for work, time in zip(busy, staffed, strict=True))


def counting(plan: Plan) -> Tally:
    """An empty tally of a plan: batches for the figures, parts for the pictures."""
    return Tally(plan.warm_up, plan.duration, plan.batches, course=Tally(0, plan.duration, PARTS))
