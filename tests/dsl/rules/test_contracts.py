"""What a flow says to data actions and to other flows, against what these are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dsl import ActionContract, Field, FlowInterface, Inventory, check_flow
from dsl.source import Source

INVENTORY = Inventory(
    actions={
        ("crm", "find"): ActionContract(
            "CRM",
            "Find",
            (Field("phone", "str", required=True), Field("most", "int")),
            (Field("name", "str"), Field("many", "int")),
        )
    },
    integrations=frozenset({"crm"}),
    flows={
        name: FlowInterface(name, type_, compatible_flow_types=fits)
        for name, type_, fits in (
            ("Other", "inboundCall", ()),
            ("Waiting", "inqueueCall", ()),
            ("Vault", "secureCall", ()),
            ("Night", "workflow", ()),
            ("Shared", "commonModule", ("inboundcall",)),
            ("Mail", "commonModule", ("inboundemail",)),
            ("Bot", "botFlow", ()),
        )
    }
    | {"Hours": FlowInterface("Hours", "commonModule", {"Common.day": "int"}, {"Common.open": "bln"})},
)
FLOW = """\
inboundCall:
  name: Case
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  variables:
  - stringVariable: {name: Flow.name, initialValue: {lit: ""}}
  - integerVariable: {name: Flow.count, initialValue: {lit: 1}, isOutput: true}
  - decimalVariable: {name: Flow.share, initialValue: {lit: 1}, isOutput: true}
  - booleanVariable: {name: Flow.open, initialValue: {lit: true}, isOutput: true}
  tasks:
  - task:
      name: Main
      refId: main
      actions:
      - ACTION
      - disconnect: {none: true}
"""
FIND = (
    "callData: {name: C, category: {CRM: {dataAction: {Find: {inputs: {INPUTS}, successOutputs: {OUTPUTS}}}}},"
    " outputs: {failure: {actions: [{disconnect: {none: true}}]}}}"
)


def found(action: str) -> list[tuple[str, str]]:
    """(code, severity) of everything but plain information."""
    findings = check_flow(Source("case.yaml", FLOW.replace("ACTION", action)), inventory=INVENTORY).findings
    return [(f.code, f.severity.value) for f in findings if f.severity.value != "info"]


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ("phone: {exp: Call.Ani}, most: {lit: 3}", "name: {var: Flow.name}", []),
        ("most: {lit: 3}", "", [("missing-input", "error")]),
        ("phoen: {exp: Call.Ani}", "", [("missing-input", "error")]),
        ("phone: {noValue: true}", "", []),
        ("phone: {exp: Call.Ani}, mots: {lit: 3}", "", [("unknown-data-input", "warning")]),
        ("phone: {exp: Call.Ani}, most: {exp: 'MakeList(1)'}", "", [("input-type", "warning")]),
        ("phone: {exp: Call.Ani}, most: {lit: many}", "", [("input-type", "warning")]),
        ("phone: {exp: Call.Anni}", "", [("unknown-builtin", "warning")]),
        ("phone: {exp: Call.Ani}", "nam: {var: Flow.name}", [("unknown-data-output", "warning")]),
        ("phone: {exp: Call.Ani}", "name: {noValue: true}", []),
        ("phone: {exp: Call.Ani}", "name: {var: Flow.count}", [("output-type", "warning")]),
        ("phone: {exp: Call.Ani}", "many: {var: Flow.share}, name: {var: Flow.name}", []),
    ],
)
def test_a_data_action_is_called_as_its_contract_says(
    inputs: str, outputs: str, expected: list[tuple[str, str]]
) -> None:
    assert found(FIND.replace("INPUTS", inputs).replace("OUTPUTS", outputs)) == expected


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("inputs: {Common.day: {lit: 3}}, outputs: {Common.open: {var: Flow.open}}", []),
        ("inputs: {common.DAY: {noValue: true}}", []),
        ("inputs: {Common.open: {lit: true}}", [("unknown-flow-input", "warning")]),
        ("outputs: {Common.day: {var: Flow.name}}", [("unknown-flow-output", "warning")]),
        ("outputs: {Common.open: {var: Flow.name}}", [("output-type", "warning")]),
        ("inputs: {Common.day: {lit: Monday}}", [("input-type", "warning")]),
        ("inputs: {Common.day: {exp: 'MakeList(1)'}}", [("input-type", "warning")]),
    ],
)
def test_a_module_is_called_as_it_publishes_itself(published: str, expected: list[tuple[str, str]]) -> None:
    module = f"commonModule: {{Hours: {{ver_latestPublished: {{{published}}}}}}}"
    assert found(f"callCommonModule: {{name: C, {module}}}") == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("transferToFlow: {name: T, targetFlow: {name: Other}}", []),
        ("transferToFlow: {name: T, targetFlow: {name: Othr}}", [("unknown-flow", "error")]),
        ("transferToFlow: {name: T, targetFlow: {name: Night}}", [("incompatible-flow-type", "error")]),
        ("transferToFlow: {name: T, targetFlow: {name: Waiting}}", [("incompatible-flow-type", "error")]),
        ("transferToFlowSecure: {name: T, targetFlow: {name: Vault}}", []),
        ("transferToFlowSecure: {name: T, targetFlow: {name: Other}}", [("incompatible-flow-type", "error")]),
        ("transferToAcd: {name: T, targetQueue: {lit: {name: Q}}, overrideInQueueFlow: {name: Waiting}}", []),
        (
            "transferToAcd: {name: T, targetQueue: {lit: {name: Q}}, overrideInQueueFlow: {name: Other}}",
            [("incompatible-flow-type", "error")],
        ),
        ("callCommonModule: {name: C, commonModule: {Shared: {ver_latestPublished: {}}}}", []),
        ("callCommonModule: {name: C, commonModule: {Shard: {ver_latestPublished: {}}}}", [("unknown-flow", "error")]),
        (
            "callCommonModule: {name: C, commonModule: {Mail: {ver_latestPublished: {}}}}",
            [("incompatible-flow-type", "error")],
        ),
        ("callBotFlow: {name: C, botFlow: {Bot: {ver_latestPublished: {}}}}", []),
        ("callBotFlow: {name: C, botFlow: {Other: {ver_latestPublished: {}}}}", [("incompatible-flow-type", "error")]),
    ],
)
def test_another_flow_is_there_and_of_a_type_that_can_be_reached(action: str, expected: list[tuple[str, str]]) -> None:
    assert found(action) == expected


@pytest.mark.parametrize(("name", "meant"), [("Bott", 'did you mean "Bot"?'), ("Othr", "known: Bot")])
def test_only_flows_that_can_be_called_are_offered_instead_of_one_that_is_not_there(name: str, meant: str) -> None:
    text = FLOW.replace("ACTION", f"callBotFlow: {{name: C, botFlow: {{{name}: {{ver_latestPublished: {{}}}}}}}}")
    (missing,) = (f for f in check_flow(Source("case.yaml", text), inventory=INVENTORY).findings if f.help == meant)
    assert missing.code == "unknown-flow"


def test_a_placeholder_without_a_value_is_told_once_and_nothing_that_follows_from_it() -> None:
    queue = "transferToAcd: {name: T, targetQueue: {lit: {name: '{{queue}}'}}, audio: {tts: a}}"
    for action in ("callBotFlow: {name: C, botFlow: {'{{bot}}': {ver_latestPublished: {}}}}", queue):
        found_codes = [code for code, _ in found(action)]
        assert "unknown-substitution" in found_codes
        assert not {"unknown-flow", "unknown-queue"} & set(found_codes)


def test_of_flows_that_are_called_alike_the_one_of_a_fitting_type_is_meant() -> None:
    alike = {type_: FlowInterface("Shop", type_) for type_ in ("inboundCall", "botFlow", "inqueueCall")}
    inventory = replace(INVENTORY, flows=alike)
    for action in (
        "callBotFlow: {name: C, botFlow: {Shop: {ver_latestPublished: {}}}}",
        "transferToFlow: {name: T, targetFlow: {name: Shop}}",
        "transferToAcd: {name: T, targetQueue: {lit: {name: Q}}, overrideInQueueFlow: {name: Shop}}",
    ):
        findings = check_flow(Source("case.yaml", FLOW.replace("ACTION", action)), inventory=inventory).findings
        assert [f.code for f in findings if f.code in ("incompatible-flow-type", "unknown-flow")] == []
