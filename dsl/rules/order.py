"""Variables that are read where nothing can have written them yet.

A walk along all ways at once: at each place the set of variables that *may* have been written. What is not in it is
NOT_SET there for certain, on whatever way the flow came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.actions import FLOW_TYPES
from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import is_collection
from dsl.inventory import Inventory
from dsl.model import Action, Container, Flow, Form, Value, Variable
from dsl.rules.variables import bound_names, inside, names_in
from dsl.rules.walk import all_actions, containers, menus, nested
from dsl.source import Diagnostic, Map, finding

_GUARDS = frozenset({"IsSet", "IsNotSetOrEmpty", "==", "!="})
_LOCAL = ("task.", "state.")
_LOOPS = frozenset({"loop", "loopUntil", "loopAnythingElse"})

Written = frozenset[str]


def read_before_write(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """The first such read of each variable that is written later on."""
    if FLOW_TYPES[flow.type] in ("bot", "unknown"):
        return  # intents start tasks in an order that nobody knows
    walk = _Walk(flow)
    seen: set[str] = set()
    for name, value in sorted(walk.reads(), key=lambda read: read[1].span.start):
        if name not in seen:
            seen.add(name)
            message = f'"{walk.watched[name].name}" is read before anything can have written it'
            help_ = "write it first, or give it an initial value"
            yield finding("read-before-write", message, value.span, help=help_)


class _Walk:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.containers: Mapping[str, Container] = {c.element: c for c in containers(flow)}
        self.all_written = frozenset(n for action in all_actions(flow) for n in _writes(action))
        self.watched = dict(self._watched())
        self.inside = {element: self._written_inside(element) for element in self.containers}
        self.entries: dict[str, Written] = {}
        self._spread()

    def _watched(self) -> Iterator[tuple[str, Variable]]:
        """Scalars that begin as NOT_SET and are written by an author's action."""
        generated = {action.origin.span for action in all_actions(self.flow) if action.origin}
        for variable in (*self.flow.variables, *(v for c in self.containers.values() for v in c.variables)):
            unset = variable.initial is None or variable.initial.form is Form.NO_VALUE
            name = variable.name.lower()
            own = variable.span not in generated and not variable.is_input and not is_collection(variable.type)
            if unset and own and name in self.all_written and name.startswith((*_LOCAL, "flow.", "common.")):
                yield name, variable

    def _written_inside(self, element: str) -> Written:
        """What a container and all that it leads to write."""
        seen: set[str] = set()
        found: set[str] = set()
        waiting = [element]
        while waiting:
            container = self.containers.get(at := waiting.pop())
            if container is None or at in seen:
                continue
            seen.add(at)
            for action in nested(container.actions):
                found.update(_writes(action))
                if action.key == "jumpToMenu":
                    return self.all_written
                if action.target is not None:
                    waiting.append(action.target)
        return frozenset(found)

    def _spread(self) -> None:
        """What may be written on entering each container, until nothing more is added."""
        start = self.flow.start or ""
        loops = self.flow.type == "inqueueCall"
        self._enter(start, self.all_written if loops else frozenset())
        if self.flow.error_handling is not None:
            self._enter(self.flow.error_handling.target or "", self.all_written)
        for menu in menus(self.flow):
            for choice in menu.choices:
                self._enter(choice.body.element if choice.body else choice.action.target or "", self.all_written)
        before = None
        while before != self.entries:
            before = dict(self.entries)
            for element in before:
                list(self._list(self.containers[element].actions, before[element]))

    def _enter(self, element: str, written: Written) -> None:
        if element in self.containers:
            shared = frozenset(name for name in written if not name.startswith(_LOCAL))
            self.entries[element] = self.entries.get(element, frozenset()) | shared

    def reads(self) -> Iterator[tuple[str, Value]]:
        """(variable, value that reads it) wherever it is NOT_SET for certain."""
        for element, written in list(self.entries.items()):
            yield from (read for _, read in self._list(self.containers[element].actions, written) if read)

    def _list(self, listed: tuple[Action, ...], written: Written) -> Iterator[tuple[Written, tuple[str, Value] | None]]:
        """Reads along a list; the last item carries what may be written behind it."""
        for action in listed:
            for value, before in _steps(action, written):
                yield from ((before, (name, value)) for name in self._unset(value, before))
            written = written | _writes(action)
            if action.key in _LOOPS:
                written = written.union(*(_writes(a) for o in action.outputs for a in nested(o.actions)))
            behind = written
            for output in action.outputs:
                for after, read in self._list(output.actions, written):
                    behind = behind | after
                    yield behind, read
            written = behind
            if action.target is not None:
                self._enter(action.target, written)
                if action.key == "callTask":
                    written = written | self.inside.get(action.target, frozenset())
        yield written, None

    def _unset(self, value: Value, written: Written) -> Iterator[str]:
        if value.form not in (Form.EXPRESSION, Form.VARIABLE) or value.expression is None:
            return
        guarded = {name.lower() for name in _guarded(value.expression)}
        for name in sorted({name.lower() for name in names_in(value.expression)}):
            if name in self.watched and name not in written and name not in guarded:
                yield name


def _steps(action: Action, written: Written) -> Iterator[tuple[Value, Written]]:
    """The values of an action with what may be written before each: statements see the ones before them."""
    for name, setting in action.settings.items():
        if name != "statements":
            yield from ((value, written) for value in inside(setting))
            continue
        for _, target, value in setting:
            yield value, written
            written = written | {target.lower()}
    if action.key not in _LOOPS:  # a loop asks its conditions behind its body
        yield from ((output.condition, written) for output in action.outputs if output.condition)


def _writes(action: Action) -> Written:
    """What an action itself writes, whichever of its outputs is taken."""
    if action.extra is None:
        return frozenset()
    own = Map(tuple(item for item in action.extra.items if item[0].text != "outputs"), action.extra.place)
    return frozenset(name.lower() for name in bound_names(own))


def _guarded(expression: Expression) -> Iterator[str]:
    """Names that an expression itself asks about."""
    if expression.op in _GUARDS:
        yield from names_in(expression)
    for operand in expression.operands:
        yield from _guarded(operand)
