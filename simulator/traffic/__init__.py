"""A day in the contact centre: arrivals, agents and queues in virtual time, routed by the real core."""

from simulator.traffic.erlang import Theory, erlang_a, erlang_c
from simulator.traffic.figures import WAIT_BANDS_S, Estimate, QueueCourse, QueueFigures, Report, TeamFigures
from simulator.traffic.plan import Plan, read_plan
from simulator.traffic.run import BadPlan, simulate

__all__ = [
    "WAIT_BANDS_S",
    "BadPlan",
    "Estimate",
    "Plan",
    "QueueCourse",
    "QueueFigures",
    "Report",
    "TeamFigures",
    "Theory",
    "erlang_a",
    "erlang_c",
    "read_plan",
    "simulate",
]
