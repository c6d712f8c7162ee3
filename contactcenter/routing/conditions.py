"""Figures of queues compared: conditional group routing and activation (routing.md §8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contactcenter.organisation.expressions import holds, read_numbered
from contactcenter.routing.configuration import ActivationRule, Queue
from contactcenter.routing.messages import GroupActivated, GroupDeactivated
from contactcenter.routing.skills import COMPARE

Metrics = Mapping[str, Mapping[str, float]]


def compare_metric(metrics: Metrics, queue: str, metric: str, operator: str, value: float) -> bool:
    """Whether a figure compares so; what is not known is false."""
    found = metrics.get(queue, {}).get(metric)
    compare = COMPARE.get(operator)
    return found is not None and compare is not None and compare(found, value)


def rule_holds(rule: ActivationRule, queue: str, metrics: Metrics) -> bool:
    """An activation rule's conditions, joined as its expression says; raises ``BadExpression``."""
    conditions = rule.conditions or ()

    def true(number: int) -> bool:
        condition = conditions[number]
        asked = condition.simple_metric.queue_id or queue
        return compare_metric(metrics, asked, condition.simple_metric.metric, condition.operator, condition.value)

    return holds(read_numbered(rule.condition_expression or "", len(conditions)), true)


def activation(queue: Queue, on: frozenset[str], metrics: Metrics) -> Iterator[GroupActivated | GroupDeactivated]:
    """What conditional group activation switches now: a group is on when any rule that names it is true."""
    settings = queue.conditional_group_activation
    if settings is None:
        return
    rules = settings.rules or ()
    named = sorted({group.id for rule in rules for group in rule.groups or ()})
    if settings.pilot_rule is not None and not rule_holds(settings.pilot_rule, queue.id, metrics):
        if queue.knobs.cga_pilot_false == "keep":
            return
        wanted: set[str] = set()
    else:
        true = [rule for rule in rules if rule_holds(rule, queue.id, metrics)]
        wanted = {group.id for rule in true for group in rule.groups or ()}
    for group in named:
        if group in wanted and group not in on:
            yield GroupActivated(queue=queue.id, group=group)
        elif group not in wanted and group in on:
            yield GroupDeactivated(queue=queue.id, group=group)
