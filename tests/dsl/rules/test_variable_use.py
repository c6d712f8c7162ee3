"""Variables that only parts without a type in the catalogue name: what is evaluated there is read, what a result goes
into is written, and any other mention counts as a use."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source

FLOW = """\
workflow:
  name: Case
  startUpRef: ./states/state[S]
  defaultLanguage: en-us
  variables:
  - stringVariable: {name: Flow.x, initialValue: {noValue: true}}
  states:
  - state:
      name: S
      refId: S
      actions:
      - ACTION
      - endWorkflow: {name: End}
"""


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("sendNotification: {name: N, subject: {exp: Flow.x}}", "variable-never-written"),
        ("sendNotification: {name: N, emailNotificationStyle: {exp: Flow.x}}", "variable-never-written"),
        ("callLexBot: {name: L, sessionVariables: {a: {exp: Append(Flow.x)}}}", "variable-never-written"),
        ("callLexBot: {name: L, intents: [{intent: {name: i, slots: {a: {var: Flow.x}}}}]}", "variable-never-read"),
        ("callGuide: {name: G, outputs: {a: {var: Flow.x}}}", "variable-never-read"),
        ("callGuide: {name: G, inputs: {a: {exp: Flow.x}}, outputs: {a: {var: Flow.x}}}", ""),
        ("callGuide: {name: G, guide: {text: see Flow.x}}", ""),
        ("wait: {name: W, duration: {lit: {seconds: 1}}}", "unused-variable"),
    ],
)
def test_what_is_kept_unread_counts_as_what_it_does(action: str, told: str) -> None:
    findings = check_flow(Source("case.yaml", FLOW.replace("ACTION", action))).findings
    about = {"variable-never-written", "variable-never-read", "unused-variable"}
    assert [found.code for found in findings if found.code in about] == ([told] if told else [])
