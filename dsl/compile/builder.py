"""Building blocks of generated code: statements are gathered into numbered functions, as ``ast`` nodes.

Author names never become identifiers: variables are slots of one list, actions and menus are numbers.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import Type
from dsl.model import Action, Flow, Value
from dsl.program import Site

CTX, VARIABLES = "ctx", "v"


@dataclass(slots=True)
class Block:
    """A function in the making."""

    number: int
    body: list[ast.stmt] = field(default_factory=list)
    closed: bool = False


class Builder:
    """The program in the making: blocks, slots, sites."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.blocks: list[Block] = []
        self.slots: dict[str, int] = {}
        self.names: list[str] = []
        self.types: list[str] = []
        self.sites: list[Site] = []
        self.phases: dict[int, str] = {}
        self.host_reads: set[str] = set()
        self.constants: list[Any] = []
        self.scope = ""
        self.place: tuple[int, int] = (flow.span.start.line, 0)
        self.current = self.block()

    # Blocks.

    def block(self, phase: str | None = None) -> Block:
        """A new, empty block; with a phase it can be stood at."""
        made = Block(len(self.blocks))
        self.blocks.append(made)
        if phase is not None:
            self.phases[made.number] = phase
        return made

    def enter(self, block: Block) -> None:
        """Write into this block from now on."""
        self.current = block

    def add(self, statement: ast.stmt) -> None:
        """Append a statement, unless the block has been left already."""
        if not self.current.closed:
            self.current.body.append(self.placed(statement))

    def leave(self, target: ast.expr | int) -> None:
        """End the block: go on with another one."""
        value = ast.Constant(target) if isinstance(target, int) else target
        self.add(ast.Return(value))
        self.current.closed = True

    def branch(self, condition: ast.expr, yes: int, no: int) -> None:
        """End the block with a choice of two."""
        self.leave(ast.IfExp(condition, ast.Constant(yes), ast.Constant(no)))

    def placed(self, node: Any) -> Any:
        """The statement at the author's line, wherever it has no place of its own."""
        line, column = self.place
        for inner in ast.walk(node):
            if isinstance(inner, (ast.stmt, ast.expr, ast.keyword)) and not hasattr(inner, "lineno"):
                inner.lineno = inner.end_lineno = line
                inner.col_offset, inner.end_col_offset = column, column + 1
        return node

    # Sites and slots.

    def site(self, action: Action) -> int:
        """The number of an action."""
        self.place = (action.span.start.line, action.span.start.column)
        site = Site(action.element, action.name, action.key, action.span.start.line, action.origin)
        self.sites.append(site)
        return len(self.sites) - 1

    def slot(self, name: str, type_: str = "any") -> int:
        """The slot of a variable; those of a container are its own."""
        lowered = name.lower()
        scoped = lowered.partition(".")[0] in ("task", "state", "bot")
        key = f"{self.scope}|{lowered}" if scoped else lowered
        if key not in self.slots:
            self.slots[key] = len(self.names)
            self.names.append(f"{self.scope}|{name}" if scoped else name)
            self.types.append(type_)
        return self.slots[key]

    def hidden(self, name: str) -> int:
        """A slot that no author sees."""
        return self.slot("#" + name, "int")

    # Expressions.

    def call(self, method: str, *arguments: ast.expr | int | str | bool | None, **keywords: ast.expr) -> ast.expr:
        """A call of a method of the machine."""
        function = ast.Attribute(ast.Name(CTX, ast.Load()), method, ast.Load())
        given = [a if isinstance(a, ast.expr) else ast.Constant(a) for a in arguments]
        return ast.Call(function, given, [ast.keyword(name, value) for name, value in keywords.items()])

    def do(self, method: str, *arguments: ast.expr | int | str | bool | None, **keywords: ast.expr) -> None:
        """The same as a statement."""
        self.add(ast.Expr(self.call(method, *arguments, **keywords)))

    def read(self, slot: int) -> ast.expr:
        """``v[slot]``."""
        return ast.Subscript(ast.Name(VARIABLES, ast.Load()), ast.Constant(slot), ast.Load())

    def write(self, slot: int, value: ast.expr) -> None:
        """``v[slot] = value``."""
        target = ast.Subscript(ast.Name(VARIABLES, ast.Load()), ast.Constant(slot), ast.Store())
        self.add(ast.Assign([target], value))

    def value(self, value: Value | None, missing: Any = None) -> ast.expr:
        """The Python expression of a setting; absent ones are ``missing``."""
        if value is None:
            return ast.Constant(missing)
        if value.expression is None:
            return self.call("unreadable", value.text)
        return self.expression(value.expression, value)

    def expression(self, tree: Expression, value: Value | None = None) -> ast.expr:
        """A typed tree as Python."""
        from dsl.expressions.emit import emit

        line = value.span.start.line if value is not None else self.place[0]
        return emit(tree, self.resolve, lambda pos: (line, pos), self.constant)

    def constant(self, value: Any) -> ast.expr:
        """A literal that Python has no syntax for, by its number in the constants."""
        self.constants.append(value)
        return self.call("constant", len(self.constants) - 1)

    def resolve(self, node: Expression) -> ast.expr:
        """How a name is read: a slot, or the machine's answer for what is built in."""
        name = node.name or ""
        lowered = name.lower()
        scope = lowered.partition(".")[0]
        declared = lowered in self.slots or f"{self.scope}|{lowered}" in self.slots
        if scope in ("prompt", "promptsystem"):
            return self.call("prompt", name)
        if node.op == "ref" or declared:
            return self.read(self.slot(name, node.type))
        self.host_reads.add(lowered)
        return self.call("builtin", lowered)

    def binding(self, target: str, source: ast.expr, type_: Type | None = None) -> int:
        """Write an output into the variable it is bound to, converted to the variable's type."""
        slot = self.slot(target)
        wanted = self.types[slot]
        if wanted not in ("any", ""):
            source = ast.Call(ast.Name("coerce", ast.Load()), [source, ast.Constant(wanted)], [])
        self.write(slot, source)
        return slot
