"""Forms of real flow files that are easily taken for mistakes, and mistakes that are easily overlooked."""

from __future__ import annotations

from textwrap import indent

import pytest

from dsl import Checked, check_flow
from dsl.source import Severity, Source


def checked(body: str, kind: str = "inboundCall") -> Checked:
    head = f"{kind}:\n  name: Case\n  defaultLanguage: en-us\n"
    return check_flow(Source("case.yaml", head + indent(body, "  ")))


def findings(body: str, kind: str = "inboundCall") -> list[str]:
    """Codes of errors and warnings."""
    return [found.code for found in checked(body, kind).findings if found.severity is not Severity.INFO]


MENU = """\
startUpRef: ./menus/menu[m]
menus:
- menu:
    name: M
    refId: m
    choices:
    - menuDisconnect: {name: Bye, dtmf: KEY}
"""


@pytest.mark.parametrize(
    ("written", "key"),
    [("digit_9", "9"), ("9", "9"), ("digit_star", "*"), ("digit_*", "*"), ("digit_pound", "#"), ('"digit_#"', "#")],
)
def test_a_key_of_the_telephone_may_be_written_as_a_word(written: str, key: str) -> None:
    result = checked(MENU.replace("KEY", written))
    assert result.findings == []
    assert result.flow is not None
    assert result.flow.menus[0].choices[0].dtmf == key


def test_a_key_that_no_telephone_has_is_told() -> None:
    assert findings(MENU.replace("KEY", "digit_x")) == ["bad-literal"]


def test_a_digit_terminator_may_be_none() -> None:
    collect = "{inputData: {var: Flow.d}, digits: {range: {min: 1, max: 2, terminatingDtmf: none}}}"
    variables = "variables: [{stringVariable: {name: Flow.d, isOutput: true}}]\n"
    assert findings(f"{variables}startUpTaskActions: [{{collectInput: {collect}}}, {{disconnect: {{}}}}]") == []


def test_what_an_export_tells_of_other_flows_is_no_mistake() -> None:
    referenced = "referencedObjects: {flows: [{flow: {name: Other, type: commonmodule, variables: []}}]}\n"
    assert findings(referenced + "startUpTaskActions: [{disconnect: {}}]") == []


def test_a_named_thing_is_no_boolean() -> None:
    decision = "{decision: {condition: {lit: {name: Support}}, outputs: {'yes': {actions: [{disconnect: {}}]}}}}"
    assert findings(f"startUpTaskActions: [{decision}, {{disconnect: {{}}}}]") == ["bad-literal"]


END = "[{disconnect: {}}]"


@pytest.mark.parametrize(
    "body",
    [
        MENU.replace("choices:", "actions: []\n    choices:").replace("KEY", "digit_9"),
        f"startUpRef: ./tasks/task[t]\ntasks: [{{task: {{name: t, action: [], actions: {END}}}}}]",
        f"variables: [{{stringVariable: {{name: Flow.d, type: S, isOutput: true}}}}]\nstartUpTaskActions: {END}",
        "startUpTaskActions: [{callCommonModule: {commonModule: {M: {inputs: {}}}}}, {disconnect: {}}]",
    ],
)
def test_a_key_that_nobody_reads_is_told(body: str) -> None:
    assert findings(body) == ["unknown-key"]


AGENT = """\
startUpRef: ./bots/bot[b]
variables: [{stringVariable: {name: Flow.why, isOutput: true}}]
settingsActionDefaults: {callGuide: {voiceProcessingPrompt: {exp: MakeCommunication(PromptSystem.processing)}}}
bots:
- bot:
    name: b
    actions:
    - callAgenticVirtualAgent:
        name: Agent
        agenticVirtualAgent:
          Billing: {ver_latestPublished: {inputs: {plan: {lit: Gold}}, exitReason: {var: Flow.why}}}
        outputs: {success: EXIT, failure: EXIT, timeout: EXIT}
"""


def test_a_bot_may_leave_everything_to_a_virtual_agent() -> None:
    body = AGENT.replace("EXIT", "{actions: [{exitBotFlow: {none: true}}]}")
    assert findings(body, "botFlow") == []


def test_a_bot_may_end_with_the_callers_turn() -> None:
    wait = "{waitForInput: {name: W, question: {exp: 'ToCommunication(\"?\")'}}}"
    assert findings(f"startUpRef: ./bots/bot[b]\nbots: [{{bot: {{name: b, actions: [{wait}]}}}}]", "digitalBot") == []
