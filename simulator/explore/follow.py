"""Following a step: which variables got which terms, and which conditions were met with which outcome.

The machine runs on plain values. Its trace tells which actions ran, in order; their settings in the model tell what
each did, so that the same can be done to the terms. Where this goes wrong (an action that nobody has taught it) the
value that the machine has counts: at the end of every step a term that does not give the variable's value is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.compile.names import SYSTEM
from dsl.expressions.tree import Node
from dsl.expressions.types import Type
from dsl.model import Form, Value, Variable
from interpreter.machine import TraceEntry
from interpreter.state import State
from simulator.explore.bindings import failures_of, outputs_of, settings_of
from simulator.explore.effects import EFFECTS
from simulator.explore.index import Guarded, Index
from simulator.explore.terms import (
    MAX_NODES,
    Demand,
    Evaluator,
    Undefined,
    Values,
    has_source,
    holds_now,
    names,
    plain,
    size,
    source,
    substitute,
)

_FIXED = frozenset({"call.language", "interaction.language", "flow.startdatetimeutc", "flow.$lastinput"})
SAID = "speech"
"""What somebody has said or written to a bot, as an output of the answer."""
ERROR = "error"
"""What an action that could not be carried out has taken."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A fork in the road: the demands of the way that was taken, and those of the ways that were not."""

    site: int
    taken: str
    holds: tuple[Demand, ...]
    others: tuple[tuple[str, tuple[Demand, ...]], ...]


@dataclass(slots=True)
class Memory:
    """What is known besides the machine's state: terms of variables and of participant data, turns of loops, and what
    the caller has entered last, which counts once it has been read back and confirmed."""

    terms: dict[int, Node] = field(default_factory=dict)
    attributes: dict[str, Node] = field(default_factory=dict)
    turns: dict[int, tuple[int, Node]] = field(default_factory=dict)
    entered: Mapping[str, Node] = field(default_factory=dict)


@dataclass(slots=True)
class Follower:
    """Follows one step."""

    index: Index
    evaluator: Evaluator
    before: Sequence[Any]
    memory: Memory
    values: Values
    answered: Mapping[str, Node]
    """Sources of the answer that the step began with, by output; ``digits`` for what the caller entered."""

    now: dict[int, Node] = field(default_factory=dict)
    branches: list[Branch] = field(default_factory=list)
    owner: str = ""

    # Terms.

    def term(self, value: Value | None, owner: str) -> Node:
        """The term of a setting."""
        if value is None or value.expression is None or value.form in (Form.NO_VALUE, Form.NONE):
            return plain(None)
        read = self.reader(owner)
        leaves = {node.name or "": read(node) for node in names(value.expression)}
        if any(leaf is None or leaf.op not in ("lit", "nul") for leaf in leaves.values()):
            return self.folded(substitute(value.expression, read))
        known = {name: leaf.value if leaf.op == "lit" else None for name, leaf in leaves.items() if leaf is not None}
        try:
            return plain(self.evaluator.value(value.expression, known), value.expression.type)
        except Undefined:
            return substitute(value.expression, read)

    def reader(self, owner: str) -> Callable[[Node], Node | None]:
        """How names are read from within a container."""

        def read(node: Node) -> Node | None:
            name = node.name or ""
            slot = self.index.slot(name, owner)
            if slot is not None:
                return self.variable(slot)
            lowered = name.lower()
            if lowered in SYSTEM:
                return plain(SYSTEM[lowered], node.type)
            if lowered in self.index.program.host_reads and lowered not in _FIXED:
                return source(f"0.{lowered}", node.type)
            return None

        return read

    def variable(self, slot: int) -> Node:
        """The term of a variable as it is now."""
        found = self.now.get(slot) or self.memory.terms.get(slot)
        return found if found is not None else plain(self.before[slot], Type(self.index.program.types[slot]))

    def folded(self, term: Node) -> Node:
        """A term that depends on nothing is its value, once it is more than a few nodes."""
        count = size(term)
        if count < 2 or (has_source(term) and count <= MAX_NODES):
            return term
        try:
            return plain(self.evaluator.value(term, self.values), term.type)
        except Undefined:
            return term

    # The trace.

    def follow(self, trace: Iterable[TraceEntry]) -> None:
        """Take the entries of a step."""
        for kind, site, data in trace:
            if kind == "act":
                self.began(site)
            elif kind == "done":
                self.done(site, data[0])
            elif kind == "changed":
                self.bound(site, data)
            elif kind == "chosen":
                self.chosen(site, data)
            elif kind == "error":
                self.failed(site)

    def began(self, site: int) -> None:
        item = self.index.item(site)
        if item is None:
            return
        if item.action.key == "callTask" or self.index.called(item) is not None:
            self.entered(item.target, item)
        elif item.action.key == "loop" and site not in self.memory.turns:
            self.memory.turns[site] = (0, self.term(item.action.settings.get("loopCount"), item.owner))

    def done(self, site: int, out: str | None) -> None:
        item = self.index.item(site)
        effect = EFFECTS.get(item.action.key) if item is not None else None
        if effect is not None and item is not None:
            effect(self, site, item, out)

    def failed(self, site: int) -> None:
        """An action could not be carried out: where an answer is to blame, another one is worth trying."""
        item = self.index.item(site)
        owner = item.owner if item is not None else ""
        for target, value in settings_of(item.action) if item is not None else ():
            term = self.term(value, owner)
            if has_source(term) and not holds_now(self.evaluator, (term, None), self.values):
                self.branches.append(Branch(site, ERROR, (), (("", ((term, None),)),)))
                return
            slot = self.index.slot(target, owner) if target else None
            if slot is not None:
                self.now[slot] = term

    def chosen(self, number: int, name: str) -> None:
        table = self.index.program.menus[number]
        menu = next((menu for menu in self.index.menus if menu.element == table.element), None)
        for choice in menu.choices if menu is not None else ():
            if choice.name == name and choice.body is not None:
                self.entered(choice.body.element, None)

    def started(self) -> None:
        """The flow's own variables, then those of its first task."""
        self.initialised(self.index.flow.variables, "")
        for name, slot in self.index.program.inputs.items():
            self.now[slot] = source(f"0.{name}", Type(self.index.program.types[slot]))
        self.entered(self.index.flow.start or "", None)

    def initialised(self, variables: Iterable[Variable], owner: str) -> None:
        for variable in variables:
            slot = self.index.slot(variable.name, owner)
            if slot is not None:
                self.now[slot] = self.term(variable.initial, owner)

    def entered(self, place: str, by: Guarded | None) -> None:
        """A task, a module or a bot begins: its variables are fresh, but for what it is given."""
        called = self.index.called(by) if by is not None else None
        given: dict[int, Node] = {}
        for name, value in (self.index.inputs(by) if by is not None else {}).items():
            slot = self.index.parameter(by, name) if by is not None else None
            if slot is not None and value.form is not Form.NO_VALUE and by is not None:
                given[slot] = self.term(value, by.owner)
        if called is not None:
            prefix, flow = called
            self.initialised(flow.variables, prefix)
            place = prefix + (flow.start or "")
        container = self.index.containers.get(place)
        if container is not None:
            self.initialised(container.variables, place)
        self.now.update(given)

    def bound(self, site: int, written: Sequence[Any]) -> None:
        """Outputs went into variables: of each the slot, the value before, and the value."""
        item, types = self.index.item(site), self.index.program.types
        changed = {slot: value for slot, before, value in zip(*[iter(written)] * 3, strict=True) if before != value}
        self.now.update({slot: plain(value, Type(types[slot])) for slot, value in changed.items()})
        if item is None:
            return
        self.now.update({slot: self.variable(result) for slot, result in self.returned(item)})
        for slot, answer in self.outcomes(item):  # also where the answer is what the variable has already
            self.now[slot] = self.as_typed(answer, changed.get(slot, self.before[slot]), types[slot])

    def returned(self, item: Guarded) -> Iterator[tuple[int, int]]:
        """Which variables take which results of a task, a module or a bot."""
        for name, target in self.index.results(item).items():
            slot, result = self.index.slot(target, item.owner), self.index.parameter(item, name)
            if slot is not None and result is not None:
                yield slot, result

    def outcomes(self, item: Guarded) -> Iterator[tuple[int, Node]]:
        """Which variables take which part of the answer."""
        asked = self.index.asked_slot(item)
        if asked is not None and SAID in self.answered:
            yield asked, self.answered[SAID]
        for target, output in [*outputs_of(item.action), *failures_of(item.action)]:
            slot = self.index.slot(target, item.owner)
            if slot is not None and output in self.answered:
                yield slot, self.answered[output]

    def as_typed(self, source: Node, value: Any, type_: str) -> Node:
        """What was answered, converted as the variable has it: what a bot was told is a text."""
        if source.type in (type_, "any") or type_ == "any" or source.type != "str":
            return source
        converted = Node("coerce", 1, Type(type_), (source,))
        return converted if self._gives(converted, value) else plain(value, Type(type_))

    # Forks.

    def fork(
        self, site: int, taken: str, holds: tuple[Demand, ...], others: Sequence[tuple[str, tuple[Demand, ...]]]
    ) -> None:
        """Note a fork that the world has a say in, if the terms agree with what happened."""
        if not any(has_source(term) for term, _ in holds):
            others = ()
        elif not all(holds_now(self.evaluator, demand, self.values) for demand in holds):
            return
        self.branches.append(Branch(site, taken, holds, tuple(others)))

    def ended(self, state: State) -> Memory:
        """The terms that hold at the end of the step."""
        terms = {}
        for slot, term in {**self.memory.terms, **self.now}.items():
            if has_source(term) and size(term) <= MAX_NODES and self._gives(term, state.variables[slot]):
                terms[slot] = term
        return Memory(terms, self.memory.attributes, self.memory.turns, self.memory.entered)

    def _gives(self, term: Node, value: Any) -> bool:
        try:
            return bool(self.evaluator.value(term, self.values) == value)
        except Undefined:
            return False
