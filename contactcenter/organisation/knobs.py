"""What may be set about routing that the vendor has no field for: under ``routing:``, and by queue (routing.md §29)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from contactcenter.organisation.reading import Reader
from contactcenter.organisation.tunables import check_settings
from dsl.source import Node


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is asked for a while (routing.md §25): who meets the expression, or these agents; without ``wait_s`` for
    ever."""

    expression: str | None = None
    agents: tuple[str, ...] = ()
    wait_s: float | None = None


class Knobs(msgspec.Struct, frozen=True, omit_defaults=True):
    """Project settings (routing.md §29); a queue's ``x-callwright`` block overrides the organisation's."""

    idle_from: str = "acw_end"
    idle_reference: str = "last_handled_end"
    idle_lookback_days: float = 7
    reset_idle_on_presence_change: bool = False
    agent_tiebreak: str = "idle"
    candidate_cap: int | None = None
    reoffer_after_s: float = 0
    offer_loop_guard_s: float = 2
    keep_wait_on_queue_change: bool = False
    max_wait_days: float = 59
    max_wait_s: float | None = None
    ring_clock_runs_while_alerting: bool = True
    skip_empty_preferred_step: bool = False
    last_agent_wait_s: float = 30
    last_agent_lookback_h: float = 72
    piq_scope: str = "queue_media"
    ewt_share_agents: bool = False
    short_abandon_ms: int = 10_000
    sl_include_flow_outs: bool = False
    sl_exclude_short_abandons: bool = False
    sl_exclude_abandons: bool = False
    cgr_exhausted: str = "all_members"
    cga_period_s: float = 60
    cga_pilot_false: str = "keep"
    metric_window_s: float = 1800
    metric_min_samples: int = 10
    predictive_steps: int = 6
    cross_media: str = "interrupt_only"
    acw_occupies_capacity: bool = True
    decline_sets_not_responding: bool = True
    manual_ignores_capacity: bool = False
    pull_auto_accept: bool = True
    max_skills_per_item: int = 20
    agent_heartbeat_s: float = 60
    callback_hours: str | None = None
    steps: tuple[Step, ...] = ()
    shard: str = "default"
    closed: bool = False


CHOICES: Mapping[str, tuple[str, ...]] = {
    "idle_from": ("acw_end", "leg_end"),
    "idle_reference": ("last_handled_end", "last_offered", "on_queue_since"),
    "agent_tiebreak": ("idle", "least_loaded_then_idle", "least_versatile_then_idle"),
    "piq_scope": ("queue_media", "queue"),
    "cgr_exhausted": ("all_members", "retry", "wait"),
    "cga_pilot_false": ("keep", "deactivate"),
    "cross_media": ("interrupt_only", "parallel"),
}
"""Settings that are one of a few words; others are numbers, true or false, or a name."""


def check_knobs(node: Node | None, what: str, reader: Reader) -> None:
    """Routing settings that there are not, and values that they cannot have."""
    check_settings(node, Knobs, CHOICES, reader, what=what, of="routing")
