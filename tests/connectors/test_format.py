"""Exports and their Terraform twins load to one model, with positions (data-actions.md §2)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import contract_of
from connectors.format import read_export, read_terraform, write_export
from connectors.model import DataAction, Text
from dsl.source import Scalar, Source, read_json


def canonical(text: str) -> dict[str, Any]:
    """An export with its defaults filled in."""
    document: dict[str, Any] = json.loads(text)
    document.setdefault("secure", False)
    document.setdefault("actionType", "custom")
    document["config"]["response"].setdefault("translationMapDefaults", {})
    document["config"]["request"].setdefault("headers", {})
    document["config"]["request"].setdefault("requestTemplate", "")
    return document


def essence(action: DataAction) -> tuple[Any, ...]:
    """What a file says about an action, places left out."""
    return (
        action.request.method,
        action.request.url.value,
        {header.name: header.value.value for header in action.request.headers},
        action.request.body and action.request.body.value,
        {t.name: (t.path.value, t.default and t.default.value) for t in action.response.translations},
        action.response.success.value,
        action.inputs.document,
        action.outputs.document,
    )


def test_an_export_round_trips(export: Callable[..., dict[str, Any]]) -> None:
    document = export(headers={"A": "b"}, body="{}", map={"v": "$.v"}, defaults={"v": "0", "w": "1"}, timeout=5)
    document["somethingElse"] = {"kept": True}
    document["x-callwright"] = {"idempotent": True}
    action, _ = read_export(Source("a.json", json.dumps(document)))
    assert action is not None
    assert write_export(action) == document


def test_a_finding_points_at_the_character_inside_an_escaped_text() -> None:
    source = Source("a.json", '{"t": "a\\n\\"${input.x}\\u00fc!"}')
    tree, _ = read_json(source)
    scalar = tree.get("t")  # type: ignore[union-attr]  # it is a mapping
    assert isinstance(scalar, Scalar)
    text = Text.of(scalar, "/t")
    at = text.value.index("${")
    place = text.part(at, at + len("${input.x}"))
    assert source.text[place.start.offset : place.end.offset] == "${input.x}"
    assert place.start.column == place.start.offset + 1


def test_a_folder_below_actions_names_the_integration(export: Callable[..., dict[str, Any]]) -> None:
    document = export()
    del document["category"]
    action, _ = read_export(Source("p/actions/My CRM/find.json", json.dumps(document)))
    assert action is not None
    assert action.integration == "My CRM"


def test_without_a_folder_the_integration_is_the_type(export: Callable[..., dict[str, Any]]) -> None:
    document = export()
    del document["category"]
    action, _ = read_export(Source("elsewhere/find.json", json.dumps(document)))
    assert action is not None
    assert action.integration == "custom-rest-actions"


def test_a_foreign_json_file_is_a_finding_only_when_it_was_named() -> None:
    source = Source("package.json", '{"name": "x"}')
    assert read_export(source, named=False) == (None, [])
    assert [f.code for f in read_export(source)[1]] == ["syntax-data-action"]


def test_a_data_action_with_a_slip_of_the_pen_is_one_all_the_same(export: Callable[..., dict[str, Any]]) -> None:
    document = export()
    document["contrct"] = document.pop("contract")
    findings = read_export(Source("find.json", json.dumps(document)), named=False)[1]
    assert [f.code for f in findings] == ["syntax-data-action"]


@pytest.mark.parametrize("missing", ["name", "config", "contract"])
def test_an_export_without_an_essential_part_is_named_by_it(missing: str, export: Callable[..., Any]) -> None:
    document = export()
    del document[missing]
    action, findings = read_export(Source("a.json", json.dumps(document)))
    assert action is None
    assert "syntax-data-action" in [finding.code for finding in findings]


def test_an_unknown_key_gets_the_nearest_name(export: Callable[..., dict[str, Any]]) -> None:
    document = export()
    document["config"]["request"]["requestUrlTemplat"] = "x"
    _, findings = read_export(Source("a.json", json.dumps(document)))
    assert [(f.code, f.help) for f in findings] == [("unknown-export-key", 'did you mean "requestUrlTemplate"?')]


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"required"', '"requird"', ("unknown-export-key", 'did you mean "required"?')),
        ('"properties"', '"propertis"', ("unknown-export-key", 'did you mean "properties"?')),
        ('"type": "string"', '"type": "strng"', ("syntax-data-action", 'did you mean "string"?')),
        ('"GET"', '"GTE"', ("syntax-data-action", 'did you mean "GET"?')),
    ],
)
def test_a_slip_in_a_contract_or_a_method_is_told(
    right: str, wrong: str, told: tuple[str, str], export: Callable[..., dict[str, Any]]
) -> None:
    text = json.dumps(export())
    assert right in text
    _, findings = read_export(Source("a.json", text.replace(right, wrong, 1)))
    assert [(f.code, f.help) for f in findings] == [told]


def test_the_contract_lists_inputs_and_flattened_outputs_with_type_codes(action: Callable[..., DataAction]) -> None:
    loaded = action(
        inputs={"phone": {"type": "string", "description": "the number"}, "limit": {"type": "integer"}},
        required=["phone"],
        outputs={
            "ok": {"type": "boolean"},
            "rows": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number"}}}},
        },
    )
    contract = contract_of(loaded)
    assert [(f.name, f.type, f.required) for f in contract.inputs] == [("phone", "str", True), ("limit", "int", False)]
    assert [(f.name, f.type) for f in contract.outputs] == [("ok", "bln"), ("rows.n", "dec_coll")]
    assert not contract.open_outputs


TERRAFORM = r"""
variable "who" { default = "Ada" }
resource "genesyscloud_integration_action" "find" {
  name           = "Find ${var.who}"
  category       = var.category
  integration_id = module.x.id
  secure         = true
  config_timeout_seconds = 20
  contract_input  = jsonencode({ "type" = "object", "properties" = { "x" = { "type" = "string" } } })
  contract_output = "{\"type\": \"object\", \"properties\": {}}"
  config_request {
    request_url_template = "/api/v2/users/$${input.x}"
    request_type         = "POST"
    request_template     = <<-EOT
      {"x": "$${input.x}"}
    EOT
    headers = { Content-Type = "application/json" }
  }
  config_response {
    translation_map          = { v = "$.v" }
    translation_map_defaults = { v = "\"none\"" }
    success_template         = "{\"v\": $${successTemplateUtils.firstFromArray(\"$${v}\")}}"
  }
}
"""


def test_terraform_loads_with_escapes_defaults_and_placeholders() -> None:
    actions, findings = read_terraform(Source("main.tf", TERRAFORM))
    assert findings == []
    (action,) = actions
    assert (action.name, action.integration, action.integration_type) == (
        "Find Ada",
        "<var.category>",
        "purecloud-data-actions",
    )
    assert action.secure
    assert action.timeout_s == 20
    assert action.request.url.value == "/api/v2/users/${input.x}"
    assert action.request.body is not None
    assert action.request.body.value == '{"x": "${input.x}"}\n'
    assert action.response.translations[0].default is not None
    assert action.response.translations[0].default.value == '"none"'
    assert action.response.success.value == '{"v": ${successTemplateUtils.firstFromArray("${v}")}}'


def test_a_place_inside_a_terraform_text_is_found() -> None:
    source = Source("main.tf", TERRAFORM)
    url = read_terraform(source)[0][0].request.url
    at = url.value.index("${input")
    place = url.part(at, len(url.value))
    assert source.text[place.start.offset : place.end.offset] == "${input.x}"


def test_given_variables_replace_placeholders() -> None:
    actions, _ = read_terraform(Source("main.tf", TERRAFORM), variables={"category": "CRM", "who": "Bo"})
    assert (actions[0].name, actions[0].integration) == ("Find Bo", "CRM")


def test_terraform_without_actions_is_a_finding_only_when_it_was_named() -> None:
    source = Source("main.tf", 'variable "x" { default = 1 }\n')
    assert read_terraform(source, named=False) == ([], [])
    assert [f.code for f in read_terraform(source)[1]] == ["syntax-data-action"]
    assert [f.code for f in read_terraform(Source("x.tf", "resource {{{"))[1]] == ["syntax-data-action"]


def load(path: Path, form: str) -> list[DataAction]:
    source = Source(str(path), path.read_text(encoding="utf-8-sig"))
    if form == "terraform":
        return read_terraform(source)[0]
    action, _ = read_export(source)
    return [action] if action else []


def rows(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "data-actions/INDEX.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.corpus
def test_every_action_of_the_corpus_loads_and_exports_round_trip(corpus: Path) -> None:
    loaded = 0
    for row in rows(corpus):
        path = corpus / "data-actions" / row["file"]
        actions = load(path, row["form"])
        assert len(actions) == int(row["actions"]), row["file"]
        loaded += len(actions)
        if row["form"] == "json":
            assert write_export(actions[0]) == canonical(path.read_text(encoding="utf-8-sig")), row["file"]
    assert loaded == 244


@pytest.mark.corpus
def test_twins_of_the_corpus_load_to_equal_models(corpus: Path) -> None:
    exports: dict[tuple[str, str], list[DataAction]] = {}
    for row in rows(corpus):
        if row["form"] == "json":
            for action in load(corpus / "data-actions" / row["file"], "json"):
                exports.setdefault((row["repo"], action.request.url.value), []).append(action)
    equal = 0
    for row in rows(corpus):
        if row["form"] == "terraform":
            for action in load(corpus / "data-actions" / row["file"], "terraform"):
                twins = exports.get((row["repo"], action.request.url.value), [])
                equal += any(essence(twin) == essence(action) for twin in twins)
    assert equal == 45  # the other twins really differ: headers, descriptions, additionalProperties
