"""What a flow needs of its adapter, and what is said where the adapter lacks it (telephony.md §3.4)."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.needs import lacking, needs_of
from dsl.source import Source

CALL = """\
{kind}:
  name: Case
  defaultLanguage: en-us
  startUpRef: ./{start}
  menus:
  - menu:
      name: m
      audio: {{tts: Please choose.}}
      choices: [{{menuDisconnect: {{name: bye, {choice}}}}}]
  tasks:
  - task:
      name: main
      actions:
      - {action}
      - jumpToMenu: {{targetMenuRef: './menus/menu[m]'}}
"""
KEYS = "dtmf: digit_1"
BOT = """\
{kind}:
  name: B
  startUpRef: ./bots/bot[b]
  bots:
  - bot: {{name: b, actions: [{action}, {{exitBotFlow: {{}}}}]}}
"""
ASKS = "{askForBoolean: {name: A, question: {lit: Well?}}}"


def needed(text: str) -> list[str]:
    flow = check_flow(Source("case.yaml", text)).flow
    assert flow is not None
    return [need.capability for need in needs_of(flow)]


def call(action: str = "playAudio: {audio: {tts: Hello.}}", choice: str = KEYS, kind: str = "inboundCall") -> str:
    return CALL.format(kind=kind, start="tasks/task[main]", action=action, choice=choice)


@pytest.mark.parametrize(
    ("action", "capabilities"),
    [
        ("playAudio: {audio: {tts: Hello.}}", []),
        ("setUUIData: {uuiData: {lit: x}, mode: transfer}", ["headers"]),
        ("getRawSIPHeaders: {rawSIPHeadersResult: {var: Task.raw}}", ["headers"]),
        ("enableParticipantRecord: {}", ["record"]),
        ("collectInput: {inputData: {var: Task.d}, digits: {exact: 2}}", ["inter_timeout"]),
        (
            "collectInput: {inputData: {var: Task.d}, noEntryTimeout: {lit: {seconds: 3}}, digits: {exact: 2}}",
            [],
        ),
        ("transferToNumber: {targetNumber: {lit: '+49301'}, releaseLinkTransfer: {lit: true}}", ["refer"]),
        ("transferToNumber: {targetNumber: {lit: '+49301'}, releaseLinkTransfer: {lit: false}}", []),
    ],
)
def test_an_action_needs_what_it_cannot_do_without(action: str, capabilities: list[str]) -> None:
    assert needed(call(action)) == capabilities


def test_a_choice_that_can_only_be_spoken_needs_speech_recognition() -> None:
    terms = "speechRecTerms: {en-us: {terms: [bye]}}"
    assert needed(call(choice=terms)) == ["asr"]
    assert needed(call(choice=f"{KEYS}, {terms}")) == []


def test_a_bot_on_a_call_needs_speech_recognition_and_one_that_is_written_to_nothing() -> None:
    assert needed(BOT.format(kind="botFlow", action=ASKS)) == ["asr"]
    assert needed(BOT.format(kind="digitalBot", action=ASKS)) == []


def test_a_flow_needs_what_its_bots_need_unless_it_is_written() -> None:
    bot = check_flow(Source("bot.yaml", BOT.format(kind="botFlow", action=ASKS))).flow
    by_voice = check_flow(Source("call.yaml", call())).flow
    written = check_flow(Source("chat.yaml", call(kind="inboundShortMessage"))).flow
    assert bot is not None
    assert by_voice is not None
    assert written is not None
    assert [need.capability for need in needs_of(by_voice, [bot])] == ["asr"]
    assert needs_of(written, [bot]) == ()


def test_each_reason_is_told_once_and_only_where_the_adapter_lacks_it() -> None:
    twice = "{uuiData: {lit: x}, mode: transfer}\n      - setUUIData: {uuiData: {lit: y}, mode: disconnect}"
    flow = check_flow(Source("case.yaml", call(f"setUUIData: {twice}"))).flow
    assert flow is not None
    needs = needs_of(flow)
    (found,) = lacking(needs, "webphone", frozenset({"asr"}))
    assert (found.code, found.severity.value, found.span.start.line) == ("capability-missing", "warning", 14)
    assert found.message == 'setUUIData needs SIP headers, which the adapter "webphone" does not have'
    assert list(lacking(needs, "carrier", frozenset({"asr", "headers"}))) == []
