"""How many lines of flows are checked a second: every flow of the corpus, or of this repository where there is none.

Cold is a process of its own that has checked nothing yet, from its first import of the checker to the last finding;
the grammar comes out of its cache, as after the first run ever. Warm is the same again in the same process, where
equal expressions are remembered. Time is the processor's, the best of several runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from time import process_time

from bench.__main__ import Figure

GOAL = 50_000
PROCESSES = 7
ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("CALLWRIGHT_CORPUS", ROOT.parent / "shared" / "corpus"))


def flows() -> list[Path]:
    """The files that are checked."""
    folder = SHARED / "flows"
    return sorted((folder if folder.is_dir() else ROOT / "flows").rglob("*.yaml"))


def measured() -> dict[str, float]:
    """Lines, and seconds for the imports, the first check of them all and the second."""
    texts = [(str(path), path.read_text(encoding="utf-8-sig")) for path in flows()]
    begun = process_time()
    from dsl.check import check_flow
    from dsl.source import Source

    marks = [begun, process_time()]
    for _ in range(2):
        for path, text in texts:
            check_flow(Source(path, text), substitutions={})
        marks.append(process_time())
    imports, first, second = (later - earlier for earlier, later in pairwise(marks))
    lines = sum(text.count("\n") + 1 for _, text in texts)
    return {"lines": lines, "imports": imports, "first": first, "second": second}


def run() -> list[Figure]:
    """Lines a second, cold and warm, and what the imports add to the first check."""
    command = [sys.executable, "-m", "bench.check"]
    runs = []
    for _ in range(PROCESSES):
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        runs.append(json.loads(done.stdout))
    lines = runs[0]["lines"]
    first, second, imports = (min(run[name] for run in runs) for name in ("first", "second", "imports"))
    return [
        (f"lines a second, cold, of {lines:,} lines", lines / first, f">= {GOAL}"),
        ("lines a second, warm: equal expressions are remembered", lines / second, ""),
        ("ms for the imports before the first check", imports * 1000, ""),
    ]


if __name__ == "__main__":
    print(json.dumps(measured()))
