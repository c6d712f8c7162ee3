"""``python -m bench [NAME...]``: the benchmarks by name, all of them without one.

A benchmark is a module here with ``run() -> list[Figure]`` and a line in ``BENCHMARKS``. A figure is what was
measured, its value, and its goal such as ``<= 2.5`` (empty: nothing was promised). Nothing fails: a goal that is not
reached is said so, and written down in docs/performance.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib import import_module

BENCHMARKS: dict[str, str] = {
    "flow": "the flow machine beside hand-written Python",
    "peers": "the same flow in XState and in transitions",
    "expression": "typical expressions beside hand-written Python",
    "check": "lines of flows that are checked a second, in a process that has checked nothing yet",
    "routing": "the routing core at the size of a large contact centre, and beside its naive oracle",
    "memory": "what a parked call takes, packed and in memory",
    "startup": "the command line beside a Python that does nothing",
    "actions": "data actions against a loopback server, beside bare httpx",
    "durable": "assignments that are on the disk before anybody hears of them: SQLite and PostgreSQL",
    "nodes": "whole calls through one node and through two on one PostgreSQL",
}
"""Every benchmark: its module in this package and what it measures."""

Figure = tuple[str, float, str]
_GOAL = re.compile(r"(<=|>=|<|>)\s*([\d.]+)\Z")


def reached(value: float, goal: str) -> bool | None:
    """Whether a value reaches its goal; None where there is none."""
    match = _GOAL.match(goal)
    if match is None:
        return None
    sign, limit = match.group(1), float(match.group(2))
    return {"<=": value <= limit, ">=": value >= limit, "<": value < limit, ">": value > limit}[sign]


def line(figure: Figure) -> str:
    """A figure as it is printed."""
    name, value, goal = figure
    verdict = {None: "", True: f"goal {goal}", False: f"goal {goal}: NOT reached"}[reached(value, goal)]
    return f"  {name:<82} {value:>12,.2f}  {verdict}".rstrip()


def main(names: Sequence[str]) -> int:
    """Run the benchmarks and print their figures; 2 for a name that there is not."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name]}", flush=True)
        for figure in import_module(f"bench.{name}").run():
            print(line(figure), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
