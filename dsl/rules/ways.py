"""Ways through a flow: whether what follows an action is ever reached, and whether a called task comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl.actions import actions
from dsl.model import Action, Container, Flow
from dsl.rules.walk import containers, nested

_ALWAYS_GOES_ON = frozenset({"loop", "loopUntil", "loopAnythingElse", "setExternalTag"})
"""Actions that have outputs and go on behind themselves whatever these do."""


class Ways:
    """Answers about one flow; a missing output falls through to the next action (flow-format.md §6)."""

    def __init__(self, flow: Flow) -> None:
        self.containers: Mapping[str, Container] = {container.element: container for container in containers(flow)}
        self.returning: frozenset[str] = frozenset()
        while (found := self._returning()) != self.returning:
            self.returning = found

    def _returning(self) -> frozenset[str]:
        """Containers that may come back to a caller, as far as is known by now."""
        return frozenset(
            element
            for element, container in self.containers.items()
            if self.falls(container.actions) or any(a.key == "endTask" for a in nested(container.actions))
        )

    def falls(self, listed: Iterable[Action], *, transfers_end: bool = False) -> bool:
        """Whether the end of a list may be reached; ``transfers_end`` takes every transfer for accepted."""
        return all(self.passes(action, transfers_end=transfers_end) for action in listed)

    def passes(self, action: Action, *, transfers_end: bool = False) -> bool:
        """Whether what follows an action may be reached."""
        spec = actions().get(action.key)
        if spec is None or action.key in _ALWAYS_GOES_ON:
            return True
        if spec.ends or self.never_returns(action):
            return False
        if transfers_end and action.key.startswith("transferTo") and action.output("failure") is None:
            return False
        paths = self._paths(action)
        return not paths or any(
            (output := action.output(path)) is None or self.falls(output.actions, transfers_end=transfers_end)
            for path in paths
        )

    def never_returns(self, action: Action) -> bool:
        """Whether the action calls a task that ends the flow or jumps away on every way."""
        return action.key == "callTask" and action.target in self.containers and action.target not in self.returning

    def _paths(self, action: Action) -> tuple[str, ...]:
        """The outputs of which one is taken for certain; none where the action may also go on by itself."""
        if action.key == "switch":
            return ("default", *(output.path for output in action.outputs))
        called = self.containers.get(action.target or "") if action.key == "callTask" else None
        if called is not None:
            return ("default", *called.output_paths)
        spec = actions()[action.key]
        return () if spec.open_outputs else spec.outputs
