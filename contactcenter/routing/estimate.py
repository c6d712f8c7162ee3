"""Estimated wait: the formulas of routing.md §17, over figures that somebody else gathered."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_AHT_MS = 90_000
ENOUGH_OFFERED = 30

FORMULAS = ("BEST", "SIMPLE", "ABANDON", "PATIENCE_ABANDON", "POSITION-IN-QUEUE")
"""Those that are worked out; any other is answered with SIMPLE, and says so."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What happened in the half-hour that is taken as an example: counts, and sums in milliseconds."""

    offered: int = 0
    handled: int = 0
    abandoned: int = 0
    handle_ms: int = 0
    departures: int = 0
    wait_ms: int = 0
    span_ms: int = 1_800_000

    @property
    def average_handle_ms(self) -> float:
        """AHT, the default without data."""
        return self.handle_ms / self.handled if self.handled else DEFAULT_AHT_MS

    @property
    def patience_rate(self) -> float:
        """How often somebody who waits gives up, per ms of waiting: 1 over the mean patience."""
        return self.abandoned / self.wait_ms if self.wait_ms else 0.0

    @property
    def abandon_rate(self) -> float:
        """ABN."""
        return min(1.0, self.abandoned / self.offered) if self.offered else 0.0


@dataclass(frozen=True, slots=True)
class Situation:
    """Who asks, and what the queue looks like: ``agents`` may be a weighted number, ``longest_before_ms`` the longest
    wait among those in front."""

    position: int
    agents: float
    idle_eligible: bool = False
    longest_before_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Milliseconds (None: no value) and the formula that was really used."""

    ms: int | None
    formula: str


def estimate(situation: Situation, sample: Sample, formula: str = "BEST") -> Estimate:
    """How long the item will probably wait."""
    used = _used(formula, sample)
    if situation.idle_eligible:
        return Estimate(0, used)
    if situation.agents <= 0:
        before = situation.longest_before_ms
        return Estimate(round(sample.average_handle_ms) if before is None else before, used)
    if used == "POSITION-IN-QUEUE":
        if not sample.departures:
            return Estimate(None, used)
        return Estimate(round(situation.position * sample.span_ms / sample.departures), used)
    if used == "PATIENCE_ABANDON":
        return Estimate(round(_until_served(situation, sample)), used)
    wait = sample.average_handle_ms * situation.position / situation.agents
    if used == "ABANDON":
        wait *= 1 - sample.abandon_rate
    return Estimate(round(wait), used)


def _used(formula: str, sample: Sample) -> str:
    if formula == "BEST":
        return "ABANDON" if sample.offered >= ENOUGH_OFFERED else "SIMPLE"
    return formula if formula in FORMULAS else "SIMPLE"


def _until_served(situation: Situation, sample: Sample) -> float:
    """The mean time until everybody in front has been served or has given up, and an agent is free.

    With j people in front an agent becomes free, or one of the j gives up, at the sum of these rates; the mean of each
    such time is 1 over the rate, so nothing has to be simulated.
    """
    served = situation.agents / sample.average_handle_ms if sample.average_handle_ms else float("inf")
    return sum(1 / (served + j * sample.patience_rate) for j in range(situation.position))
