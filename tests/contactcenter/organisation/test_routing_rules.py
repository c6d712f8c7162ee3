"""Routing settings that are wrong together, and such that real exports have and that mean no harm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from contactcenter.organisation import Knobs
from contactcenter.organisation.knobs import CHOICES
from dsl.source import Diagnostic

Findings = Callable[[str], list[Diagnostic]]

EXPORTED = """
    groups: [Night]
    queues:
      - name: Support
        scoringMethod: TimestampAndPriority
        lastAgentRoutingMode: Disabled
        bullseye: {rings: []}
        directRouting: {}
        conditionalGroupActivation: {pilotRule: {conditions: []}, rules: []}
        mediaSettings: {call: {alertingTimeoutSeconds: 8}, email: {alertingTimeoutSeconds: 300}}
        conditionalGroupRouting:
          rules:
          - {metric: EstimatedWaitTime, operator: GreaterThan, conditionValue: 1, waitSeconds: 5, groups: [Night]}
          - {metric: EstimatedWaitTime, operator: GreaterThanOrEqualTo, conditionValue: 0, groups: [Night]}
"""


def test_empty_blocks_of_an_export_exclude_nothing(findings: Findings) -> None:
    assert findings(EXPORTED) == []


@pytest.mark.parametrize(
    ("written", "instead", "code"),
    [
        ("lastAgentRoutingMode: Disabled", "lastAgentRoutingMode: AnyAgent", "routing-exclusion"),
        ("rules: []}", "rules: [{groups: [Night]}]}", "routing-exclusion"),
        ("bullseye: {rings: []}", "bullseye: {rings: [{memberGroups: [Night]}]}", "two-routing-methods"),
        ("operator: GreaterThanOrEqualTo", "operator: GreaterThan", "last-rule-may-fail"),
        ("operator: GreaterThanOrEqualTo", "operator: LessThanOrEqualTo", "last-rule-may-fail"),
        ("alertingTimeoutSeconds: 8", "alertingTimeoutSeconds: 60", "long-alert"),
        ("TimestampAndPriority", "PriorityOnly", "starvation-possible"),
        (
            "metric: EstimatedWaitTime, operator: GreaterThan,",
            "metric: ServiceLevel, operator: LessThan,",
            "looks-like-fraction",
        ),
    ],
)
def test_one_setting_makes_the_difference(findings: Findings, written: str, instead: str, code: str) -> None:
    assert written in EXPORTED
    assert [found.code for found in findings(EXPORTED.replace(written, instead, 1))] == [code]


RINGS = """
    queues:
      - name: Support
        bullseye:
          rings:
          - expansionCriteria: [{type: TIMEOUT_SECONDS, threshold: 10}]
          - expansionCriteria: [{type: TIMEOUT_SECONDS, threshold: 5}]
"""


def test_the_last_ring_never_ends_whatever_an_export_says(findings: Findings) -> None:
    assert findings(RINGS) == []


def test_a_ring_is_compared_with_the_alert_of_calls(findings: Findings) -> None:
    media = "mediaSettings: {call: {alertingTimeoutSeconds: 12}}"
    longer = RINGS.replace("bullseye:", f"{media}\n        bullseye:")
    assert [found.code for found in findings(longer)] == ["ring-shorter-than-alert"]
    stopped = longer.replace("bullseye:", "x-callwright: {ring_clock_runs_while_alerting: false}\n        bullseye:")
    assert findings(stopped) == []


SHARDS = """
    users: [{username: ada@example.com}]
    routing: {shard: north}
    queues:
      - {name: First, members: [ada@example.com]}
      - {name: Second, members: [ada@example.com], x-callwright: {shard: SHARD}}
"""


def test_a_queue_without_a_label_is_in_the_organisations_shard(findings: Findings) -> None:
    assert findings(SHARDS.replace("SHARD", "north")) == []
    (found,) = findings(SHARDS.replace("SHARD", "south"))
    assert (found.code, found.span.start.line) == ("agent-in-two-shards", 6)


@pytest.mark.parametrize(("medium", "other"), [("call", "callback"), ("callback", "call")])
def test_one_voice_does_not_interrupt_another(findings: Findings, medium: str, other: str) -> None:
    limits = f"{{utilization: {{{medium}: {{maximumCapacity: 1, interruptableMediaTypes: [{other}]}}}}}}"
    for text in (f"utilization: {limits}", f"users: [{{username: a@b.c, utilization: {limits}}}]"):
        assert [found.code for found in findings(text)] == ["voice-interrupts-voice"]
    written = limits.replace(f"[{other}]", "[message]")
    assert findings(f"utilization: {written}") == []


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ("max_wait: 900", "unknown-key", 'the queue "Support" has no routing setting "max_wait"'),
        ("agent_tiebreak: loudest", "bad-literal", '"agent_tiebreak" of the queue "Support" cannot be "loudest"'),
        ("reoffer_after_s: soon", "bad-literal", '"reoffer_after_s" of the queue "Support" must be a number'),
        ("pull_auto_accept: 3", "bad-literal", '"pull_auto_accept" of the queue "Support" must be true or false'),
        ("max_wait_s: -1", "out-of-range", '"max_wait_s" of the queue "Support" must not be negative'),
    ],
)
def test_a_setting_of_ours_that_cannot_be_is_told(findings: Findings, setting: str, code: str, words: str) -> None:
    (found,) = findings(f"queues: [{{name: Support, x-callwright: {{{setting}}}}}]")
    assert (found.code, found.message) == (code, words)


def test_settings_of_the_whole_organisation_are_looked_at_too(findings: Findings) -> None:
    found = findings("routing: {idle_referense: last_offered, cross_media: parallel, candidate_cap: 100}")
    assert [(one.code, one.help) for one in found] == [("unknown-key", 'did you mean "idle_reference"?')]


def test_every_setting_may_be_written_as_it_is_by_default(findings: Findings) -> None:
    given = {field.name: field.default for field in msgspec.structs.fields(Knobs)}
    assert findings(yaml.safe_dump({"routing": given, "queues": [{"name": "Support", "x-callwright": given}]})) == []


def test_every_choice_has_its_default_among_its_words() -> None:
    assert {name: getattr(Knobs(), name) in words for name, words in CHOICES.items()} == dict.fromkeys(CHOICES, True)


def test_every_setting_is_told_in_the_manual() -> None:
    manual = (Path(__file__).parents[3] / "docs/routing.md").read_text(encoding="utf-8")
    assert [name for name in Knobs.__struct_fields__ if f"`{name}`" not in manual] == []
