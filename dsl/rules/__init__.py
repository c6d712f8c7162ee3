"""The rules that look at a whole flow, as one visible list. Only mistakes, never taste."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsl.inventory import Inventory
from dsl.model import Flow
from dsl.rules.control_flow import (
    loop_leaf_outside_loop,
    loop_without_exit,
    no_terminating_action,
    unreachable_action,
    unused_task,
)
from dsl.rules.data_actions import missing_failure_path, secure_action_in_normal_flow
from dsl.rules.services import action_not_in_flow_type, port_without_service
from dsl.rules.variables import constant_condition, string_condition, string_names_variable, variable_use
from dsl.source import Diagnostic

Rule = Callable[[Flow, Inventory], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    unreachable_action,
    no_terminating_action,
    loop_leaf_outside_loop,
    loop_without_exit,
    unused_task,
    variable_use,
    string_names_variable,
    string_condition,
    constant_condition,
    missing_failure_path,
    secure_action_in_normal_flow,
    port_without_service,
    action_not_in_flow_type,
)

__all__ = ["RULES", "Rule"]
