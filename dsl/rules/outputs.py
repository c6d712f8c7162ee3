"""Outputs that authors name themselves: each is taken, and none stands twice (flow-format.md §8, §9.1, §9.8)."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.actions import actions
from dsl.inventory import Inventory
from dsl.model import Action, Flow, Output
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, Note, did_you_mean, finding


def named_outputs(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """An output of ``loopUntil`` that no case leads to, and a case, path or intent that an earlier one takes all of."""
    for action in all_actions(flow):
        spec = actions().get(action.key)
        if spec is not None and spec.open_outputs:
            yield from _never_taken(action, spec.outputs) if action.key == "loopUntil" else ()
            yield from _twice(action)


def _never_taken(loop: Action, own: tuple[str, ...]) -> Iterator[Diagnostic]:
    known = [*own, *(output.path for output in loop.outputs if output.condition is not None)]
    for output in loop.outputs:
        if output.path not in known:
            message = f'no case of the loop is called "{output.path}", so it is never taken'
            help_ = did_you_mean(output.path, known)
            yield finding("unknown-output", message, output.span, help=help_, element=loop.element)


def _twice(action: Action) -> Iterator[Diagnostic]:
    seen: dict[str, Output] = {}
    for output in action.outputs:
        if action.key == "loopUntil" and output.condition is None:
            continue  # where a case leads to stands apart from the case
        first = seen.setdefault(output.path.casefold(), output)
        if first is not output:
            message = f'"{output.path}" stands here twice, the second one is never taken'
            note = Note(first.span, "the first one")
            yield finding("unreachable-action", message, output.span, element=action.element, notes=(note,))
