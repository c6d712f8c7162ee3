"""What a waiting caller is told: position and estimated wait (flow-format.md §9.3)."""

from __future__ import annotations

from typing import Any

from dsl.expressions.library.dates import around, round_up, round_up_to, round_up_to_one_of
from dsl.expressions.values import Audio, Duration, Spoken

_LEAD = {"about": "about", "lessThan": "less than"}


def estimated_wait_audio(wait: Any, mode: str, interval: Any, specific: Any) -> Audio | None:
    """The estimated wait in words; NOT_SET is silent."""
    if not isinstance(wait, Duration):
        return None
    if mode == "range" and isinstance(interval, Duration):
        low, high = around(wait, interval)
        minutes = (max(low.ms, 0) // 60_000, max(high.ms, 60_000) // 60_000)
        return Audio((Spoken("range", minutes, format="minutes"),))
    if mode == "exact":
        return Audio((Spoken("duration", wait),))
    if isinstance(interval, Duration) and specific:
        rounded = round_up_to_one_of(wait, interval, specific)
    elif isinstance(interval, Duration):
        rounded = round_up_to(wait, interval)
    else:
        rounded = round_up(wait)
    return Audio((Spoken("text", f"Your estimated wait is {_LEAD.get(mode, 'about')}"), Spoken("duration", rounded)))


def position_audio(position: Any, mode: str) -> Audio | None:
    """The place in line in words; NOT_SET is silent."""
    if not isinstance(position, int) or isinstance(position, bool):
        return None
    if mode == "ordinal":
        return Audio((Spoken("text", "You are"), Spoken("ordinal", position), Spoken("text", "in line.")))
    if mode == "ahead":
        ahead = max(0, position - 1)
        return Audio((Spoken("text", "Callers ahead of you:"), Spoken("number", ahead)))
    return Audio((Spoken("text", "You are number"), Spoken("number", position), Spoken("text", "in line.")))
