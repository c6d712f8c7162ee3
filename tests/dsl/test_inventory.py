"""Who knows nothing says nothing, who knows says what is wrong (docs/decisions/006-inventory.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dsl import ActionContract, Field, Inventory, check_flow
from dsl.source import Source

FLOW = """
inboundCall:
  name: Asks
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  tasks:
    - task:
        name: Main
        refId: main
        actions:
          - callData:
              name: Look up
              category:
                Shop:
                  dataAction:
                    Find Customer:
                      inputs: {phone: {lit: "1"}}
                      successOutputs: {name: {var: Task.name}}
          - transferToAcd:
              name: Send
              targetQueue: {lit: {name: Gold}}
          - disconnect: {name: Bye}
"""
CONTRACT = ActionContract("Shop", "Find Customer", (Field("phone", "str", required=True),), (Field("name", "str"),))
ACTIONS = {("shop", "find customer"): CONTRACT}


def codes(inventory: Inventory) -> set[str]:
    return {found.code for found in check_flow(Source("flow.yaml", FLOW), inventory=inventory).findings}


def test_without_a_catalogue_nothing_is_said_about_its_names() -> None:
    assert not {code for code in codes(Inventory()) if code.startswith("unknown-")}


@pytest.mark.parametrize("names", [{"queue": frozenset()}, {"queue": frozenset({"Silver"})}])
def test_a_catalogue_that_does_not_have_the_queue_makes_it_unknown(names: dict[str, frozenset[str]]) -> None:
    assert "unknown-queue" in codes(Inventory(names=names))


def test_a_catalogue_of_other_kinds_says_nothing_about_queues() -> None:
    assert "unknown-queue" not in codes(Inventory(names={"skill": frozenset()}))


def test_the_queue_that_is_there_is_found_whatever_its_case() -> None:
    assert "unknown-queue" not in codes(Inventory(names={"queue": frozenset({"gold"})}))


def test_data_actions_are_known_only_where_there_are_some() -> None:
    assert "unknown-data-action" in codes(Inventory(actions={}, integrations=frozenset({"shop"})))
    assert "unknown-data-action" not in codes(Inventory(actions=ACTIONS, integrations=frozenset({"shop"})))


def test_names_of_data_actions_are_compared_without_regard_to_case() -> None:
    assert Inventory(actions=ACTIONS).action("SHOP", "find CUSTOMER") is CONTRACT


def test_the_language_asks_the_inventory_and_imports_no_service() -> None:
    module = Path(__file__).parents[2] / "dsl" / "inventory.py"
    imported = {
        node.module
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    }
    assert imported <= {"__future__", "collections.abc", "dataclasses", "dsl.source.text"}
