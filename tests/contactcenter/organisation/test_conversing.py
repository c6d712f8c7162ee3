"""Settings of conversations: checked as they are written, and used as they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from contactcenter.organisation import ConversationSettings, Organisation, conversation_settings
from contactcenter.organisation.conversing import CONVERSATION_WORDS
from dsl.source import Diagnostic

Findings = Callable[[str], list[Diagnostic]]


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ("agent_lost: 30", "unknown-key", 'the organisation has no conversation setting "agent_lost"'),
        ("blind_unanswered: voicemail", "bad-literal", '"blind_unanswered" of the organisation cannot be "voicemail"'),
        ("answer_s: soon", "bad-literal", '"answer_s" of the organisation must be a whole number'),
        ("callback_keeps_place: 3", "bad-literal", '"callback_keeps_place" of the organisation must be true or false'),
        ("hold_alarm_s: -1", "out-of-range", '"hold_alarm_s" of the organisation must not be negative'),
    ],
)
def test_a_setting_that_cannot_be_is_told(findings: Findings, setting: str, code: str, words: str) -> None:
    (found,) = findings(f"conversations: {{{setting}}}")
    assert (found.code, found.message) == (code, words)


def test_what_is_not_written_is_as_usual(load: Callable[[str], Organisation]) -> None:
    settings = conversation_settings(load("conversations: {agent_lost_s: 45}"))
    assert settings == msgspec.structs.replace(ConversationSettings(), agent_lost_s=45)
    assert conversation_settings(load("queues: [Gold]")) == ConversationSettings()


def test_every_setting_may_be_written_as_it_is_by_default(findings: Findings) -> None:
    given = {field.name: field.default for field in msgspec.structs.fields(ConversationSettings)}
    assert findings(yaml.safe_dump({"conversations": given})) == []


def test_every_choice_has_its_default_among_its_words() -> None:
    found = {name: getattr(ConversationSettings(), name) in words for name, words in CONVERSATION_WORDS.items()}
    assert found == dict.fromkeys(CONVERSATION_WORDS, True)


def test_every_setting_is_told_in_the_manual() -> None:
    manual = (Path(__file__).parents[3] / "docs/conversations.md").read_text(encoding="utf-8")
    assert [name for name in ConversationSettings.__struct_fields__ if f"`{name}`" not in manual] == []
