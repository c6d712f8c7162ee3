"""What is known of a flow beforehand: its actions by site, its variables by slot, what there is to reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dsl.actions import ActionSpec, actions
from dsl.expressions.tree import Node
from dsl.model import Action, Container, Flow, Menu, Value
from dsl.program import Program
from dsl.rules.walk import containers, menus

Way = tuple[str, str]
"""An output: the element of its action or menu, and the output's name."""

_STEERING = frozenset(
    "condition match loopCount maxLoopCount targetQueue findName findId findIds language digits exitReason".split()
)
"""Settings that decide where a flow goes on; the others decide what is heard, sent and written."""


@dataclass(slots=True)
class Guarded:
    """An action with the output that it stands behind, if any."""

    action: Action
    owner: str
    behind: Way | None


@dataclass
class Index:
    """A flow and its program, side by side."""

    flow: Flow
    program: Program
    by_element: Mapping[str, Guarded] = field(init=False)

    def __post_init__(self) -> None:
        self.by_element = {item.action.element: item for item in self._guarded()}
        self._slots = {_key(name): slot for slot, name in enumerate(self.program.names)}

    def _guarded(self) -> Iterator[Guarded]:
        for container in containers(self.flow):
            yield from _behind(container.actions, container.element, None)
        for menu in self.menus:
            for choice in menu.choices:
                yield Guarded(choice.action, "", (menu.element, choice.name))

    def action(self, site: int) -> Action | None:
        """The action of a site; None for what the compiler has added itself."""
        found = self.by_element.get(self.program.sites[site].element) if site >= 0 else None
        return found.action if found is not None else None

    def spec(self, action: Action) -> ActionSpec | None:
        """The action's entry in the catalogue."""
        return actions().get(action.key)

    @cached_property
    def menus(self) -> tuple[Menu, ...]:
        """All menus, nested ones included."""
        return tuple(menus(self.flow))

    @cached_property
    def containers(self) -> Mapping[str, Container]:
        """All tasks by element."""
        return {container.element: container for container in containers(self.flow)}

    def slot(self, name: str, owner: str) -> int | None:
        """The slot of a variable as it is seen from within a container."""
        found = self._slots.get((owner, name.lower()))
        return found if found is not None else self._slots.get(("", name.lower()))

    def owner(self, element: str) -> str:
        """The container that an action stands in."""
        found = self.by_element.get(element)
        return found.owner if found is not None else ""

    # What can be reached.

    @cached_property
    def all_actions(self) -> Mapping[str, Guarded]:
        """Every action that can be executed, by element; menu choices that the menu follows itself are none."""
        return {
            element: item
            for element, item in self.by_element.items()
            if not (item.behind and item.owner == "" and self._is_choice_of_menu(item.action))
        }

    def _is_choice_of_menu(self, action: Action) -> bool:
        choice = next((c for menu in self.menus for c in menu.choices if c.action.element == action.element), None)
        if choice is None:
            return False
        by_itself = ("menuRepeatMenu", "menuPreviousMenu")
        return choice.body is not None or choice.submenu is not None or choice.kind in by_itself

    @cached_property
    def all_outputs(self) -> tuple[Way, ...]:
        """Every output that an action or a menu can take."""
        found: list[Way] = []
        for element, item in self.all_actions.items():
            found.extend((element, path) for path in self._paths(item.action))
        for menu in self.menus:
            found.extend((menu.element, choice.name) for choice in menu.choices)
        return tuple(dict.fromkeys(found))

    def _paths(self, action: Action) -> list[str]:
        spec = self.spec(action)
        written = [output.path for output in action.outputs]
        if action.key == "switch":
            return list(dict.fromkeys([*written, "default"]))
        if spec is None:
            return []
        if spec.open_outputs:
            kept = [path for path in spec.outputs if path not in ("default", "failure", "knowledge", "noIntent")]
            return list(dict.fromkeys([*(written or spec.outputs[:1]), *(kept if action.key == "loopUntil" else ())]))
        if action.key == "transferToAcd" and not written:
            return []
        return list(dict.fromkeys([*spec.outputs, *(path for path in written if path in spec.outputs)]))

    # What steers.

    @cached_property
    def steering(self) -> frozenset[int]:
        """Slots whose values can decide where the flow goes on, and those that no author sees."""
        into: dict[int, set[int]] = {}
        roots = {slot for slot, name in enumerate(self.program.names) if "#" in name}
        for item in self.by_element.values():
            roots |= self._roots(item)
            for target, value in self._assignments(item):
                into.setdefault(target, set()).update(self._read(value, item.owner))
        attributes = {s for item in self.by_element.values() for s in self._attributes(item)}
        found, further = set(), list(roots)
        while further:
            slot = further.pop()
            if slot not in found:
                found.add(slot)
                further.extend(into.get(slot, ()))
        return frozenset(found | (attributes if self.reads_attributes else set()))

    @cached_property
    def reads_attributes(self) -> bool:
        """Whether the flow asks for participant data."""
        return any(item.action.key == "getParticipantData" for item in self.by_element.values())

    def _attributes(self, item: Guarded) -> Iterator[int]:
        if item.action.key == "setParticipantData":
            for _, value in item.action.settings.get("attributes") or ():
                yield from self._read(value, item.owner)

    def _roots(self, item: Guarded) -> set[int]:
        settings = item.action.settings
        found = {slot for name in _STEERING for slot in self._inside(settings.get(name), item.owner)}
        for output in item.action.outputs:
            found.update(self._read(output.condition, item.owner))
        return found

    def _assignments(self, item: Guarded) -> Iterator[tuple[int, Value | None]]:
        action = item.action
        for _, name, value in action.settings.get("statements") or () if action.key == "updateData" else ():
            slot = self.slot(name, item.owner)
            if slot is not None:
                yield slot, value
        callee = self.containers.get(action.target or "")
        given = action.settings.get("inputs")
        for name, value in (given if callee is not None and isinstance(given, dict) else {}).items():
            slot = self.parameter(callee, name)
            if slot is not None:
                yield slot, value

    def parameter(self, callee: Container | None, name: str) -> int | None:
        """The slot of a task's input or output variable."""
        full = name if "." in name else f"Task.{name}"
        return self.slot(full, callee.element) if callee is not None else None

    def _inside(self, setting: Any, owner: str) -> Iterator[int]:
        if isinstance(setting, Value):
            yield from self._read(setting, owner)
        elif isinstance(setting, (tuple, list)):
            for item in setting:
                yield from self._inside(item, owner)

    def _read(self, value: Value | None, owner: str) -> Iterator[int]:
        if value is not None and value.expression is not None:
            yield from self._names(value.expression, owner)

    def _names(self, node: Node, owner: str) -> Iterator[int]:
        slot = self.slot(node.name, owner) if node.name and node.op in ("ref", "sysref") else None
        if slot is not None:
            yield slot
        for operand in node.operands:
            yield from self._names(operand, owner)


def _key(name: str) -> tuple[str, str]:
    owner, _, plain = name.rpartition("|")
    return owner, plain.lower()


def _behind(listed: tuple[Action, ...], owner: str, behind: Way | None) -> Iterator[Guarded]:
    for action in listed:
        yield Guarded(action, owner, behind)
        for output in action.outputs:
            yield from _behind(output.actions, owner, (action.element, output.path))
