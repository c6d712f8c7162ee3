"""What emitters write with: action lists, outputs, waits, and where tasks, menus and modules begin."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from dsl.compile.builder import Block, Builder, slot_key
from dsl.model import Action, Value


class Compiler:
    """Writes action lists into a builder; knows where tasks and menus begin and where loops go on."""

    def __init__(self, builder: Builder) -> None:
        self.b = builder
        self.entries: dict[str, int] = {}
        """First block by element of a container or menu; those of a module behind its prefix."""

        self.numbers: dict[str, int] = {}
        """Number of a container by element, in the same way."""

        self.modules: dict[str, str] = {}
        """Prefix of a linked module by its name in lower case."""

        self.loops: list[tuple[int, int]] = []

    def entry(self, element: str | None) -> int | None:
        """The first block of a container or menu of the flow that is being written."""
        return self.entries.get(self.b.prefix + (element or ""))

    def number(self, element: str | None) -> int | None:
        """The number of a container of the flow that is being written."""
        return self.numbers.get(self.b.prefix + (element or ""))

    def slot_of(self, element: str | None, name: str) -> int | None:
        """A variable of another container."""
        full = name if "." in name else f"Task.{name}"
        return self.b.slots.get(slot_key(f"{self.b.prefix}{element}", full))

    def actions(self, listed: tuple[Action, ...]) -> None:
        """The actions of a list, in order, into the current block and those that follow it."""
        from dsl.compile.emitters import EMIT, emit_by_catalogue

        for action in listed:
            if self.b.current.closed:
                return
            site = self.b.site(action)
            self.b.do("act", site)
            EMIT.get(action.key, emit_by_catalogue)(self, action, site)

    def paths(self, action: Action, path: ast.expr, site: int, before: Mapping[str, Callable[[], None]]) -> None:
        """Go on by the path that an action has taken: bind its outputs, run the output's actions, fall through."""
        after = self.b.block()
        outputs = {output.path: output for output in action.outputs}
        names = list(dict.fromkeys([*outputs, *before]))
        starts = {name: self.b.block() for name in names}
        table: dict[ast.expr, ast.expr] = {
            ast.Constant(name): ast.Constant(block.number) for name, block in starts.items()
        }
        lookup = ast.Dict(list(table), list(table.values()))
        self.b.leave(self.b.call("taken", site, path, lookup, after.number))
        for name, block in starts.items():
            self.b.enter(block)
            if name in before:
                before[name]()
            self.b.do("done", site, name)
            output = outputs.get(name)
            if output is not None:
                self.actions(output.actions)
            self.b.leave(after.number)
        self.b.enter(after)

    def list_in(self, block: Block, listed: tuple[Action, ...], after: int) -> None:
        """A list of actions as a block of its own, which goes on at ``after``."""
        self.b.enter(block)
        self.actions(listed)
        self.b.leave(after)

    def wait(self, element: str, site: int, command: Callable[[int], ast.expr], phase: str = "wait") -> None:
        """A wait begins a block, so that running it again asks the same; its answer goes on in the next block."""
        place = f"{self.b.prefix}{element}#{phase}"
        waiting, answered = self.b.block(place), self.b.block(f"{place}-done")
        self.b.wait_sites[waiting.number] = site
        self.b.leave(waiting.number)
        self.b.enter(waiting)
        self.b.leave(command(answered.number))
        self.b.enter(answered)

    def hear(self, site: int, value: Value | None) -> None:
        """Queue audio of an action: secure values may be heard, but not seen."""
        if value is not None:
            self.b.do("hear", site, self.b.value(value, secure=True), self.b.is_secret(value))

    def changed(self, site: int, slots: list[int], out: str | None = None) -> None:
        """The action is over, having written these slots."""
        self.b.do("done", site, out, self.pairs(slots))

    def noted(self, site: int, slots: list[int]) -> None:
        """Outputs have gone into these slots."""
        if slots:
            self.b.do("changed", site, self.pairs(slots))

    def pairs(self, slots: list[int]) -> ast.expr:
        """(slot, value) of each."""
        found: list[ast.expr] = [ast.Tuple([ast.Constant(s), self.b.read(s)], ast.Load()) for s in dict.fromkeys(slots)]
        return ast.Tuple(found, ast.Load())
