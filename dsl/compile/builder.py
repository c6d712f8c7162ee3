"""Building blocks of generated code: statements are gathered into numbered functions, as ``ast`` nodes.

Author names never become identifiers: variables are slots of one list, actions and menus are numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from dsl.compile.names import SYSTEM
from dsl.expressions.tree import Node as Expression
from dsl.expressions.values import Entity
from dsl.model import Action, Flow, Value
from dsl.program import Site
from dsl.source import Map, Scalar

CTX, VARIABLES, LOG = "ctx", "v", "log"
"""What a function of generated code is given: the machine, the variables by slot, and the trace."""
COUNT = "n"
"""How many actions there have been, while a function runs; the machine is told at its end."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a block goes on: at the first case that holds, else at ``otherwise``."""

    cases: tuple[tuple[ast.expr, int], ...]
    otherwise: int


@dataclass(slots=True)
class Block:
    """A stretch of statements, and where it goes on: at a block, at one of several, or where the machine says."""

    number: int
    body: list[ast.stmt] = field(default_factory=list)
    end: int | Choice | ast.expr | None = None
    has_locals: bool = False
    """It reads local names of the block before it, and cannot begin a function."""

    is_wait: bool = False
    """It asks the world for something, and is run again to ask the same again."""


class Change(NamedTuple):
    """A variable that has been written, and the local name of the value that it had."""

    slot: int
    before: str


def slot_key(owner: str, name: str) -> str:
    """How a variable is found: its owner (a container, a module, or the flow) and its name, whatever its case."""
    return f"{owner}|{name.lower()}"


def _places(value: Value) -> Callable[[int], tuple[int, int]]:
    """Line and column in the file of a position in an expression; within folded texts the line is that of the text."""
    node = value.node
    inner = node.get(value.form) if isinstance(node, Map) else node
    if not isinstance(inner, Scalar):
        start = value.span.start
        return lambda pos: (start.line, start.column)
    line, column, text = inner.span.start.line, inner.span.start.column, inner.text
    if inner.style == "literal":
        return lambda pos: (line + 1 + text.count("\n", 0, pos - 1), 1)
    quote = inner.style in ("single", "double")
    return lambda pos: (line, column + quote + pos - 1)


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
        self.begin: set[int] = set()
        """Blocks that begin a function: those that can be stood at, or that the machine is told."""

        self.host_reads: set[str] = set()
        self.constants: list[Any] = []
        self.scope = ""
        self.prefix = ""
        """What sets the names of a linked module apart from the flow's."""

        self.owned: dict[str, list[int]] = {}
        self.secure: set[int] = set()
        self.wait_sites: dict[int, int] = {}
        self.locals = 0
        self.place: tuple[int, int] = (flow.span.start.line, 0)
        self.current = self.block()

    # Blocks.

    def block(self, phase: str | None = None) -> Block:
        """A new, empty block; with a phase it can be stood at."""
        made = Block(len(self.blocks))
        self.blocks.append(made)
        if phase is not None:
            self.phases[made.number] = phase
            self.begin.add(made.number)
        return made

    def enter(self, block: Block) -> None:
        """Write into this block from now on."""
        self.current = block

    def add(self, statement: ast.stmt) -> None:
        """Append a statement, unless the block has been left already."""
        if self.current.end is None:
            self.current.body.append(self.placed(statement))

    def leave(self, target: ast.expr | int) -> None:
        """End the block: go on with another one, or with the one that the machine names."""
        self._end(target if isinstance(target, int) else self.placed(target))

    def branch(self, condition: ast.expr, yes: int, no: int) -> None:
        """End the block with a choice of two."""
        self.choose([(condition, yes)], no)

    def choose(self, cases: Sequence[tuple[ast.expr, int]], otherwise: int) -> None:
        """End the block with the first case that holds."""
        self._end(Choice(tuple((self.placed(test), target) for test, target in cases), otherwise))

    def _end(self, end: int | Choice | ast.expr) -> None:
        if self.current.end is None:
            self.current.end = end

    def named(self, block: Block) -> int:
        """The number of a block that the machine is told: it begins a function."""
        self.begin.add(block.number)
        return block.number

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
        line = action.span.start.line
        site = Site(action.element, action.name, action.key, line, action.origin, self.prefix)
        self.sites.append(site)
        return len(self.sites) - 1

    def slot(self, name: str, type_: str = "any") -> int:
        """The slot of a variable; those of a container, and of a module, are its own."""
        owner = self.scope if name.partition(".")[0].lower() in ("task", "state", "bot") else self.prefix
        return self._slot(owner, name, type_)

    def hidden(self, what: str, site: int | None = None) -> int:
        """A slot of the current container that no author sees; scratch of the action of a site, if one is named."""
        slot = self._slot(self.scope or self.prefix, f"#{what} {len(self.names)}", "any")
        if site is not None:
            self.sites[site] = replace(self.sites[site], scratch=(*self.sites[site].scratch, slot))
        return slot

    def _slot(self, owner: str, name: str, type_: str) -> int:
        key = slot_key(owner, name)
        if key not in self.slots:
            self.slots[key] = len(self.names)
            self.owned.setdefault(owner, []).append(len(self.names))
            self.names.append(f"{owner}|{name}" if owner else name)
            self.types.append(type_)
        return self.slots[key]

    # Expressions.

    def call(self, method: str, *arguments: ast.expr | int | str | bool | None, **keywords: ast.expr) -> ast.expr:
        """A call of a method of the machine."""
        function = ast.Attribute(ast.Name(CTX, ast.Load()), method, ast.Load())
        given = [a if isinstance(a, ast.expr) else ast.Constant(a) for a in arguments]
        return ast.Call(function, given, [ast.keyword(name, value) for name, value in keywords.items()])

    def path_taken(self) -> ast.expr:
        """The output that an answer takes."""
        return ast.Attribute(ast.Name(CTX, ast.Load()), "reply_path", ast.Load())

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

    def assign(self, slot: int, value: ast.expr) -> Change:
        """The same for a variable whose change the trace shows."""
        before = self.let(self.read(slot))
        self.write(slot, value)
        return Change(slot, before)

    def let(self, value: ast.expr) -> str:
        """Keep a value under a local name, for the rest of the block."""
        name = self.local()
        self.add(ast.Assign([ast.Name(name, ast.Store())], value))
        return name

    # Counting and the trace.

    def act(self, site: int) -> None:
        """An action begins, and counts; one too many is named by the trace as well."""
        self.log("act", site, ast.Constant(None))
        self.count()

    def count(self) -> None:
        """Something that counts as an action begins."""
        limit = ast.Attribute(ast.Name(CTX, ast.Load()), "limit", ast.Load())
        beyond = ast.Compare(ast.Name(COUNT, ast.Load()), [ast.Gt()], [limit])
        self.add(ast.AugAssign(ast.Name(COUNT, ast.Store()), ast.Add(), ast.Constant(1)))
        self.add(ast.If(beyond, [ast.Expr(self.call("beyond"))], []))

    def done(self, site: int, out: ast.expr | str | None = None, changes: Sequence[Change] = ()) -> None:
        """An action is over, by an output, having written variables."""
        output = out if isinstance(out, ast.expr) else ast.Constant(out)
        self.log("done", site, ast.Tuple([output, *self.changes(changes)], ast.Load()))

    def changed(self, site: int, changes: Sequence[Change]) -> None:
        """Outputs of an action have gone into variables."""
        if changes:
            self.log("changed", site, ast.Tuple(self.changes(changes), ast.Load()))

    def changes(self, changes: Sequence[Change]) -> list[ast.expr]:
        """Slot, value before and value of each variable, one behind the other."""
        first = {change.slot: change.before for change in reversed(changes)}
        found: list[ast.expr] = []
        for slot, before in sorted(first.items()):
            found += [ast.Constant(slot), ast.Name(before, ast.Load()), self.read(slot)]
        return found

    def log(self, kind: str, site: int, data: ast.expr) -> None:
        """An entry of the trace (interpreter.trace)."""
        append = ast.Attribute(ast.Name(LOG, ast.Load()), "append", ast.Load())
        entry = ast.Tuple([ast.Constant(kind), ast.Constant(site), data], ast.Load())
        self.add(ast.Expr(ast.Call(append, [entry], [])))

    # Settings.

    def value(self, value: Value | None, missing: Any = None, *, secure: bool = False) -> ast.expr:
        """The Python expression of a setting; absent ones are ``missing``.

        ``secure`` says that secure variables may be read here; anywhere else that is a flow error
        (expressions.md §3.1).
        """
        if value is None:
            return ast.Constant(missing)
        if value.expression is None:
            return self.call("unreadable", value.text)
        hidden = self.secure_name(value.expression)
        if hidden is not None and not secure:
            return self.call("refuse_secret", hidden)
        return self.expression(value.expression, value)

    def spoken_text(self, value: Value) -> ast.expr | None:
        """The text of audio that is a text and nothing else; None for any other audio."""
        tree = value.expression
        if tree is not None and tree.overload == "ToAudioTTS.1":
            tree = tree.operands[0]
        return self.expression(tree, value) if tree is not None and tree.type == "str" else None

    def is_secret(self, value: Value | None) -> bool:
        """Whether a setting reads a secure variable."""
        tree = value.expression if value is not None else None
        return tree is not None and self.secure_name(tree) is not None

    def secure_name(self, tree: Expression) -> str | None:
        """The first secure variable that an expression reads."""
        if tree.name and self.secure and self.known_slot(tree.name) in self.secure:
            return tree.name
        return next((name for operand in tree.operands if (name := self.secure_name(operand))), None)

    def known_slot(self, name: str) -> int | None:
        """The slot of a variable that exists already."""
        found = self.slots.get(slot_key(self.scope, name)) if self.scope else None
        return found if found is not None else self.slots.get(slot_key(self.prefix, name))

    def expression(self, tree: Expression, value: Value | None = None) -> ast.expr:
        """A typed tree as Python."""
        from dsl.expressions.emit import emit

        places = _places(value) if value is not None else (lambda _: self.place)
        return emit(tree, self.resolve, places, self.constant, self.local)

    def local(self) -> str:
        """A local name of generated code that nothing else uses."""
        self.locals += 1
        return f"t{self.locals}"

    def constant(self, value: Any) -> ast.expr:
        """A literal that Python has no syntax for, by its number in the constants."""
        self.constants.append(value)
        literal = ast.Name(f"k{len(self.constants) - 1}", ast.Load())
        has_names = any(isinstance(item, Entity) for item in (value if isinstance(value, tuple) else (value,)))
        return self.call("known", literal) if has_names else literal

    def known_constant(self, source: ast.expr) -> Any:
        """The value of a literal that is read by its number; None of any other expression."""
        if not isinstance(source, ast.Name) or not source.id.startswith("k"):
            return None
        return self.constants[int(source.id[1:])]

    def resolve(self, node: Expression) -> ast.expr:
        """How a name is read: a slot, or the machine's answer for what is built in."""
        name = node.name or ""
        lowered = name.lower()
        scope = lowered.partition(".")[0]
        declared = self.known_slot(name) is not None
        if scope in ("prompt", "promptsystem"):
            return self.call("prompt", name)
        if lowered in SYSTEM:
            return self.constant(SYSTEM[lowered])
        if lowered == "flow.holdprompt":
            return self.hold_prompt()
        if node.op == "ref" or declared:
            return self.read(self.slot(name, node.type))
        self.host_reads.add(lowered)
        return self.call("builtin", lowered)

    def hold_prompt(self) -> ast.expr:
        """The flow's hold music."""
        given = self.flow.settings.get("holdMusic")
        return self.value(given) if isinstance(given, Value) else self.call("prompt", "PromptSystem.on_hold_music")

    def binding(self, target: str, source: ast.expr, type_: str = "any") -> Change:
        """Write an output of a type into the variable it is bound to, converted to the variable's type."""
        slot = self.slot(target)
        wanted = self.types[slot]
        if wanted not in ("any", "") and wanted != type_:
            source = ast.Call(ast.Name("coerce", ast.Load()), [source, ast.Constant(wanted)], [])
        return self.assign(slot, source)
