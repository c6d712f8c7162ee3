"""How much there may be of what routing reads, and between which limits its numbers lie (routing.md §6-§10, §21)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from contactcenter.organisation.expressions import BadExpression, read_numbered
from contactcenter.organisation.queues import MEDIA
from contactcenter.organisation.reading import Reader
from dsl.source import Map, Node, Scalar, Seq, Severity, did_you_mean

Limits = Mapping[str, tuple[float, float]]

NUMBERS: Mapping[str, Limits] = {
    "routingRules[]": {"threshold": (0, 100), "waitSeconds": (0, 864_000)},
    "bullseye.rings[].expansionCriteria[]": {"threshold": (0, 864_000)},
    "conditionalGroupRouting.rules[]": {"waitSeconds": (0, 864_000)},
    "agentOwnedRouting": {"maxOwnedCallbackHours": (1, 168), "maxOwnedCallbackDelayHours": (1, 720)},
    "directRouting": {"agentWaitSeconds": (60, 864_000)},
    "predictiveRouting": {"timeoutSeconds": (12, 259_200)},
}
"""Lowest and highest, where a queue has them."""

COMPARISONS = ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "routingRules[]": {"operator": ("MEETS_THRESHOLD", "ANY")},
    "bullseye.rings[].expansionCriteria[]": {"type": ("TIMEOUT_SECONDS",)},
    "conditionalGroupRouting.rules[]": {"metric": ("EstimatedWaitTime", "ServiceLevel"), "operator": COMPARISONS},
    "conditionalGroupActivation.rules[].conditions[]": {"operator": (*COMPARISONS, "EqualTo", "NotEqualTo")},
    "conditionalGroupActivation.rules[].conditions[].simpleMetric": {
        "metric": ("EstimatedWaitTime", "IdleAgentCount", "ServiceLevel")
    },
}
"""Words that a setting may be."""

MOST_RINGS = 7
"""Six, and the empty one that exports add at the end."""

MANY: Mapping[str, tuple[int, str]] = {
    "members": (5_000, "members"),
    "routingRules": (6, "rules of preferred agents"),
    "bullseye.rings[].actions.skillsToRemove": (50, "skills that one ring removes"),
}
"""More than so many are a warning: we have no such limit, the vendor has."""

UTILIZATION_KEYS = ("utilization", "labelUtilizations", "maxInboundCalls", "level", "id", "selfUri")
UNITS = {"maximumCapacity": (0.0, 25.0)}


def check_limits(body: Map, what: str, reader: Reader) -> None:
    """Numbers, words and lengths of a queue."""
    for path, numbers in NUMBERS.items():
        for part in _each(body, path):
            if isinstance(part, Map):
                reader.limits(part, numbers, what)
    for path, words in WORDS.items():
        for part in _each(body, path):
            for key, allowed in words.items():
                _check_word(part.get(key) if isinstance(part, Map) else None, f'"{key}" of {what}', allowed, reader)
    for path in ("conditionalGroupActivation.rules[]", "conditionalGroupActivation.pilotRule"):
        for rule in _each(body, path):
            _check_combination(rule, what, reader)
    for rings in _each(body, "bullseye.rings"):
        if isinstance(rings, Seq) and len(rings.items) > MOST_RINGS:
            message = f"{what} has {len(rings.items)} rings; there are six at most"
            reader.report("out-of-range", message, rings.items[MOST_RINGS].span)
    for path, (most, things) in MANY.items():
        for listed in _each(body, path):
            if isinstance(listed, Seq) and len(listed.items) > most:
                message = f"{what} has {len(listed.items):,} {things}; the vendor has {most:,} at most"
                reader.report("limit-exceeded", message, listed.span, severity=Severity.WARNING)


def _check_combination(rule: Node, what: str, reader: Reader) -> None:
    """``conditionExpression`` joins the conditions beside it by their numbers."""
    text = next(_each(rule, "conditionExpression"), None)
    if isinstance(text, Scalar) and text.value is not None:
        try:
            read_numbered(text.text, len(list(_each(rule, "conditions[]"))))
        except BadExpression as error:
            help_ = "join the conditions by their numbers: 1 AND (2 OR NOT 3)"
            reader.report("bad-value", f'"conditionExpression" of {what}: {error}', text.span, help_)


def _check_word(node: Node | None, what: str, allowed: Sequence[str], reader: Reader) -> None:
    """Routing reads these as they are written, so their case counts."""
    if isinstance(node, Scalar) and node.text not in allowed:
        reader.report("bad-literal", f'{what} cannot be "{node.text}"', node.span, did_you_mean(node.text, allowed))


def check_media_units(node: Node | None, whose: str, reader: Reader) -> None:
    """How much an agent may have at once, by medium (routing.md §10)."""
    if not isinstance(node, Map):
        return
    for key, _ in node:
        if key.text in MEDIA:
            message = f'the utilization of {whose} has no "{key.text}"'
            help_ = f'write it one level further in: "utilization: {{{key.text}: {{maximumCapacity: 1}}}}"'
            reader.report("unknown-key", message, key.span, help_)
    reader.keys(node, (*UTILIZATION_KEYS, *MEDIA), f"the utilization of {whose}")
    media = node.get("utilization")
    if isinstance(media, Map):
        reader.keys(media, MEDIA, f'"utilization" of {whose}')
    for medium, limits in media if isinstance(media, Map) else ():
        if isinstance(limits, Map):
            what = f"{medium.text} of {whose}"
            reader.keys(limits, (*UNITS, "interruptableMediaTypes", "includeNonAcd"), what)
            reader.limits(limits, UNITS, what)
    reader.number(node.get("maxInboundCalls"), f'"maxInboundCalls" of {whose}', 0, 25)


def check_units(node: Node | None, whose: str, reader: Reader) -> None:
    """How much an agent may have at once, by medium and by label (routing.md §10)."""
    check_media_units(node, whose, reader)
    labels = node.get("labelUtilizations") if isinstance(node, Map) else None
    for label, limits in labels if isinstance(labels, Map) else ():
        reader.reference(Scalar(label.text, label.text, "plain", label.span), "utilization-label")
        if isinstance(limits, Map):
            reader.keys(limits, (*UNITS, "interruptingLabelIds"), f"{label.text} of {whose}")
            reader.limits(limits, UNITS, f"{label.text} of {whose}")
            for other in _each(limits, "interruptingLabelIds[]"):
                reader.reference(other, "utilization-label")


def _each(node: Node | None, path: str) -> Iterator[Node]:
    """What stands at a path; ``[]`` goes into every item of a list."""
    step, _, rest = path.partition(".")
    name = step.removesuffix("[]")
    found = node.get(name) if isinstance(node, Map) else None
    items = found.items if step.endswith("[]") and isinstance(found, Seq) else (found,)
    for item in items:
        if item is None or (step.endswith("[]") and item is found):
            continue
        if rest:
            yield from _each(item, rest)
        else:
            yield item
