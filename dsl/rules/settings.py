"""Settings that fit their type and yet cannot be: a language, a time zone, rounding of another mode (flow-format.md
§9.3, §9.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dsl.expressions.tree import Node as Expression
from dsl.inventory import Inventory
from dsl.model import Flow, Form, Value
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, Severity, did_you_mean, finding
from dsl.zones import zone_of

_TAG = re.compile(r"[a-z]{2,3}[-_][a-z0-9]{2,4}\Z")
"""A language as authors write it, and no placeholder."""
_WORD = re.compile(r"[a-z]{4,}\Z")


def unsupported_language(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A default that is none of the flow's languages; ``setLanguage`` to a language that the flow does not have."""
    place = flow.tree.get("defaultLanguage") if flow.tree is not None else None
    default = flow.default_language
    if place is not None and default and flow.languages and default not in flow.languages and _TAG.match(default):
        message = f'the default language "{default}" is none of supportedLanguages'
        yield finding("bad-literal", message, place.span, help=did_you_mean(default, flow.languages))
    elif place is not None and default and "_" in default and _TAG.match(default):
        help_ = f"write {default.replace('_', '-')}"
        yield finding("bad-literal", f'"{default}" is no language', place.span, help=help_)
    elif place is not None and default and _WORD.match(default):
        yield finding("bad-literal", f'"{default}" is no language', place.span, help="write its tag, such as en-us")
    known = [*flow.languages, *([flow.default_language] if flow.default_language else [])]
    for action in all_actions(flow) if known else ():
        language: Any = action.settings.get("language") if action.key == "setLanguage" else None
        tag = _text(language)
        if tag is not None and tag.casefold() not in {one.casefold() for one in known}:
            message = f'the flow does not support the language "{tag}"'
            help_ = did_you_mean(tag, known) or "add it to supportedLanguages"
            yield finding("bad-literal", message, language.span, help=help_, element=action.element)


def unknown_time_zone(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A schedule in a time zone that does not exist."""
    for action in all_actions(flow):
        evaluated = action.settings.get("evaluationType") if action.key == "evaluateSchedule" else None
        zone: Any = evaluated.get("zone") if evaluated else None
        name = _text(zone)
        if name and zone_of(name) is None:
            message, help_ = f'unknown time zone "{name}"', "write an id such as Europe/Berlin"
            yield finding("bad-literal", message, zone.span, help=help_, element=action.element)


def rounding_of_another_mode(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Specific intervals, where the wait is said exactly or as a range."""
    for action in all_actions(flow):
        mode, intervals = action.settings.get("playbackMode"), action.settings.get("specificRoundingIntervals")
        if intervals is not None and intervals.form is not Form.NO_VALUE and mode in ("exact", "range"):
            message = f'"specificRoundingIntervals" are not used in the mode "{mode}"'
            help_ = 'leave them out, or choose the mode "about" or "lessThan"'
            yield finding("unknown-parameter", message, intervals.span, help=help_, element=action.element)


def too_many_preferred_agents(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """More agents, written one by one, than are passed on (flow-format.md §9.2)."""
    for action in all_actions(flow):
        agents: Any = action.settings.get("preferredAgents") if action.key == "transferToAcd" else None
        count = _listed(agents.expression) if isinstance(agents, Value) and agents.expression is not None else 0
        if count > MOST_PREFERRED:
            message = f"{count} preferred agents, of which only the first {MOST_PREFERRED} are tried"
            yield finding(
                "out-of-range",
                message,
                agents.span,
                help="leave some out",
                severity=Severity.WARNING,
                element=action.element,
            )


MOST_PREFERRED = 20


def _listed(tree: Expression) -> int:
    """How many items a list has at least that is written down in place."""
    if tree.op == "MakeListAgentScorePair":
        return _listed(tree.operands[0])
    if tree.op == "MakeList":
        return len(tree.operands)
    return len(tree.value) if tree.op == "lit" and isinstance(tree.value, tuple) else 0


def _text(value: Value | None) -> str | None:
    literal = value.literal if value is not None else None
    return literal if isinstance(literal, str) else None
