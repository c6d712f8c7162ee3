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
