"""How soon the command line answers, beside a Python that does nothing: processes are started in turn.

Figures are CPU and waiting together, the best of many starts, with everything compiled to byte code and in the disk
cache; what is left is what the command itself loads.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

from bench.__main__ import Figure

GOAL = 4
STARTS = 25
WELCOME = Path(__file__).parent.parent / "flows" / "crm_welcome" / "flows" / "crm_welcome.yaml"
CALLWRIGHT = ("-c", "from callwright.__main__ import main; main()")
"""What the installed script ``callwright`` does."""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "pass": ("-c", "pass"),
    "help": (*CALLWRIGHT, "--help"),
    "check": (*CALLWRIGHT, "check", str(WELCOME)),
    "eval": (*CALLWRIGHT, "eval", "1 + 2"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    """How long a Python with these arguments runs; it must succeed."""
    begun = perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begun


def run() -> list[Figure]:
    """Best starts in ms, and their ratios to the bare one."""
    best = dict.fromkeys(COMMANDS, float("inf"))
    for _ in range(STARTS):
        for name, arguments in COMMANDS.items():
            best[name] = min(best[name], seconds(arguments))
    bare = best["pass"]
    return [
        ("callwright --help / python -c pass (ratio)", best["help"] / bare, f"<= {GOAL}"),
        ("callwright check of one flow / python -c pass (ratio)", best["check"] / bare, ""),
        ("callwright eval '1 + 2' / python -c pass (ratio)", best["eval"] / bare, ""),
        ("python -c pass, ms", bare * 1000, ""),
        ("callwright --help, ms", best["help"] * 1000, ""),
        ("callwright check of one flow, ms", best["check"] * 1000, ""),
    ]
