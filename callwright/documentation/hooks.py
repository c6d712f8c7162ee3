"""What other tools call callwright with: hooks of pre-commit, and a matcher for the one-line format."""

from __future__ import annotations

import json

_HOOKS = """\
# For pre-commit: check flows, and run rehearsals, before every commit. Files are found, not named: what is no flow is
# passed over.
- id: callwright-check
  name: callwright check
  description: Check flows, organisation, data actions and tests.
  entry: callwright check .
  language: python
  files: '\\.(ya?ml|json|tf)$'
  pass_filenames: false
- id: callwright-test
  name: callwright test
  description: Run the rehearsals of all flows.
  entry: callwright test
  language: python
  files: '\\.(ya?ml|json)$'
  pass_filenames: false
"""


def hooks_file() -> str:
    """``.pre-commit-hooks.yaml``."""
    return _HOOKS


def problem_matcher() -> str:
    """A problem matcher for ``check --format oneline`` (``path:line:column: message [code]``)."""
    pattern = {
        "regexp": r"^(.+):(\d+):(\d+): (.+) \[([a-z-]+)\]$",
        "file": 1,
        "line": 2,
        "column": 3,
        "message": 4,
        "code": 5,
    }
    document = {"problemMatcher": [{"owner": "callwright", "pattern": [pattern]}]}
    return json.dumps(document, indent=2) + "\n"
