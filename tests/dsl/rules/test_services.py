"""What a check says of services that a flow asks and nobody answers."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source

BOT = """\
digitalBot:
  name: Bot
  defaultLanguage: en-us
  startUpRef: ./bots/bot[main]
  settingsKnowledge: SETTINGS
  bots:
  - bot: {name: main, actions: [ACTION, exitBotFlow: {}]}
"""
BASE = "{Shop: {maxNumOfAnswersReturned: {lit: 3}}}"
KNOWS = "outputs: {knowledge: {actions: [exitBotFlow: {}]}}"


@pytest.mark.parametrize(
    ("settings", "action", "lines"),
    [
        (BASE, "waitForInput: {}", [5]),
        (BASE, "digitalMenu: {question: {lit: Well?}}", [5]),
        (BASE, "askForIntent: {question: {lit: Well?}}", []),
        (BASE, "communicate: {communication: {lit: Hello}}", []),
        ("{none: true}", "waitForInput: {}", []),
        ("{none: true}", f"askForIntent: {{question: {{lit: Well?}}, {KNOWS}}}", [7]),
    ],
)
def test_a_bot_that_asks_a_knowledge_base_is_told_that_nobody_answers_yet(
    settings: str, action: str, lines: list[int]
) -> None:
    text = BOT.replace("SETTINGS", settings).replace("ACTION", action)
    found = [f for f in check_flow(Source("t.yaml", text)).findings if f.code == "port-without-service"]
    assert [(f.span.start.line, "knowledge base" in f.message) for f in found] == [(line, True) for line in lines]


IN_A_STATE = "startUpRef: ./states/state[s]\n  states: [{state: {name: s, actions: [ACTION]}}]"
IN_A_TASK = "startUpTaskActions: [ACTION]"
HOLD, END, SAY, ASK = "holdMusic: {}", "endWorkflow: {}", "playAudio: {audio: {tts: x}}", "askForBoolean: {}"
SEND = "sendResponse: {messageBody: {lit: x}}"


@pytest.mark.parametrize(
    ("kind", "action", "fits"),
    [
        ("inqueueCall", HOLD, True),
        ("inboundCall", HOLD, False),
        ("commonModule", HOLD, True),
        ("workflow", END, True),
        ("inboundCall", END, False),
        ("inboundCall", "exitWorkitemFlow: {}", False),
        ("workitem", "exitWorkitemFlow: {}", True),
        ("inboundCall", SAY, True),
        ("workflow", SAY, False),
        ("inboundCall", ASK, False),
        ("inboundShortMessage", SEND, True),
        ("inboundCall", SEND, False),
    ],
)
def test_an_action_that_does_not_belong_into_the_flow_is_told(kind: str, action: str, fits: bool) -> None:
    parts = IN_A_TASK if "Call" in kind or kind == "commonModule" else IN_A_STATE
    text = f"{kind}:\n  name: T\n  {parts.replace('ACTION', '{' + action + '}')}\n"
    codes = [f.code for f in check_flow(Source("t.yaml", text)).findings]
    assert ("action-not-in-flow-type" not in codes) == fits
