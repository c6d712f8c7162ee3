"""Following a step: which variables got which terms, and which conditions were met with which outcome.

The machine runs on plain values. Its trace tells which actions ran, in order; their settings in the model tell what
each did, so that the same can be done to the terms. Where this goes wrong (an action that nobody has taught it) the
value that the machine has counts: at the end of every step a term that does not give the variable's value is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.compile.names import SYSTEM
from dsl.expressions.tree import Node
from dsl.expressions.types import Type
from dsl.model import Action, Container, Form, Value, Variable
from interpreter.machine import TraceEntry
from interpreter.state import State
from simulator.explore.index import Index
from simulator.explore.terms import (
    MAX_NODES,
    Evaluator,
    Undefined,
    Values,
    has_source,
    names,
    plain,
    size,
    source,
    substitute,
)

Demand = tuple[Node, bool | None]
"""A condition's term, and whether it must hold; None: it must only have a value."""

_FIXED = frozenset({"call.language", "interaction.language", "flow.startdatetimeutc", "flow.$lastinput"})
ERROR = "error"
"""What an action that could not be carried out has taken."""
MOST_TURNS = 2
"""How many turns of a loop over an answer are tried: none, one, several."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A fork in the road: the demands of the way that was taken, and those of the ways that were not."""

    site: int
    taken: str
    holds: tuple[Demand, ...]
    others: tuple[tuple[str, tuple[Demand, ...]], ...]


@dataclass(slots=True)
class Memory:
    """What is known besides the machine's state: terms of variables and of participant data, turns of loops."""

    terms: dict[int, Node] = field(default_factory=dict)
    attributes: dict[str, Node] = field(default_factory=dict)
    turns: dict[int, tuple[int, Node]] = field(default_factory=dict)


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
        action = self.index.action(site)
        if action is not None and action.key == "callTask":
            self.entered(self.index.containers.get(action.target or ""), action)
        elif action is not None and action.key == "loop" and site not in self.memory.turns:
            count = self.term(action.settings.get("loopCount"), self.index.owner(action.element))
            self.memory.turns[site] = (0, count)

    def done(self, site: int, out: str | None) -> None:
        action = self.index.action(site)
        if action is None:
            return
        handler = _DONE.get(action.key)
        if handler is not None:
            handler(self, site, action, out)

    def failed(self, site: int) -> None:
        """An action could not be carried out: where an answer is to blame, another one is worth trying."""
        action = self.index.action(site)
        owner = self.index.owner(action.element) if action is not None else ""
        for target, value in settings_of(action) if action is not None else ():
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
                self.entered(choice.body, None)

    def started(self) -> None:
        """The flow's own variables, then those of its first task."""
        self.initialised(self.index.flow.variables, "")
        for name, slot in self.index.program.inputs.items():
            self.now[slot] = source(f"0.{name}", Type(self.index.program.types[slot]))
        self.entered(self.index.containers.get(self.index.flow.start or ""), None)

    def initialised(self, variables: Iterable[Variable], owner: str) -> None:
        for variable in variables:
            slot = self.index.slot(variable.name, owner)
            if slot is not None:
                self.now[slot] = self.term(variable.initial, owner)

    def entered(self, container: Container | None, by: Action | None) -> None:
        """A task begins: its variables are fresh, but for what it is given."""
        if container is None:
            return
        given: dict[int, Node] = {}
        inputs = by.settings.get("inputs") if by is not None else None
        for name, value in (inputs if isinstance(inputs, dict) else {}).items():
            slot = self.index.parameter(container, name)
            if slot is not None and value.form is not Form.NO_VALUE and by is not None:
                given[slot] = self.term(value, self.index.owner(by.element))
        self.initialised(container.variables, container.element)
        self.now.update(given)

    def bound(self, site: int, pairs: Iterable[tuple[int, Any]]) -> None:
        """Outputs went into variables."""
        for slot, value in pairs:
            self.now[slot] = plain(value, Type(self.index.program.types[slot]))
        action = self.index.action(site)
        if action is None:
            return
        action_owner = self.index.owner(action.element)
        if action.key == "callTask":
            callee = self.index.containers.get(action.target or "")
            for name, target in (action.settings.get("outputVariables") or {}).items():
                bound, result = self.index.slot(target, action_owner), self.index.parameter(callee, name)
                if bound is not None and result is not None:
                    self.now[bound] = self.variable(result)
            return
        for target, output in [*outputs_of(self.index, action), *failures_of(action)]:
            bound = self.index.slot(target, action_owner)
            if bound is not None and output in self.answered:
                self.now[bound] = self.answered[output]

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
        return Memory(terms, self.memory.attributes, self.memory.turns)

    def _gives(self, term: Node, value: Any) -> bool:
        try:
            return bool(self.evaluator.value(term, self.values) == value)
        except Undefined:
            return False


def holds_now(evaluator: Evaluator, demand: Demand, values: Values) -> bool:
    """Whether a demand is met; a condition without a value does not hold."""
    try:
        value = evaluator.value(demand[0], values)
    except Undefined:
        return False
    return demand[1] is None or (value is True) is demand[1]


def settings_of(action: Action) -> list[tuple[str | None, Value]]:
    """(variable, value) of each assignment, and every other value of an action, in the order of their evaluation."""
    found: list[tuple[str | None, Value]] = []

    def gather(setting: Any) -> None:
        if isinstance(setting, Value):
            found.append((None, setting))
        elif isinstance(setting, dict):
            for item in setting.values():
                gather(item)
        elif isinstance(setting, (tuple, list)):
            for item in setting:
                gather(item)

    for name, setting in action.settings.items():
        if name == "statements" and action.key == "updateData":
            found.extend((target, value) for _, target, value in setting or ())
        else:
            gather(setting)
    found.extend((None, output.condition) for output in action.outputs if output.condition is not None)
    return found


def outputs_of(index: Index, action: Action) -> list[tuple[str, str]]:
    """(variable, output) of everything that an action's answer goes into."""
    called = action.settings.get("category")
    if isinstance(called, dict):
        return [(target, path) for path, target in called.get("successOutputs", {}).items()]
    if action.key == "collectInput":
        target = action.settings.get("inputData")
        return [(target, "digits")] if target else []
    spec = index.spec(action)
    found: list[tuple[str, str]] = []
    for name, setting in action.settings.items():
        parameter = spec.parameters.get(name) if spec is not None else None
        if parameter is None:
            continue
        if parameter.is_output and isinstance(setting, str):
            found.append((setting, name))
        elif parameter.kind == "dataTable":
            found.extend((target, column) for column, target in setting["foundOutputs"].items())
        elif parameter.kind == "module":
            found.extend((target, path) for path, target in setting["outputs"].items())
        elif parameter.kind == "getAttributes" and action.key != "getParticipantData":
            found.extend((target, text) for value, target in setting if (text := literal_text(value)) is not None)
    return found


def failures_of(action: Action) -> list[tuple[str, str]]:
    """(variable, failure output) of everything that a failure goes into."""
    called = action.settings.get("category") or action.settings.get("dataTable")
    bound = action.settings.get("failureOutputs") or (called or {}).get("failureOutputs") or {}
    return [(target, path) for path, target in bound.items()]


def literal_text(value: Value) -> str | None:
    """A text that is written out, as ``lit`` or in quotes."""
    given = value.literal if value.literal is not None else getattr(value.expression, "value", None)
    return given if isinstance(given, str) else None


# What actions do.


def _decision(f: Follower, site: int, action: Action, out: str | None) -> None:
    condition = f.term(action.settings.get("condition"), f.index.owner(action.element))
    yes = out == "yes"
    f.fork(site, str(out), ((condition, yes),), [("no" if yes else "yes", ((condition, not yes),))])


def _cases(f: Follower, site: int, action: Action, out: str | None, otherwise: str) -> None:
    """Cases in order: the first that holds is taken."""
    owner = f.index.owner(action.element)
    match = action.settings.get("match")
    compared = f.term(match, owner) if isinstance(match, Value) else None
    ways: list[tuple[str, tuple[Demand, ...]]] = []
    before: tuple[Demand, ...] = ()
    for output in action.outputs:
        if output.condition is None:
            continue
        term = f.term(output.condition, owner)
        if compared is not None:
            term = Node("==", 1, Type("bln"), (compared, term))
        ways.append((output.path, (*before, (term, True))))
        before = (*before, (term, False))
    ways.append((otherwise, before))
    taken = next((way for way in ways if way[0] == out), None)
    if taken is not None:
        f.fork(site, taken[0], taken[1], [way for way in ways if way is not taken])


def _switch(f: Follower, site: int, action: Action, out: str | None) -> None:
    _cases(f, site, action, out, "default")


def _until(f: Follower, site: int, action: Action, out: str | None) -> None:
    if out != "loopsMax":
        _cases(f, site, action, out, "loop")


def _loop(f: Follower, site: int, action: Action, out: str | None) -> None:
    turn, count = f.memory.turns.get(site, (0, plain(None)))
    more = Node(">", 1, Type("bln"), (count, plain(turn, Type("int"))))
    going = out == "loop"
    other = [("" if going else "loop", ((more, not going),))]
    f.fork(site, "loop" if going else "", ((more, going),), other if going or turn < MOST_TURNS else [])
    if not going:
        f.memory.turns.pop(site, None)
        return
    index = action.settings.get("currentIndex")
    slot = f.index.slot(index, f.index.owner(action.element)) if index else None
    if slot is not None:
        f.now[slot] = plain(turn, Type("int"))
    f.memory.turns[site] = (turn + 1, count)


def _exit(f: Follower, site: int, action: Action, out: str | None) -> None:
    for loop in [s for s in f.memory.turns if action.element.startswith(f.index.program.sites[s].element + "/")]:
        del f.memory.turns[loop]


def _assign(f: Follower, site: int, action: Action, out: str | None) -> None:
    owner = f.index.owner(action.element)
    for _, name, value in action.settings.get("statements") or ():
        slot = f.index.slot(name, owner)
        if slot is not None:
            f.now[slot] = f.term(value, owner)


def _jump(f: Follower, site: int, action: Action, out: str | None) -> None:
    f.memory.turns.clear()
    f.entered(f.index.containers.get(action.target or ""), action)


def _write_attributes(f: Follower, site: int, action: Action, out: str | None) -> None:
    owner = f.index.owner(action.element)
    for name, value in action.settings.get("attributes") or ():
        text = literal_text(name)
        if text is not None:
            f.memory.attributes[text] = f.term(value, owner)


def _read_attributes(f: Follower, site: int, action: Action, out: str | None) -> None:
    owner = f.index.owner(action.element)
    for name, target in action.settings.get("attributes") or ():
        slot = f.index.slot(target, owner)
        text = literal_text(name)
        if slot is not None and text is not None:
            f.now[slot] = f.memory.attributes.get(text) or source(f"0.data.{text}", Type("str"))


_DONE: Mapping[str, Callable[[Follower, int, Action, str | None], None]] = {
    "decision": _decision,
    "switch": _switch,
    "loopUntil": _until,
    "loop": _loop,
    "loopExit": _exit,
    "updateData": _assign,
    "jumpToTask": _jump,
    "changeState": _jump,
    "setParticipantData": _write_attributes,
    "getParticipantData": _read_attributes,
}
