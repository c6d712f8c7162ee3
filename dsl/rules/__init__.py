"""The rules that look at a whole flow, as one visible list. Only mistakes, never taste."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsl.inventory import Inventory
from dsl.model import Flow
from dsl.rules.bots import unknown_to_the_bot
from dsl.rules.constants import constant_condition
from dsl.rules.control_flow import (
    loop_leaf_outside_loop,
    loop_without_exit,
    no_terminating_action,
    unreachable_action,
    unused_task,
)
from dsl.rules.data_actions import missing_failure_path, secure_action_in_normal_flow, silent_failure
from dsl.rules.menus import duplicate_global_dtmf, previous_of_the_first
from dsl.rules.order import read_before_write
from dsl.rules.other_flows import other_flows
from dsl.rules.outcomes import unknown_flow_outcome
from dsl.rules.outputs import named_outputs
from dsl.rules.secure import secure_not_acknowledged, secure_variable_exposed, sensitive_values
from dsl.rules.services import action_not_in_flow_type, knowledge_without_service, port_without_service
from dsl.rules.settings import (
    rounding_of_another_mode,
    too_many_preferred_agents,
    unknown_time_zone,
    unsupported_language,
)
from dsl.rules.tasks import called_tasks, undeclared_way_out
from dsl.rules.variables import (
    maybe_not_set,
    string_condition,
    string_names_variable,
    too_many_participant_data,
    variable_use,
)
from dsl.source import Diagnostic

Rule = Callable[[Flow, Inventory], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    unreachable_action,
    no_terminating_action,
    loop_leaf_outside_loop,
    loop_without_exit,
    unused_task,
    duplicate_global_dtmf,
    previous_of_the_first,
    variable_use,
    read_before_write,
    maybe_not_set,
    string_names_variable,
    string_condition,
    constant_condition,
    too_many_participant_data,
    missing_failure_path,
    silent_failure,
    secure_action_in_normal_flow,
    port_without_service,
    knowledge_without_service,
    action_not_in_flow_type,
    secure_variable_exposed,
    secure_not_acknowledged,
    sensitive_values,
    other_flows,
    called_tasks,
    named_outputs,
    undeclared_way_out,
    unknown_flow_outcome,
    unknown_to_the_bot,
    unsupported_language,
    unknown_time_zone,
    rounding_of_another_mode,
    too_many_preferred_agents,
)

__all__ = ["RULES", "Rule"]
