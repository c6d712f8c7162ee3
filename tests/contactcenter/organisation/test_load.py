from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contactcenter.organisation import Organisation, derived_id, load_organisation
from dsl.source import Diagnostic, Severity, Source

ROOT = Path(__file__).parents[3]
Load = Callable[..., Organisation]
Findings = Callable[[str], list[Diagnostic]]

PEOPLE = """
    skills: [{name: German}, {name: Billing}]
    languages: [{name: English}]
    users:
      - username: ada@example.com
        name: Ada
        roles: [agent, {role: supervisor, division: Home}]
        skills: [{name: german, proficiency: 4.5}, Billing]
        languages: [{name: English, proficiency: 5}]
    wrapupCodes: [Resolved]
    groups: [{name: Night, members: [ada@example.com]}]
    queues:
      - name: Gold
        members: [{user: {username: ADA@example.com}, joined: false, ringNumber: 2}]
        wrapupCodes: [resolved]
"""


def test_the_sample_project_has_an_organisation_without_findings() -> None:
    path = ROOT / "flows" / "crm_welcome" / "organisation.yaml"
    organisation, found = load_organisation([Source(str(path), path.read_text(encoding="utf-8"))])
    assert found == []
    assert [queue.name for queue in organisation.all("queue")] == ["Priority", "Gold", "General"]


def test_names_find_things_whatever_their_case(load: Load) -> None:
    organisation = load(PEOPLE)
    assert organisation.find("que", "GOLD") == organisation.entity("queue", "gold")
    ada = organisation.find("usr", "Ada@Example.com")
    assert ada is not None
    assert (ada.name, ada.username) == ("Ada", "ada@example.com")


def test_an_id_is_the_same_at_every_start_unless_it_is_given(load: Load) -> None:
    given = "11111111-2222-3333-4444-555555555555"
    organisation = load(f"queues: [{{name: Gold}}, {{name: Silver, id: {given}}}]")
    assert [queue.id for queue in organisation.all("queue")] == [derived_id("queue", "Gold"), given]
    assert derived_id("queue", "GOLD") == derived_id("queue", "gold") != derived_id("skill", "gold")


def test_a_folder_of_files_is_one_organisation(load: Load) -> None:
    organisation = load("queues: [{name: Gold, members: [ada@example.com]}]", "users: [{username: ada@example.com}]")
    gold = organisation.queue("Gold")
    ada = organisation.user("ada@example.com")
    assert gold is not None
    assert ada is not None
    assert [member.user for member in gold.members] == [ada.id]


def test_routing_gets_ids_only(load: Load) -> None:
    organisation = load(PEOPLE)
    configuration = organisation.routing_configuration()
    ada = organisation.user("ada@example.com")
    german = organisation.get("skill", "German")
    assert ada is not None
    assert german is not None
    assert configuration["queues"][0]["members"] == [{"id": ada.id, "joined": False, "ringNumber": 2}]
    assert configuration["agents"][0]["skills"][0] == {
        "id": german.id,
        "name": "German",
        "proficiency": 4.5,
        "state": "active",
    }
    night = organisation.get("group", "Night")
    assert night is not None
    assert configuration["agents"][0]["groups"] == [night.id]


def test_names_inside_bullseye_rings_become_ids_too(load: Load) -> None:
    organisation = load("""
        skills: [{name: German}]
        groups: [{name: Night}]
        queues:
          - name: Gold
            bullseye: {rings: [{actions: {skillsToRemove: [{name: german}]}, memberGroups: [Night]}]}
    """)
    (queue,) = organisation.routing_configuration()["queues"]
    (ring,) = queue["bullseye"]["rings"]
    assert ring["actions"]["skillsToRemove"] == [{"id": derived_id("skill", "German"), "name": "German"}]
    assert ring["memberGroups"] == [{"id": derived_id("group", "Night"), "name": "Night"}]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("queues:\n- name: Gold\n  members: [bob@example.com]", "unknown-user", 3),
        ("queues:\n- {name: Gold, wrapupCodes: [Done]}", "unknown-wrapup-code", 2),
        ("queues:\n- {name: Gold, division: Mars}", "unknown-division", 2),
        ("users:\n- {username: a@b.c, skills: [Dutch]}", "unknown-skill", 2),
        ("users:\n- {username: a@b.c, languages: [Dutch]}", "unknown-language-skill", 2),
        ("users:\n- {username: a@b.c, roles: [king]}", "bad-literal", 2),
        ("queues:\n- {name: Gold, memberGroups: [Night]}", "unknown-group", 2),
        ("scheduleGroups:\n- {name: Office, openSchedules: [Always]}", "unknown-schedule", 2),
        ("queues:\n- {name: Gold}\n- {name: gold}", "duplicate-key", 3),
        ("queues:\n- {members: []}", "missing-parameter", 2),
        ("queues: Gold", "wrong-kind", 1),
        ("queues:\n- {name: Gold, acwSettings: {wrapupPrompt: NEVER}}", "bad-literal", 2),
        ("queues:\n- {name: Gold, acwSettings: {wrapupPrompt: OPTIONAL, timeoutMs: 5000}}", "bad-value", 2),
        (
            "queues:\n- {name: Gold, acwSettings: {wrapupPrompt: MANDATORY_TIMEOUT, timeoutMs: 999}}",
            "out-of-range",
            2,
        ),
        ("queues:\n- {name: Gold, mediaSettings: {call: {alertingTimeoutSeconds: 6}}}", "out-of-range", 2),
        ("queues:\n- {name: Gold, mediaSettings: {callback: {mode: CustomerLast}}}", "bad-literal", 2),
        ("queues:\n- {name: Gold, mediaSettings: {callback: {autoDialDelaySeconds: 1201}}}", "out-of-range", 2),
        ("queues:\n- {name: Gold, mediaSettings: {callback: {enableAutoDialAndEnd: 1}}}", "bad-literal", 2),
        ("queues:\n- {name: Gold, skillEvaluationMethod: SOME}", "bad-literal", 2),
        ("skills: [{name: A}]\nusers:\n- {username: a@b.c, skills: [{name: A, proficiency: 5.1}]}", "out-of-range", 3),
        ("skills: [{name: A}]\nusers:\n- {username: a@b.c, skills: [A, a]}", "duplicate-skill", 3),
        ("roles:\n- {name: x, permissions: [everything]}", "bad-literal", 2),
    ],
)
def test_a_mistake_is_an_error_at_its_place(findings: Findings, text: str, code: str, line: int) -> None:
    (found,) = findings(text)
    assert (found.code, found.span.start.line, found.severity) == (code, line, Severity.ERROR)


def test_an_unknown_name_comes_with_the_nearest_one(findings: Findings) -> None:
    (found,) = findings("skills: [{name: Billing}]\nusers: [{username: a@b.c, skills: [Biling]}]")
    assert found.help == 'did you mean "Billing"?'


def test_a_slip_of_the_pen_is_a_warning_and_a_foreign_key_an_info(findings: Findings) -> None:
    slip, foreign = findings("queues:\n- {name: A, skillEvaluationMetod: ALL}\n- {name: B, zzzz: 1}")
    assert (slip.code, slip.severity) == ("unknown-key", Severity.WARNING)
    assert slip.help == 'did you mean "skillEvaluationMethod"?'
    assert (foreign.code, foreign.severity) == ("unknown-key", Severity.INFO)


@pytest.mark.parametrize(
    ("settings", "meant"),
    [
        ("mediaSettings: {call: {alertingTimoutSeconds: 20}}", "alertingTimeoutSeconds"),
        ("mediaSettings: {call: {serviceLevel: {percntage: 0.8}}}", "percentage"),
        ("mediaSettings: {callback: {retryDelaySecond: 300}}", "retryDelaySeconds"),
        ("queueFlow: {nam: Wait}", "name"),
    ],
)
def test_a_slip_of_the_pen_deep_in_a_queue_is_told(findings: Findings, settings: str, meant: str) -> None:
    found = findings(f"queues: [{{name: Gold, {settings}}}]")
    assert f'did you mean "{meant}"?' in [one.help for one in found if one.code == "unknown-key"]


def test_what_can_be_read_is_read_despite_mistakes() -> None:
    text = "queues: [{name: Gold, members: [bob@example.com]}, 17, {name: Silver}]\nskills: oops"
    organisation, found = load_organisation([Source("o.yaml", text)])
    assert [queue.name for queue in organisation.all("queue")] == ["Gold", "17", "Silver"]
    assert {one.code for one in found} == {"unknown-user", "wrong-kind"}


def test_kinds_that_the_files_do_not_mention_are_unknown_to_the_checker(load: Load) -> None:
    names = load("queues: [{name: Gold}]").inventory_names()
    assert names["queue"] == frozenset({"Gold"})
    assert "skill" not in names


def test_numbers_and_sensitive_attributes_are_settings(load: Load) -> None:
    organisation = load("""
        numbers: {"+49301234567": Welcome}
        attributes: {crm.iban: {sensitive: true}, crm.tier: {sensitive: false}}
    """)
    assert organisation.numbers == {"+49301234567": "Welcome"}
    assert organisation.sensitive_attributes == frozenset({"crm.iban"})
