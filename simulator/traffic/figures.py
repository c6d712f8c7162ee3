"""Figures with what chance may have done to them: batch means and Student's t (routing.md §27)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from simulator.traffic.erlang import Theory


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the interval that holds its long-run value with the stated confidence; None without data."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval."""
        return self.low is not None and self.high is not None and self.low <= value <= self.high


def student_t(confidence: float, freedom: int) -> float:
    """The two-sided quantile of Student's t by the expansion of Cornish and Fisher, exact to 0.01 from 9 up."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    return z + first + second + third


def ratio(tops: Sequence[float], bottoms: Sequence[float], confidence: float) -> Estimate:
    """The sum of one over the sum of the other; how far the batches scatter gives the interval."""
    n, whole = len(bottoms), math.fsum(bottoms)
    if whole <= 0:
        return Estimate(None)
    value = math.fsum(tops) / whole
    if n < 2:
        return Estimate(value)
    scatter = math.fsum((top - value * bottom) ** 2 for top, bottom in zip(tops, bottoms, strict=True)) / (n - 1)
    half = student_t(confidence, n - 1) * math.sqrt(scatter / n) / (whole / n)
    return Estimate(value, value - half, value + half)


WAIT_BANDS_S = (0, 5, 10, 20, 30, 60, 120, 300, 600)
"""Waits are counted up to each of these, and those above the last."""


@dataclass(frozen=True, slots=True)
class QueueCourse:
    """A queue over the whole time, warm-up included, in parts of ``part_s`` seconds; a call counts when it came.

    None where nobody came.
    """

    part_s: float
    offered: tuple[int, ...]
    service_level: tuple[float | None, ...]
    wait_s: tuple[float | None, ...]
    queue_length: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """A queue: shares are 0..1, times in seconds, waits those of everybody who came.

    ``wait_bands`` counts waits by ``WAIT_BANDS_S``.
    """

    name: str
    offered: int
    answered: int
    abandoned: int
    still_waiting: int
    service_level: Estimate
    target_s: float
    wait_s: Estimate
    answer_s: Estimate
    waits: Estimate
    abandons: Estimate
    queue_length: Estimate
    longest_s: float
    wait_bands: tuple[int, ...]
    course: QueueCourse
    theory: Theory | None = None


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """A team: occupancy is the share of time at work spent on calls; ``fairness`` is Jain's index of it, 1 is even.

    ``course`` is the occupancy over the whole time in parts, None where nobody is at work.
    """

    name: str
    agents: int
    handled: int
    occupancy: Estimate
    least: float
    most: float
    fairness: float
    course: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What came out."""

    seed: int
    hours: float
    warm_up_s: float
    batches: int
    confidence: float
    decisions: int
    queues: tuple[QueueFigures, ...]
    teams: tuple[TeamFigures, ...]
