"""Routing settings that are right each for itself and wrong together (routing.md §3-§12, §28)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from contactcenter.organisation.queues import Queue
from contactcenter.organisation.reading import Reader
from dsl.source import Map, Node, Note, Scalar, Seq, finding

LONGEST_VOICE_ALERT_S = 59
DEFAULT_VOICE_ALERT_S = 8
DEFAULT_SHARD = "default"
_ALWAYS = frozenset({("GreaterThanOrEqualTo", 0.0), ("LessThanOrEqualTo", 100.0)})
"""Comparisons of a figure that hold whatever it is; the second one for a percentage only."""


def check_queue(body: Map, what: str, reader: Reader) -> None:
    """Everything about one queue's way of routing."""
    for rule in _RULES:
        rule(body, what, reader)


def _methods(body: Map, what: str, reader: Reader) -> None:
    """Methods that exclude each other (§5)."""
    given = {name: node for name in _METHODS if (node := body.get(name)) is not None and _is_set(node)}
    for one, other in _EXCLUSIONS:
        if one in given and other in given:
            message = f"{what} has {_METHODS[one]} and {_METHODS[other]}, which exclude each other"
            reader.report("routing-exclusion", message, given[one].span, f'keep "{one}" or "{other}"')
    if "conditionalGroupRouting" in given and "bullseye" in given:
        message = f"{what} has conditional group routing and bullseye: its rings are never used"
        reader.report("two-routing-methods", message, given["bullseye"].span, "take one of them out")
    steps = _at(body, "x-callwright", "steps")
    for name in ("conditionalGroupRouting", "bullseye") if steps is not None else ():
        if name in given:
            message = f"{what} has steps and {_METHODS[name]}, which is never used"
            reader.report("two-routing-methods", message, given[name].span, "take one of them out")


_METHODS = {
    "conditionalGroupRouting": "conditional group routing",
    "conditionalGroupActivation": "conditional group activation",
    "lastAgentRoutingMode": "last-agent routing",
    "directRouting": "direct routing",
    "bullseye": "bullseye",
}
_EXCLUSIONS = (
    ("conditionalGroupRouting", "lastAgentRoutingMode"),
    ("conditionalGroupActivation", "conditionalGroupRouting"),
    ("conditionalGroupActivation", "lastAgentRoutingMode"),
    ("conditionalGroupActivation", "directRouting"),
)


def _is_set(node: Node) -> bool:
    """Whether a block says anything: exports write empty ones, too."""
    if isinstance(node, Scalar):
        return node.value is not None and node.text.casefold() not in ("disabled", "")
    lists = [value for _, value in node if isinstance(value, Seq)] if isinstance(node, Map) else []
    return bool(node.items) and not (lists and all(not one.items for one in lists))


def _conditional_rules(body: Map, what: str, reader: Reader) -> None:
    """Rules of conditional group routing (§8)."""
    rules = _at(body, "conditionalGroupRouting", "rules")
    listed = [rule for rule in rules.items if isinstance(rule, Map)] if isinstance(rules, Seq) else []
    for rule in listed:
        value = rule.get("conditionValue")
        if _text(rule.get("metric")) == "ServiceLevel" and value is not None and 0 < _number(value, 0) <= 1:
            message = f"the service level {_number(value, 0):g} of {what} is taken for percent"
            help_ = f"write percent: {_number(value, 0) * 100:g}"
            reader.report("looks-like-fraction", message, value.span, help_)
    if listed and not _always_holds(listed[-1]):
        help_ = "let it always hold: EstimatedWaitTime GreaterThanOrEqualTo 0"
        message = f"the last rule of {what} can be false, and then its groups are not asked"
        reader.report("last-rule-may-fail", message, listed[-1].span, help_)


def _always_holds(rule: Map) -> bool:
    comparison = (_text(rule.get("operator")), _number(rule.get("conditionValue"), -1))
    is_percent = _text(rule.get("metric")) == "ServiceLevel"
    return comparison in _ALWAYS and (is_percent or comparison[0].startswith("Greater"))


def _rings(body: Map, what: str, reader: Reader) -> None:
    """Rings that end before a call can be answered (§6); the last one never ends."""
    rings = _at(body, "bullseye", "rings")
    if not isinstance(rings, Seq) or _text(_at(body, "x-callwright", "ring_clock_runs_while_alerting")) == "false":
        return
    alert = _number(_at(body, "mediaSettings", "call", "alertingTimeoutSeconds"), DEFAULT_VOICE_ALERT_S)
    for number, ring in enumerate(rings.items[:-1], 1):
        criteria = ring.get("expansionCriteria") if isinstance(ring, Map) else None
        for criterion in criteria.items if isinstance(criteria, Seq) else ():
            threshold = criterion.get("threshold") if isinstance(criterion, Map) else None
            timed = isinstance(criterion, Map) and _text(criterion.get("type")) == "TIMEOUT_SECONDS"
            if timed and threshold is not None and _number(threshold, alert) < alert:
                seconds = _number(threshold, 0)
                message = f"ring {number} of {what} ends after {seconds:g} s, while a call alerts for {alert:g} s"
                reader.report("ring-shorter-than-alert", message, threshold.span, "let the ring be longer")


def _starvation(body: Map, what: str, reader: Reader) -> None:
    """Priority alone, without a longest wait (§4)."""
    method = body.get("scoringMethod")
    if method is not None and _text(method) == "PriorityOnly" and _at(body, "x-callwright", "max_wait_s") is None:
        message = f"calls of low priority may wait in {what} for ever"
        help_ = "set x-callwright: {max_wait_s: ...}, or scoringMethod: TimestampAndPriority"
        reader.report("starvation-possible", message, method.span, help_)


def _alert(body: Map, what: str, reader: Reader) -> None:
    seconds = _at(body, "mediaSettings", "call", "alertingTimeoutSeconds")
    if seconds is not None and _number(seconds, 0) > LONGEST_VOICE_ALERT_S:
        message = f"calls of {what} alert an agent for {_number(seconds, 0):g} s: callers give up before"
        reader.report("long-alert", message, seconds.span, f"use {LONGEST_VOICE_ALERT_S} or less")


_RULES: tuple[Callable[[Map, str, Reader], None], ...] = (_methods, _conditional_rules, _rings, _starvation, _alert)


def check_utilization(node: Node | None, whose: str, reader: Reader) -> None:
    """Calls and callbacks that may interrupt each other (§10)."""
    for medium, other in (("call", "callback"), ("callback", "call")):
        listed = _at(node, "utilization", medium, "interruptableMediaTypes")
        for item in listed.items if isinstance(listed, Seq) else ():
            if _text(item).casefold() == other:
                message = f"{whose} lets a {other} interrupt a {medium}: two voices at once"
                reader.report("voice-interrupts-voice", message, item.span, f"take {other} out")


def check_shards(queues: Iterable[tuple[Queue, Node | None]], default: str, reader: Reader) -> None:
    """Agents of two shards, who could be offered two things at once (§28.1)."""
    first: dict[str, tuple[str, Queue]] = {}
    for queue, members in queues:
        shard = _shard_of(queue, default)
        for member in queue.members:
            known = first.setdefault(member.user, (shard, queue))
            if known[0] != shard:
                name = reader.names.name("user", member.user)
                message = f'"{name}" is in queues of two shards: "{known[0]}" and "{shard}"'
                note = Note(known[1].span, f'the queue "{known[1].name}" is in the shard "{known[0]}"')
                place = members.span if members is not None else queue.span
                help_ = "put the queues into one shard, or the agent into one of them"
                found = finding("agent-in-two-shards", message, place, help=help_, notes=(note,))
                reader.findings.append(found)


def _shard_of(queue: Queue, default: str) -> str:
    own = queue.settings.get("x-callwright")
    return str(own.get("shard", default)) if isinstance(own, Mapping) else default


# Reading nodes without reporting: what they must be is reported where they are read.


def _at(node: Node | None, *path: str) -> Node | None:
    for name in path:
        node = node.get(name) if isinstance(node, Map) else None
    return node


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _number(node: Node | None, otherwise: float) -> float:
    value = node.value if isinstance(node, Scalar) else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise
