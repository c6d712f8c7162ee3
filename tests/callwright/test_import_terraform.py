"""CX-as-Code, in HCL and in JSON, as a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from callwright.checking import check_paths
from callwright.importing import Plan, plan_import, write
from dsl.source import Severity

ALL = """
variable "brand" { default = "Acme" }
variable "region" {}
locals { names = { gold = "Gold" } }
data "genesyscloud_auth_division_home" "home" { name = "Home" }
resource "genesyscloud_auth_division" "sales" { name = "Sales" }
resource "genesyscloud_routing_skill" "billing" { name = lower("BILLING") }
resource "genesyscloud_routing_language" "de" { name = "German" }
resource "genesyscloud_routing_wrapupcode" "done" { name = format("%s-%s", "all", "done") }
resource "genesyscloud_auth_role" "lead" {
  name = "Lead"
  permission_policies {
    domain      = "routing"
    entity_name = "queue"
    action_set  = ["view", "edit"]
  }
}
resource "genesyscloud_user" "ada" {
  email = "ada@example.com"
  name  = "Ada"
  routing_skills {
    skill_id    = genesyscloud_routing_skill.billing.id
    proficiency = 4.5
  }
  routing_languages {
    language_id = genesyscloud_routing_language.de.id
    proficiency = 5
  }
}
resource "genesyscloud_user_roles" "ada" {
  user_id = genesyscloud_user.ada.id
  roles { role_id = genesyscloud_auth_role.lead.id }
}
resource "genesyscloud_group" "friends" {
  name       = "Friends"
  member_ids = [genesyscloud_user.ada.id]
}
resource "genesyscloud_routing_queue" "gold" {
  name                    = "${var.brand} ${local.names.gold}"
  division_id             = genesyscloud_auth_division.sales.id
  acw_wrapup_prompt       = "MANDATORY_TIMEOUT"
  acw_timeout_ms          = 30000
  skill_evaluation_method = true ? "ALL" : "BEST"
  wrapup_codes            = [genesyscloud_routing_wrapupcode.done.id]
  groups                  = [genesyscloud_group.friends.id]
  members {
    user_id  = genesyscloud_user.ada.id
    ring_num = 2
  }
  media_settings_callback {
    alerting_timeout_sec      = 60
    service_level_percentage  = 0.7
    service_level_duration_ms = 60000
    mode                      = "CustomerFirst"
    enable_auto_dial_and_end  = false
    max_retry_count           = 2
    retry_delay_seconds       = 300
    pacing_modifier           = 1.5
    live_voice_reaction_type  = "TransferToQueue"
  }
  media_settings_call {
    alerting_timeout_sec      = 20
    service_level_percentage  = 0.8
    service_level_duration_ms = 20000
  }
  bullseye_rings {
    expansion_timeout_seconds = 15
    skills_to_remove          = [genesyscloud_routing_skill.billing.id]
  }
}
resource "genesyscloud_architect_datatable" "branches" {
  name = "Branches"
  properties {
    name  = "key"
    type  = "string"
    title = "Number"
  }
  properties {
    name    = "open"
    type    = "boolean"
    default = "false"
  }
}
resource "genesyscloud_architect_datatable_row" "one" {
  datatable_id    = genesyscloud_architect_datatable.branches.id
  key_value       = "1"
  properties_json = jsonencode({ open = true })
}
resource "genesyscloud_architect_schedules" "week" {
  name  = "Week"
  start = "2026-01-05T08:00:00.000000"
  end   = "2026-01-05T18:00:00.000000"
  rrule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
}
resource "genesyscloud_architect_schedulegroups" "hours" {
  name              = "Hours"
  time_zone         = "Europe/Berlin"
  open_schedules_id = [genesyscloud_architect_schedules.week.id]
}
resource "genesyscloud_architect_user_prompt" "hello" {
  name = "Hello"
  resources {
    language   = "en-us"
    tts_string = "Hello there."
  }
}
resource "genesyscloud_integration_credential" "crm" {
  name                 = "crm"
  credential_type_name = "basicAuth"
  fields               = { userName = "me", password = "hunter2-secret" }
}
resource "genesyscloud_integration" "crm" {
  integration_type = "custom-rest-actions"
  config {
    name        = "CRM"
    credentials = { basicAuth = genesyscloud_integration_credential.crm.id }
  }
}
resource "genesyscloud_integration_action" "get" {
  name            = "Get customer"
  category        = "CRM"
  integration_id  = genesyscloud_integration.crm.id
  contract_input  = jsonencode({ type = "object", properties = { phone = { type = "string" } } })
  contract_output = jsonencode({ type = "object", properties = { name = { type = "string" } } })
  config_request {
    request_url_template = "https://crm.example.com/c?p=$${input.phone}"
    request_type         = "GET"
  }
  config_response { success_template = "$${rawResult}" }
}
resource "genesyscloud_flow" "front" {
  filepath      = "${path.module}/front.yaml"
  substitutions = { queue = genesyscloud_routing_queue.gold.name }
}
resource "genesyscloud_architect_ivr" "main" {
  name               = "Main"
  dnis               = ["+493012345", "+493012346"]
  open_hours_flow_id = genesyscloud_flow.front.id
}
"""
FLOW = """\
inboundCall:
  name: Front Door
  startUpRef: ./tasks/task[Main]
  tasks:
  - task:
      name: Main
      refId: Main
      actions:
      - transferToAcd: {name: To gold, targetQueue: {lit: {name: "{{queue}}"}}}
      - disconnect: {none: true}
"""


def imported(tmp_path: Path, text: str, name: str = "main.tf") -> Plan:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "front.yaml").write_text(FLOW, encoding="utf-8")
    return plan_import([tmp_path / name])


def organisation(plan: Plan) -> Any:
    return yaml.safe_load(plan.files["organisation.yaml"])


def said(plan: Plan) -> list[str]:
    return [finding.message for finding in plan.findings]


@pytest.fixture
def whole(tmp_path: Path) -> Plan:
    return imported(tmp_path, ALL)


def test_everything_that_has_a_place_is_carried_over_without_a_word(whole: Plan) -> None:
    assert said(whole) == []


def test_the_project_that_comes_out_checks_clean(whole: Plan, tmp_path: Path) -> None:
    write(whole.files, tmp_path / "out")
    report = check_paths([tmp_path / "out"])
    wrong = [f.message for f in report.findings if f.severity is Severity.ERROR or f.code.startswith("unknown-")]
    assert wrong == []


def test_a_queue_with_references_by_name(whole: Plan) -> None:
    (queue,) = organisation(whole)["queues"]
    assert queue == {
        "name": "Acme Gold",
        "division": "Sales",
        "skillEvaluationMethod": "ALL",
        "acwSettings": {"wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 30000},
        "mediaSettings": {
            "call": {"alertingTimeoutSeconds": 20, "serviceLevel": {"percentage": 0.8, "durationMs": 20000}},
            "callback": {
                "alertingTimeoutSeconds": 60,
                "serviceLevel": {"percentage": 0.7, "durationMs": 60000},
                "mode": "CustomerFirst",
                "liveVoiceReactionType": "TransferToQueue",
                "pacingModifier": 1.5,
                "maxRetryCount": 2,
                "retryDelaySeconds": 300,
            },
        },
        "members": [{"user": "ada@example.com", "ringNumber": 2}],
        "memberGroups": ["Friends"],
        "bullseye": {
            "rings": [
                {
                    "expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": 15}],
                    "actions": {"skillsToRemove": ["billing"]},
                }
            ]
        },
        "wrapupCodes": ["all-done"],
    }


def test_a_user_with_skills_languages_and_roles(whole: Plan) -> None:
    (user,) = organisation(whole)["users"]
    assert user == {
        "username": "ada@example.com",
        "name": "Ada",
        "skills": [{"name": "billing", "proficiency": 4.5}],
        "languages": [{"name": "German", "proficiency": 5}],
        "roles": ["Lead"],
    }
    assert organisation(whole)["roles"] == [
        {"name": "Lead", "permissions": ["routing:queue:view", "routing:queue:edit"]}
    ]


def test_tables_schedules_and_prompts(whole: Plan) -> None:
    sections = organisation(whole)
    assert sections["dataTables"] == [
        {
            "name": "Branches",
            "key": "Number",
            "columns": {"open": {"type": "boolean", "default": False}},
            "rows": [{"Number": "1", "open": True}],
        }
    ]
    assert sections["schedules"][0]["start"] == "2026-01-05T08:00:00"
    assert sections["scheduleGroups"] == [{"name": "Hours", "timeZone": "Europe/Berlin", "openSchedules": ["Week"]}]
    assert sections["prompts"] == [{"name": "Hello", "resources": [{"language": "en-us", "ttsString": "Hello there."}]}]


def test_secrets_become_references_and_are_written_nowhere(whole: Plan) -> None:
    connections = yaml.safe_load(whole.files["connections.yaml"])["connections"]
    assert connections["CRM"]["credentials"] == {"userName": "env:CRM_USER_NAME", "password": "env:CRM_PASSWORD"}
    assert not any("hunter2" in text for text in whole.files.values())


def test_a_data_action_in_the_vendors_form(whole: Plan) -> None:
    action = json.loads(whole.files["actions/get_customer.json"])
    assert action["category"] == "CRM"
    assert action["config"]["request"]["requestUrlTemplate"] == "https://crm.example.com/c?p=${input.phone}"


def test_numbers_reach_the_flow_and_its_substitutions_go_along(whole: Plan) -> None:
    project = yaml.safe_load(whole.files["callwright.yaml"])
    assert project["numbers"] == dict.fromkeys(("+493012345", "+493012346"), "flows/front_door.yaml")
    assert yaml.safe_load(whole.files["flows/front_door.subst.yaml"]) == {"queue": "Acme Gold"}


def test_the_json_form_says_the_same(tmp_path: Path) -> None:
    document = {
        "variable": {"brand": {"default": "Acme"}},
        "resource": {
            "genesyscloud_routing_skill": {"billing": {"name": "Billing"}},
            "genesyscloud_user": {
                "ada": {
                    "email": "ada@example.com",
                    "name": "Ada",
                    "routing_skills": [{"skill_id": "${genesyscloud_routing_skill.billing.id}", "proficiency": 3}],
                }
            },
            "genesyscloud_routing_queue": {
                "gold": {
                    "name": "${var.brand} Gold",
                    "members": [{"user_id": "${genesyscloud_user.ada.id}", "ring_num": 1}],
                }
            },
        },
    }
    plan = imported(tmp_path, json.dumps(document), "main.tf.json")
    assert said(plan) == []
    assert organisation(plan) == {
        "skills": [{"name": "Billing"}],
        "users": [{"username": "ada@example.com", "name": "Ada", "skills": [{"name": "Billing", "proficiency": 3}]}],
        "queues": [{"name": "Acme Gold", "members": ["ada@example.com"]}],
    }


def test_variables_come_from_a_tfvars_file_before_their_defaults(tmp_path: Path) -> None:
    (tmp_path / "dev.tfvars").write_text('brand = "Globex"\n', encoding="utf-8")
    (tmp_path / "main.tf").write_text(
        'variable "brand" { default = "Acme" }\nresource "genesyscloud_routing_queue" "q" { name = var.brand }\n'
    )
    assert organisation(plan_import([tmp_path]))["queues"] == [{"name": "Globex"}]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (
            'variable "r" {}\nresource "genesyscloud_routing_queue" "q" {\n  name = "x-${var.r}"\n}',
            'genesyscloud_routing_queue.q: "name" needs <var.r>, which these files do not tell',
            3,
        ),
        (
            'resource "genesyscloud_routing_queue" "q" {\n  name = "x"\n'
            "  division_id = genesyscloud_auth_division.no.id\n}",
            'genesyscloud_routing_queue.q: "division_id" refers to <genesyscloud_auth_division.no.id>, '
            "which is not in these files",
            3,
        ),
        (
            'resource "genesyscloud_location" "hq" {\n  name = "HQ"\n}',
            "genesyscloud_location.hq: a project has no place for genesyscloud_location",
            1,
        ),
        (
            'resource "genesyscloud_routing_skill" "s" {\n  for_each = toset(["a"])\n  name = each.key\n}',
            "genesyscloud_routing_skill.s is repeated (count, for_each); it is not carried over",
            1,
        ),
        (
            'resource "genesyscloud_routing_queue" "q" {\n  name = "x"\n  sparkle = "y"\n}',
            'genesyscloud_routing_queue.q: "sparkle" has no place in the project',
            3,
        ),
    ],
)
def test_what_cannot_be_known_or_carried_over_is_told_with_its_place(
    tmp_path: Path, text: str, message: str, line: int
) -> None:
    plan = imported(tmp_path, text + "\n")
    assert message in said(plan)
    assert next(f.span.start.line for f in plan.findings if f.message == message) == line


def test_a_file_that_is_no_hcl_is_an_error_at_its_place(tmp_path: Path) -> None:
    plan = imported(tmp_path, 'resource "a" "b" {\n  name = = 3\n}\n')
    (found,) = plan.findings
    assert (found.code, found.span.start.line) == ("syntax-terraform", 2)


def test_values_that_stand_in_a_circle_end(tmp_path: Path) -> None:
    text = 'locals {\n  a = local.b\n  b = local.a\n}\nresource "genesyscloud_routing_skill" "s" { name = local.a }\n'
    assert any("needs <local." in message for message in said(imported(tmp_path, text)))


def test_files_outside_of_the_import_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("hunter2")
    inside = tmp_path / "tf"
    inside.mkdir()
    text = 'resource "genesyscloud_routing_skill" "s" { name = file("../secret.txt") }\n'
    plan = imported(inside, text)
    assert "hunter2" not in "".join(plan.files.values())


def test_a_variable_may_be_given_from_outside(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "brand" {}\nresource "genesyscloud_routing_queue" "q" { name = "${var.brand} Gold" }\n'
    )
    assert organisation(plan_import([tmp_path], {"brand": "Globex"}))["queues"] == [{"name": "Globex Gold"}]


@pytest.mark.corpus
def test_published_configurations_are_read_and_say_what_they_lack(corpus: Path) -> None:
    plan = plan_import([corpus / "data-actions"])
    assert [f.message for f in plan.findings if f.severity is Severity.ERROR] == []
    assert len([path for path in plan.files if path.startswith("actions/")]) > 190
    assert {finding.code for finding in plan.findings} == {"not-imported"}
