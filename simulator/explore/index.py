"""What is known of a flow beforehand: its actions by site, its variables by slot, what there is to reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dsl.actions import ActionSpec, actions
from dsl.expressions.tree import Node
from dsl.load.actions import is_off
from dsl.model import Action, Container, Flow, Menu, Value
from dsl.program import Program
from dsl.rules.other_flows import CALLED_TYPES
from dsl.rules.walk import containers, menus
from interpreter.state import Waiting

Way = tuple[str, str]
"""An output: the place of its action or menu, and the output's name."""

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
    prefix: str = ""
    """What sets the places of a linked flow apart."""

    @property
    def chosen(self) -> Way | None:
        """The menu's choice that the action is, if it is one."""
        return self.behind if self.owner == "" else None

    @property
    def place(self) -> str:
        """The action's element, unique in the program."""
        return self.prefix + self.action.element

    @property
    def target(self) -> str:
        """The place of the task, state or menu that the action goes to; empty where it goes to none."""
        return self.prefix + self.action.target if self.action.target else ""


@dataclass
class Index:
    """A flow and its program, side by side."""

    flow: Flow
    program: Program
    linked: Mapping[str, Flow] = field(default_factory=dict)
    """The modules and bots that it calls, by name."""

    by_place: Mapping[str, Guarded] = field(init=False)

    def __post_init__(self) -> None:
        self.by_place = {item.place: item for item in self._guarded()}
        self._slots = {_key(name): slot for slot, name in enumerate(self.program.names)}

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """The flow and those that it takes in, by the prefix of their places."""
        return {"": self.flow, **{f"{flow.name}:": flow for flow in self.linked.values()}}

    def _guarded(self) -> Iterator[Guarded]:
        for prefix, flow in self.flows.items():
            for container in containers(flow):
                yield from _behind(container.actions, prefix + container.element, None, prefix)
        for menu in self.menus:
            for choice in menu.choices:
                yield Guarded(choice.action, "", (menu.element, choice.name))

    def item(self, site: int) -> Guarded | None:
        """The action of a site; None for what the compiler has added itself."""
        return self.by_place.get(self.program.sites[site].place) if site >= 0 else None

    @cached_property
    def absent(self) -> Mapping[str, Guarded]:
        """The first call of each module and bot that is not here, by its name."""
        found: dict[str, Guarded] = {}
        for item in self.by_place.values():
            name = _call_of(item.action).get("name")
            if name and self.called(item) is None:
                found.setdefault(name, item)
        return found

    def called(self, item: Guarded) -> tuple[str, Flow] | None:
        """The module or bot of the project that an action calls, with the prefix of its places."""
        for kind in CALLED_TYPES:
            called = item.action.settings.get(kind)
            name = str(called.get("name", "")).casefold() if isinstance(called, dict) else None
            flow = next((flow for flow in self.linked.values() if flow.name.casefold() == name), None)
            if flow is not None:
                return f"{flow.name}:", flow
        return None

    def spec(self, action: Action) -> ActionSpec | None:
        """The action's entry in the catalogue."""
        return actions().get(action.key)

    @cached_property
    def menus(self) -> tuple[Menu, ...]:
        """All menus, nested ones included."""
        return tuple(menus(self.flow))

    @cached_property
    def containers(self) -> Mapping[str, Container]:
        """All tasks by their places."""
        return {
            prefix + container.element: container
            for prefix, flow in self.flows.items()
            for container in containers(flow)
        }

    def slot(self, name: str, owner: str) -> int | None:
        """The slot of a variable as it is seen from within a container."""
        found = self._slots.get((owner, name.lower()))
        return found if found is not None else self._slots.get((owner.partition("/")[0], name.lower()))

    # What can be reached.

    @cached_property
    def all_actions(self) -> Mapping[str, Guarded]:
        """Every action that can be executed, by place; menu choices that the menu follows itself are none."""
        return {
            element: item
            for element, item in self.by_place.items()
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
        return [path for path in spec.outputs if not is_off(action, path)]

    # What steers.

    @cached_property
    def steering(self) -> frozenset[int]:
        """Slots whose values can decide where the flow goes on, and those that no author sees."""
        into: dict[int, set[int]] = {}
        roots = {slot for slot, name in enumerate(self.program.names) if "#" in name}
        for item in self.by_place.values():
            roots |= self._roots(item)
            for target, read in self._assignments(item):
                into.setdefault(target, set()).update(read)
        attributes = {s for item in self.by_place.values() for s in self._attributes(item)}
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
        return any(item.action.key == "getParticipantData" for item in self.by_place.values())

    def _attributes(self, item: Guarded) -> Iterator[int]:
        if item.action.key == "setParticipantData":
            for _, value in item.action.settings.get("attributes") or ():
                yield from self._read(value, item.owner)

    def _roots(self, item: Guarded) -> set[int]:
        settings = item.action.settings
        found = {slot for name in _STEERING for slot in self._inside(settings.get(name), item.owner)}
        for output in item.action.outputs:
            found.update(self._read(output.condition, item.owner))
        asked = self.asked_slot(item)  # a slot that has a value is not asked for
        return found | ({asked} if asked is not None else set())

    def asked_slot(self, item: Guarded) -> int | None:
        """The slot that a bot's question is to fill."""
        name = str(item.action.settings.get("slot") or "") if item.action.key == "askForSlot" else ""
        return self.slot(name if "." in name else f"Slot.{name}", item.owner) if name else None

    def listed_slots(self, prefix: str) -> frozenset[str]:
        """Slots of a bot that take one of a list of values only."""
        bot = self.program.bots.get(prefix)
        if bot is None:
            return frozenset()
        types = {name: bot.types.get(kind) for name, kind in bot.entities.items()}
        return frozenset(name for name, kind in types.items() if kind is not None and kind.mechanism != "regex")

    # What no longer matters.

    @cached_property
    def scratch(self) -> frozenset[int]:
        """Slots that matter only while the action that they belong to is carried out."""
        return frozenset(slot for site in self.program.sites for slot in site.scratch)

    def live(self, waiting: Waiting) -> list[int]:
        """The steering slots that can matter from a wait on."""
        own = self._live_scratch(waiting)
        return [slot for slot in sorted(self.steering) if slot not in self.scratch or slot in own]

    def _live_scratch(self, waiting: Waiting) -> frozenset[int]:
        site = self.program.wait_sites.get(waiting.block, -1)
        own = self.program.sites[site].scratch if site >= 0 else ()
        first = self.program.phases.get(waiting.block, "").endswith("#ask")
        said = _SAID if first else ()  # what was said last is over when the question is asked
        return frozenset(slot for slot in own if not self.program.names[slot].rpartition("|")[2].startswith(said))

    def _assignments(self, item: Guarded) -> Iterator[tuple[int, set[int]]]:
        """Slots that an action writes, each with those that go into it."""
        action = item.action
        for _, name, value in action.settings.get("statements") or () if action.key == "updateData" else ():
            slot = self.slot(name, item.owner)
            if slot is not None:
                yield slot, set(self._read(value, item.owner))
        for name, value in self.inputs(item).items():
            slot = self.parameter(item, name)
            if slot is not None:
                yield slot, set(self._read(value, item.owner))
        for name, target in self.results(item).items():
            result, slot = self.parameter(item, name), self.slot(target, item.owner)
            if result is not None and slot is not None:
                yield slot, {result}

    # Calls of tasks, modules and bots.

    def inputs(self, item: Guarded) -> Mapping[str, Value]:
        """What a call gives along, by the names of the callee's variables."""
        found: Any = _call_of(item.action).get("inputs") if self.called(item) else item.action.settings.get("inputs")
        return found if isinstance(found, dict) else {}

    def results(self, item: Guarded) -> Mapping[str, str]:
        """The variables that a call's results go into, by the names of the callee's variables."""
        by_name = _call_of(item.action).get("outputs") if self.called(item) else None
        found: Any = by_name or item.action.settings.get("outputVariables")
        return found if isinstance(found, dict) else {}

    def parameter(self, item: Guarded, name: str) -> int | None:
        """The slot of the callee's input or output variable."""
        called = self.called(item)
        owner = called[0] if called is not None else item.target
        if not owner:
            return None
        scopes = ("Common", "Slot", "Flow") if called is not None else ("Task",)
        names = [name] if "." in name else [f"{scope}.{name}" for scope in scopes]
        return next((slot for full in names if (slot := self.slot(full, owner)) is not None), None)

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


_SAID = ("#text", "#path", "#answer")


def _call_of(action: Action) -> Mapping[str, Any]:
    """The setting that names the module or bot."""
    return next((called for kind in CALLED_TYPES if isinstance(called := action.settings.get(kind), dict)), {})


def _behind(listed: tuple[Action, ...], owner: str, behind: Way | None, prefix: str) -> Iterator[Guarded]:
    for action in listed:
        yield Guarded(action, owner, behind, prefix)
        for output in action.outputs:
            yield from _behind(output.actions, owner, (prefix + action.element, output.path), prefix)
