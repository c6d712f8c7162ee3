"""What a flow needs of the adapter that carries its calls (telephony.md §3.4): read off its actions and menus.

Only what would be missed is told: prompts in words and keys typed ahead are emulated by the media port.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dsl.actions import FLOW_TYPES, actions
from dsl.model import Action, Flow, Form, Value
from dsl.rules.walk import all_actions, menus
from dsl.source import Diagnostic, Span, finding

_QUESTIONS = frozenset({"askForSlot", "askForBoolean", "askForIntent", "loopAnythingElse", "waitForInput"})
_ON_A_CALL = frozenset({"voice", "module"})


@dataclass(frozen=True, slots=True)
class Need:
    """A capability by its name in ``interpreter.ports.Capabilities``, and what needs it."""

    capability: str
    reason: str
    span: Span
    element: str


def needs_of(flow: Flow, linked: Iterable[Flow] = ()) -> tuple[Need, ...]:
    """What a flow needs with the modules and bots that are linked into it, each reason once; a written flow needs
    nothing."""
    if FLOW_TYPES[flow.type] not in _ON_A_CALL and flow.type != "botFlow":
        return ()
    found: dict[str, Need] = {}
    for one in (flow, *linked):
        for need in (*_of_actions(one), *_of_menus(one)):
            found.setdefault(need.reason, need)
    return tuple(found.values())


def lacking(needs: Iterable[Need], adapter: str, has: Container[str]) -> Iterator[Diagnostic]:
    """What an adapter with these capabilities cannot do, as findings."""
    for need in needs:
        if need.capability not in has:
            message = f'{need.reason}, which the adapter "{adapter}" does not have'
            yield finding("capability-missing", message, need.span, element=need.element)


def _of_actions(flow: Flow) -> Iterator[Need]:
    for action in all_actions(flow):
        spec = actions().get(action.key)
        for capability in spec.needs if spec is not None else ():
            yield _need(action, capability, f"{action.key} needs {WORDS[capability]}")
        if action.key in _QUESTIONS and flow.type == "botFlow":
            yield _need(action, "asr", f"{action.key} needs {WORDS['asr']}")
        if action.key == "collectInput" and _differ(flow, action):
            yield _need(action, "inter_timeout", f"collectInput needs {WORDS['inter_timeout']}")
        if _literal(action.settings.get("releaseLinkTransfer")) is True:
            yield _need(action, "refer", f"releaseLinkTransfer needs {WORDS['refer']}")


def _of_menus(flow: Flow) -> Iterator[Need]:
    """A choice that can only be spoken."""
    for menu in menus(flow):
        for choice in menu.choices:
            if choice.terms and not choice.dtmf:
                reason = f"a menu choice without a key needs {WORDS['asr']}"
                yield Need("asr", reason, choice.span, choice.element)


WORDS = {
    "asr": "speech recognition",
    "record": "recording",
    "refer": "to hand the call back to the carrier (SIP REFER)",
    "headers": "SIP headers",
    "inter_timeout": "a waiting time between digits that differs from that for the first one",
}
"""Capabilities that can be missed, in words."""


def _need(action: Action, capability: str, reason: str) -> Need:
    return Need(capability, reason, action.span, action.element)


def _differ(flow: Flow, action: Action) -> bool:
    return bool(_timeout(flow, action, "noEntryTimeout") != _timeout(flow, action, "interDigitTimeout"))


def _timeout(flow: Flow, action: Action, name: str) -> Any:
    """A timeout in ms where it is known; an expression is as good as any other value."""
    for value in (action.settings.get(name), flow.settings.get(f"{action.key}.{name}")):
        if isinstance(value, Value) and value.form is not Form.NO_VALUE:
            return getattr(value.literal, "ms", value.text)
    return actions()[action.key].parameters[name].default


def _literal(value: Any) -> Any:
    return value.literal if isinstance(value, Value) else None
