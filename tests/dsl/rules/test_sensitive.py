"""Sensitive values stay out of routing (data-actions.md §9.1, §14 point 32)."""

from __future__ import annotations

import pytest

from dsl import ActionContract, Field, Inventory, check_flow
from dsl.source import Source

OUTPUTS = (Field("pin", "str", sensitive=True), Field("pins", "str_coll", sensitive=True), Field("tier", "str"))
INVENTORY = Inventory(
    actions={("crm", "find"): ActionContract("CRM", "Find", (), OUTPUTS)},
    integrations=frozenset({"crm"}),
    sensitive_attributes=frozenset({"secret"}),
)
FLOW = """\
inboundCall:
  name: Case
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  variables:
  - stringVariable: {name: Flow.pin, initialValue: {lit: ""}}
  - stringCollectionVariable: {name: Flow.pins, initialValue: {noValue: true}}
  - stringVariable: {name: Flow.tier, initialValue: {lit: ""}}
  - stringVariable: {name: Flow.a, initialValue: {lit: ""}}
  - stringVariable: {name: Flow.b, initialValue: {lit: ""}}
  tasks:
  - task:
      name: Main
      refId: main
      actions:
      - callData:
          name: Find
          category:
            CRM:
              dataAction:
                Find:
                  successOutputs: {pin: {var: Flow.pin}, pins: {var: Flow.pins}, tier: {var: Flow.tier}}
          outputs: {failure: {actions: [{disconnect: {none: true}}]}}
ACTIONS
      - disconnect: {none: true}
  - task:
      name: Sub
      refId: sub
      variables:
      - stringVariable: {name: Task.who, initialValue: {noValue: true}, isInput: true}
      actions:
      - setPriority: {name: P, priority: {exp: Length(Task.who)}}
      - endTask: {name: E}
"""


def findings(actions: str) -> list[tuple[str, str]]:
    """(code, first word that the message quotes) of what the rules say about secrets."""
    indented = "\n".join("      " + line for line in actions.strip("\n").splitlines())
    checked = check_flow(Source("case.yaml", FLOW.replace("ACTIONS", indented)), inventory=INVENTORY)
    assert checked.flow is not None
    about = ("sensitive-in-routing", "sensitive-attribute", "declassified-value")
    return [(f.code, f.message.split('"')[1]) for f in checked.findings if f.code in about]


@pytest.mark.parametrize(
    ("actions", "what"),
    [
        ("- transferToAcd: {name: T, targetQueue: {exp: FindQueue(Flow.pin)}}", "targetQueue"),
        (
            """
- updateData:
    name: U
    statements:
    - string: {variable: Flow.a, value: {exp: Upper(Flow.pin)}}
    - string: {variable: Flow.b, value: {exp: Flow.a}}
- transferToAcd: {name: T, targetQueue: {exp: FindQueue(Flow.b)}}
""",
            "targetQueue",
        ),
        ("- setPriority: {name: S, priority: {exp: 'Length(Flow.pins[0])'}}", "priority"),
        (
            """
- decision:
    name: Branch
    condition: {exp: Flow.pin == "1"}
    outputs:
      yes: {actions: [{transferToAcd: {name: A, targetQueue: {lit: {name: A}}}}]}
      no: {actions: [{transferToAcd: {name: B, targetQueue: {lit: {name: B}}}}]}
""",
            "Branch",
        ),
        (
            """
- decision:
    name: Branch
    condition: {exp: Flow.pin == "1"}
    outputs:
      yes: {actions: [{transferToAcd: {name: A, targetQueue: {lit: {name: A}}}}]}
- transferToAcd: {name: B, targetQueue: {lit: {name: B}}}
""",
            "Branch",
        ),
        ("- callTask: {name: C, targetTaskRef: './tasks/task[sub]', inputs: {Task.who: {exp: Flow.pin}}}", "priority"),
    ],
    ids=["direct", "two assignments", "element", "branch", "branch that joins", "called task"],
)
def test_a_marked_value_that_decides_about_routing_is_found(actions: str, what: str) -> None:
    assert findings(actions) == [("sensitive-in-routing", what)]


@pytest.mark.parametrize(
    "actions",
    [
        "- transferToAcd: {name: T, targetQueue: {exp: FindQueue(Flow.tier)}}",
        """
- decision:
    name: Wrong PIN
    condition: {exp: Flow.pin == "1"}
    outputs: {no: {actions: [{disconnect: {none: true}}]}}
- transferToAcd: {name: B, targetQueue: {lit: {name: B}}}
""",
        """
- decision:
    name: Same
    condition: {exp: Flow.pin == "1"}
    outputs:
      yes: {actions: [{transferToAcd: {name: A, targetQueue: {lit: {name: A}}}}]}
      no: {actions: [{transferToAcd: {name: B, targetQueue: {lit: {name: A}}}}]}
""",
    ],
    ids=["unmarked", "only ends the call", "the same queue"],
)
def test_what_tells_nothing_by_its_route_is_no_finding(actions: str) -> None:
    assert findings(actions) == []


def test_a_marked_value_may_go_into_a_marked_attribute_only() -> None:
    setting = "- setParticipantData: {name: S, attributes: [{attribute: {name: {lit: NAME}, value: {exp: Flow.pin}}}]}"
    assert findings(setting.replace("NAME", "secret")) == []
    assert findings(setting.replace("NAME", "open")) == [("sensitive-attribute", "Flow.pin")]


def test_a_declassified_value_is_listed_with_its_reason_and_then_free() -> None:
    actions = """
- updateData:
    name: Take
    x-callwright: {declassify: only whether there is one}
    statements: [{string: {variable: Flow.a, value: {exp: 'ToString(IsSet(Flow.pin))'}}}]
- transferToAcd: {name: T, targetQueue: {exp: FindQueue(Flow.a)}}
"""
    assert findings(actions) == [("declassified-value", "Take")]
