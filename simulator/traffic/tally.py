"""Counting by batch: stretches of time alike in length, whose scatter tells how sure a figure is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.traffic.figures import Estimate, QueueFigures, TeamFigures, ratio
from simulator.traffic.plan import Plan, Team

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

    def __post_init__(self) -> None:
        self.cells = {word: [0.0] * self.batches for word in COUNTED}

    def batch(self, at: int) -> int | None:
        """The batch that a moment belongs to."""
        if not self.begin <= at < self.end:
            return None
        return (at - self.begin) * self.batches // (self.end - self.begin)

    def add(self, word: str, at: int, value: float = 1) -> None:
        """Count something that belongs to a moment."""
        number = self.batch(at)
        if number is not None:
            self.cells[word][number] += value

    def spread(self, word: str, since: int, until: int, weight: float = 1) -> None:
        """Count a stretch of time, each batch its part."""
        since, until = max(since, self.begin), min(until, self.end)
        while since < until:
            number = self.batch(since)
            assert number is not None
            edge = self.begin + -(-(number + 1) * (self.end - self.begin) // self.batches)
            part = min(edge, until)
            self.cells[word][number] += weight * (part - since)
            since = part

    def total(self, word: str) -> float:
        """The sum over all batches."""
        return sum(self.cells[word])

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
    )
