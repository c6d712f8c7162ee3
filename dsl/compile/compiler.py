"""What emitters write with: action lists, outputs, waits, and where tasks, menus and modules begin."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from dsl.compile.builder import Block, Builder, slot_key
from dsl.load.actions import switched_off
from dsl.model import Action, Value

AT_ONCE = 12
"""So many outputs of an action are told apart in one block."""


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
        from dsl.compile.emitters import EMIT
        from dsl.compile.requests import emit_by_catalogue

        for action in listed:
            if self.b.current.end is not None:
                return
            site = self.b.site(action)
            self.b.act(site)
            EMIT.get(action.key, emit_by_catalogue)(self, action, site)

    def paths(self, action: Action, path: ast.expr, site: int, before: Mapping[str, Callable[[], None]]) -> None:
        """Go on by the path that an action has taken: bind its outputs, run the output's actions, fall through.

        An output that is switched off is a matter of the flow's error handling (flow-format.md §8).
        """
        after = self.b.block()
        outputs = {output.path: output for output in action.outputs}
        off = switched_off(action)
        names = list(dict.fromkeys([*outputs, *before, *off]))
        starts = {name: self.b.block() for name in names}
        if isinstance(path, ast.Constant) and path.value in starts:
            self.b.leave(starts[path.value].number)
        else:
            self.dispatch(path, site, starts, after)
        for name, block in starts.items():
            self.b.enter(block)
            if name in before:
                before[name]()
            self.b.done(site, name)
            if name in off:
                self.b.leave(self.b.call("fail", f'the output "{name}" is switched off', "unknown-output"))
                continue
            output = outputs.get(name)
            if output is not None:
                self.actions(output.actions)
            self.b.leave(after.number)
        self.b.enter(after)

    def dispatch(self, path: ast.expr, site: int, starts: Mapping[str, Block], after: Block) -> None:
        """Go on behind the output that was taken; one that the action does not have falls through."""
        b, other = self.b, self.b.block()
        if len(starts) <= AT_ONCE:
            taken = name_of(b.let(path))
            other.has_locals = True
        else:
            slot = b.hidden("path", site)
            b.write(slot, path)
            taken = b.read(slot)
        listed = list(starts.items())
        for chunk in range(0, len(listed), AT_ONCE):
            further = b.block() if chunk + AT_ONCE < len(listed) else other
            cases = [(is_text(taken, name), block.number) for name, block in listed[chunk : chunk + AT_ONCE]]
            b.choose(cases, further.number)
            b.enter(further)
        b.done(site, taken)
        b.leave(after.number)

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
        waiting.is_wait = True
        self.b.leave(waiting.number)
        self.b.enter(waiting)
        self.b.leave(command(answered.number))
        self.b.enter(answered)

    def hear(self, site: int, value: Value | None) -> None:
        """Queue audio of an action: secure values may be heard, but not seen."""
        if value is not None:
            text, secret = self.b.spoken_text(value), self.b.is_secret(value)
            if text is not None and not secret:
                self.b.do("hear_text", site, text)
            else:
                self.b.do("hear", site, self.b.value(value, secure=True), secret)


def name_of(local: str) -> ast.expr:
    """A local name that is read."""
    return ast.Name(local, ast.Load())


def is_text(value: ast.expr, text: str) -> ast.expr:
    """Whether a value is this text."""
    return ast.Compare(value, [ast.Eq()], [ast.Constant(text)])
