"""Numbers, words and lengths of what routing reads; each is right at its limit and told beyond it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from contactcenter.organisation import Organisation
from contactcenter.routing import problem_with
from contactcenter.routing.organisation import build
from dsl.source import Diagnostic

Findings = Callable[[str], list[Diagnostic]]
Load = Callable[[str], Organisation]


def queue_with(**fields: Any) -> str:
    return yaml.safe_dump({"queues": [{"name": "Gold", **fields}], "groups": [{"name": "Night"}]})


def codes(found: list[Diagnostic]) -> list[str]:
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("block", "name", "low", "high"),
    [
        ("agentOwnedRouting", "maxOwnedCallbackHours", 1, 168),
        ("agentOwnedRouting", "maxOwnedCallbackDelayHours", 1, 720),
        ("directRouting", "agentWaitSeconds", 60, 864_000),
        ("predictiveRouting", "timeoutSeconds", 12, 259_200),
    ],
)
def test_a_number_lies_within_its_limits(findings: Findings, block: str, name: str, low: int, high: int) -> None:
    for right in (low, high):
        assert findings(queue_with(**{block: {name: right}})) == []
    for wrong in (low - 1, high + 1):
        (found,) = findings(queue_with(**{block: {name: wrong}}))
        assert (found.code, f'"{name}"' in found.message) == ("out-of-range", True)


@pytest.mark.parametrize(("seconds", "found"), [(6, ["out-of-range"]), (7, []), (900, ["long-alert"])])
def test_a_call_alerts_for_seven_seconds_at_least(findings: Findings, seconds: int, found: list[str]) -> None:
    assert codes(findings(queue_with(mediaSettings={"call": {"alertingTimeoutSeconds": seconds}}))) == found


def test_a_call_does_not_alert_for_more_than_a_quarter_of_an_hour(findings: Findings) -> None:
    found = codes(findings(queue_with(mediaSettings={"call": {"alertingTimeoutSeconds": 901}})))
    assert sorted(found) == ["long-alert", "out-of-range"]


def test_six_rings_and_the_empty_one_of_an_export_are_taken_and_more_are_not(findings: Findings) -> None:
    ring: dict[str, Any] = {"expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": 30}]}
    trailing = {"expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": 5}], "actions": {}}
    assert findings(queue_with(bullseye={"rings": [ring] * 6 + [trailing]})) == []
    (found,) = findings(queue_with(bullseye={"rings": [ring] * 8}))
    assert (found.code, found.message) == ("out-of-range", 'the queue "Gold" has 8 rings; there are six at most')


@pytest.mark.parametrize(
    "fields",
    [
        {"routingRules": [{"operator": "ANY", "waitSeconds": 5}] * 7},
        {"bullseye": {"rings": [{"actions": {"skillsToRemove": [{"name": f"s{n}"} for n in range(51)]}}]}},
    ],
)
def test_more_than_the_vendor_has_is_a_warning(findings: Findings, fields: dict[str, Any]) -> None:
    skills = yaml.safe_dump({"skills": [f"s{n}" for n in range(51)]})
    (found,) = findings(skills + queue_with(**fields))
    assert (found.code, found.severity) == ("limit-exceeded", "warning")


def test_a_ring_may_take_a_language_off(findings: Findings, load: Load) -> None:
    text = "languages: [German]\n" + queue_with(
        bullseye={"rings": [{"actions": {"skillsToRemove": [{"name": "German"}]}}]}
    )
    assert findings(text) == []
    organisation = load(text)
    german = organisation.get("language-skill", "German")
    assert german is not None
    (queue,) = build(organisation.routing_configuration()).queues.values()
    assert queue.rings[0].removes == (german.id,)
    (found,) = findings(text.replace("languages: [German]", "languages: [French]"))
    assert (found.code, found.message) == ("unknown-skill", 'unknown skill "German"')


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"routingRules": [{"operator": "MEETS_TRESHOLD", "threshold": 80}]}, 'did you mean "MEETS_THRESHOLD"?'),
        ({"conditionalGroupRouting": {"rules": [{"metric": "EstimatedWait"}]}}, 'did you mean "EstimatedWaitTime"?'),
        (
            {"conditionalGroupActivation": {"rules": [{"conditions": [{"operator": "greaterThan"}]}]}},
            'did you mean "GreaterThan"?',
        ),
    ],
)
def test_a_word_that_routing_does_not_know_is_told(findings: Findings, fields: dict[str, Any], said: str) -> None:
    found = [one for one in findings(queue_with(**fields)) if one.code != "last-rule-may-fail"]
    assert [(one.code, one.help) for one in found] == [("bad-literal", said)]


@pytest.mark.parametrize(
    ("expression", "found"),
    [("", []), ("1 AND NOT C2", []), ("1 OR 3", ["bad-value"]), ("1 AND", ["bad-value"]), ("one", ["bad-value"])],
)
def test_conditions_are_combined_by_their_numbers(findings: Findings, expression: str, found: list[str]) -> None:
    condition = {"simpleMetric": {"metric": "IdleAgentCount"}, "operator": "LessThan", "value": 3}
    rule = {"conditions": [condition, condition], "conditionExpression": expression, "groups": ["Night"]}
    for activation in ({"rules": [rule]}, {"pilotRule": rule, "rules": []}):
        assert codes(findings(queue_with(conditionalGroupActivation=activation))) == found


# Agents.


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({"utilization": {"chat": {"maximumCapacity": 25}}, "maxInboundCalls": 2}, []),
        ({"utilization": {"chat": {"maximumCapacity": 26}}}, ["out-of-range"]),
        ({"maxInboundCalls": 26}, ["out-of-range"]),
        ({"labelUtilizations": {"Vip": {"maximumCapacity": 1, "interruptingLabelIds": ["Vip"]}}}, []),
        ({"labelUtilizations": {"Vip": {"maximumCapacity": 26}}}, ["out-of-range"]),
        ({"labelUtilizations": {"Wip": {"maximumCapacity": 1}}}, ["bad-literal"]),
        ({"labelUtilizations": {"Vip": {"interruptingLabelIds": ["Wip"]}}}, ["bad-literal"]),
    ],
)
def test_how_much_an_agent_has_at_once_is_looked_at(
    findings: Findings, limits: dict[str, Any], found: list[str]
) -> None:
    for whose in ({"utilization": limits}, {"users": [{"username": "a@b.c", "utilization": limits}]}):
        assert codes(findings(yaml.safe_dump({"utilizationLabels": ["Vip"], **whose}))) == found


def test_labels_are_limited_by_id_however_they_are_written(load: Load) -> None:
    limits = {"labelUtilizations": {"vip": {"maximumCapacity": 1, "interruptingLabelIds": ["VIP"]}}}
    organisation = load(yaml.safe_dump({"utilizationLabels": ["Vip"], "utilization": limits}))
    label = organisation.get("utilization-label", "Vip")
    assert label is not None
    routed = build(organisation.routing_configuration())
    assert routed.label_id("vip") == label.id
    known = routed.configuration.utilization.label_utilizations or {}
    assert {name: one.interrupting_label_ids for name, one in known.items()} == {label.id: (label.id,)}


BACKUPS = """
    queues: [{name: Gold}]
    users:
      - {username: ada@example.com, directRoutingBackup: {userId: ben@example.com, waitForAgent: true}}
      - {username: ben@example.com, directRoutingBackup: {userId: cem@example.com, queueId: Gold}}
      - {username: cem@example.com, directRoutingBackup: {queueId: Gold}}
"""


def test_who_stands_in_for_an_agent_is_known_to_routing_by_id(load: Load) -> None:
    organisation = load(BACKUPS)
    agents = build(organisation.routing_configuration()).agents
    ada, ben = organisation.user("ada@example.com"), organisation.user("ben@example.com")
    assert ada is not None
    assert ben is not None
    backup = agents[ada.id].direct_routing_backup
    assert backup is not None
    assert (backup.user_id, backup.wait_for_agent, backup.queue_id) == (ben.id, True, None)


def test_backups_that_lead_back_are_told_at_each_of_them(findings: Findings) -> None:
    text = BACKUPS.replace("cem@example.com, directRoutingBackup: {queueId: Gold}", "cem@example.com").replace(
        "username: cem@example.com", "username: cem@example.com, directRoutingBackup: {userId: ada@example.com}"
    )
    found = findings(text)
    assert codes(found) == ["bad-value"] * 3
    assert found[0].message == (
        'the backups of "ada@example.com" lead back to it: "ben@example.com" -> "cem@example.com" -> "ada@example.com"'
    )


@pytest.mark.parametrize(
    ("backup", "code"),
    [("{userId: eve@example.com}", "unknown-user"), ("{agentWaitSeconds: 59}", "out-of-range")],
)
def test_a_backup_that_cannot_be_is_told(findings: Findings, backup: str, code: str) -> None:
    assert codes(findings(f"users: [{{username: ada@example.com, directRoutingBackup: {backup}}}]")) == [code]


def test_what_has_another_shape_than_routing_reads_is_told_in_words() -> None:
    assert problem_with({"queues": [{"id": "q", "bullseye": {"rings": 5}}]}) is not None
    assert problem_with({"queues": [{"id": "q"}]}) is None


STEPS = """
    skills: [German]
    users: [{username: ada@example.com}]
    queues:
      - name: Gold
        x-callwright: {steps: [{expression: German >= 4, wait_s: 20}, {agents: [ada@example.com]}]}
"""


def test_the_agents_of_a_step_are_known_to_routing_by_id(load: Load) -> None:
    organisation = load(STEPS)
    ada = organisation.user("ada@example.com")
    assert ada is not None
    (queue,) = build(organisation.routing_configuration()).queues.values()
    assert [(step.expression, step.agents, step.wait_s) for step in queue.knobs.steps] == [
        ("German >= 4", (), 20),
        (None, (ada.id,), None),
    ]


@pytest.mark.parametrize(
    ("written", "instead", "code"),
    [
        ("ada@example.com]}", "eve@example.com]}", "unknown-user"),
        ("wait_s: 20", "wait_s: soon", "bad-literal"),
        ("x-callwright", "bullseye: {rings: [{memberGroups: []}, {}]}\n        x-callwright", "two-routing-methods"),
    ],
)
def test_a_step_that_cannot_be_is_told(findings: Findings, written: str, instead: str, code: str) -> None:
    assert written in STEPS
    assert codes(findings(STEPS.replace(written, instead, 1))) == [code]


def test_a_step_that_asks_for_a_skill_that_is_not_there_is_told(load: Load) -> None:
    configuration = load(STEPS.replace("German >= 4", "Klingon >= 4")).routing_configuration()
    assert problem_with(configuration) == "there is no skill 'Klingon'"
