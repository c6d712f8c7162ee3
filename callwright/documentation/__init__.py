"""Pages and files that are made from the catalogues, the help texts and the examples: ``make docs``.

They are checked in, so that they can be read and used without callwright; a test holds them equal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from callwright.documentation.actions import actions_page
from callwright.documentation.checks import checks_page
from callwright.documentation.commands import commands_page
from callwright.documentation.functions import functions_page
from callwright.documentation.hooks import hooks_file, problem_matcher
from callwright.schemas import SCHEMAS, schema

ROOT = Path(__file__).parent.parent.parent


def _schema(kind: str) -> Callable[[], str]:
    return lambda: json.dumps(schema(kind), ensure_ascii=False, separators=(",", ":")) + "\n"


FILES: Mapping[str, Callable[[], str]] = {
    "docs/actions.md": actions_page,
    "docs/checks.md": checks_page,
    "docs/commands.md": commands_page,
    "docs/functions.md": functions_page,
    ".pre-commit-hooks.yaml": hooks_file,
    "editors/problem-matcher.json": problem_matcher,
    **{f"editors/schema/{kind}.json": _schema(kind) for kind in SCHEMAS},
}
"""Every generated file, seen from the root of the project, and what makes it."""
