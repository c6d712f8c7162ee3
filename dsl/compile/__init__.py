"""From a checked flow to a program: generated Python, one function per stretch between two waits."""

from __future__ import annotations

import ast
from hashlib import sha256

from dsl.compile.builder import Block, Builder
from dsl.compile.emitters import Compiler
from dsl.compile.verify import verify
from dsl.expressions.types import is_collection
from dsl.model import Choice, Container, Flow, Form, Menu, Variable
from dsl.program import MenuTable, Program

__all__ = ["compile_flow"]


def compile_flow(flow: Flow, source_text: str = "") -> Program:
    """The program of a flow. ``source_text`` goes into the fingerprint that parked executions are held against."""
    return _FlowCompiler(flow, source_text).compile()


class _FlowCompiler:
    def __init__(self, flow: Flow, source_text: str) -> None:
        self.flow = flow
        self.source_text = source_text
        self.b = Builder(flow)
        self.c = Compiler(self.b)
        self.tables: list[MenuTable] = []
        self.menus = list(_all_menus(flow.menus))

    def compile(self) -> Program:
        b, flow = self.b, self.flow
        for variable in flow.variables:
            b.slot(variable.name, variable.type)
        containers = [*flow.containers, *(c.body for m in self.menus for c in m.choices if c.body)]
        entries = {container.element: b.block(container.element) for container in containers}
        entries.update({menu.element: b.block(menu.element) for menu in self.menus})
        self.c.entries = {element: block.number for element, block in entries.items()}
        for container in containers:
            self.declare(container)
        start = b.current
        self.start(start)
        error = b.block("#error")
        self.error_handling(error)
        for container in containers:
            self.container(container, entries[container.element])
        for menu in self.menus:
            self.menu(menu, entries[menu.element])
        return self.program(start.number, error.number)

    # Variables.

    def declare(self, container: Container) -> None:
        self.b.scope = container.element
        slots = tuple(self.b.slot(variable.name, variable.type) for variable in container.variables)
        self.c.container_slots[container.element] = slots
        self.b.scope = ""

    def initialise(self, variables: tuple[Variable, ...]) -> None:
        for variable in variables:
            slot = self.b.slot(variable.name, variable.type)
            initial = variable.initial
            empty: ast.expr = ast.Tuple([], ast.Load()) if is_collection(variable.type) else ast.Constant(None)
            given = initial is not None and initial.form is not Form.NO_VALUE
            self.b.write(slot, self.b.value(initial) if given else empty)

    # Parts.

    def start(self, block: Block) -> None:
        b = self.b
        b.enter(block)
        b.phases[block.number] = "#start"
        self.initialise(self.flow.variables)
        b.do("take_inputs", ast.Name("v", ast.Load()))
        if self.flow.initial_greeting is not None:
            b.do("greet", b.value(self.flow.initial_greeting))
        entry = self.c.entries.get(self.flow.start or "")
        b.leave(entry if entry is not None else b.call("fail", "the flow has no start"))

    def container(self, container: Container, block: Block) -> None:
        b = self.b
        b.scope = container.element
        b.place = (container.span.start.line, container.span.start.column)
        b.enter(block)
        self.initialise(container.variables)
        b.do("take_inputs", ast.Name("v", ast.Load()))
        self.c.loops.clear()
        self.c.actions(container.actions)
        if self.flow.type == "inqueueCall" and container.ref_id == "startUpTaskActions":
            b.leave(b.call("again", block.number))
        else:
            b.leave(b.call("end_task", "default"))
        b.scope = ""

    def menu(self, menu: Menu, block: Block) -> None:
        b = self.b
        number = len(self.tables)
        self.tables.append(MenuTable(menu.element, menu.name, {}, {}, None))
        b.place = (menu.span.start.line, menu.span.start.column)
        b.enter(block)
        waiting, answered = b.block(f"{menu.element}#wait"), b.block(f"{menu.element}#wait-done")
        b.do("enter_menu", number)
        b.leave(waiting.number)
        b.enter(waiting)
        settings = {name: menu.settings.get(name) or self.flow.settings.get(f"menu.{name}") for name in _MENU_SETTINGS}
        b.leave(
            b.call(
                "menu",
                number,
                answered.number,
                audio=b.value(menu.audio),
                timeout=b.value(settings["menuSelectionTimeout"]),
                repeats=b.value(settings["repeatCount"]),
            )
        )
        b.enter(answered)
        b.leave(b.call("chosen", number, waiting.number))
        self.tables[number] = self.choices(menu, block.number)

    def choices(self, menu: Menu, entry: int) -> MenuTable:
        keys: dict[str, int] = {}
        terms: dict[str, dict[str, str]] = {}
        targets: dict[str, int] = {}
        globals_ = [c for other in self.menus if other is not menu for c in other.choices if c.is_global]
        for choice in [*menu.choices, *globals_]:
            block = self.b.block(f"{menu.element}#{choice.element}")
            targets[choice.element] = block.number
            self.choice(choice, block, entry)
            if choice.dtmf:
                keys.setdefault(choice.dtmf, block.number)
            for language, words in choice.terms.items():
                table = terms.setdefault(language, {})
                table.update({word.casefold(): choice.dtmf or choice.element for word in words})
            keys.setdefault(choice.element, block.number)
        default = targets.get(menu.default_choice or "")
        return MenuTable(menu.element, menu.name, keys, terms, default)

    def choice(self, choice: Choice, block: Block, entry: int) -> None:
        b = self.b
        b.enter(block)
        site = b.site(choice.action)
        b.do("act", site)
        if choice.body is not None:
            back = b.block(f"{choice.element}#return")
            slots = self.c.container_slots.get(choice.body.element, ())
            saved = ast.Tuple([ast.Constant(slot) for slot in slots], ast.Load())
            b.leave(
                b.call("call_task", self.c.entries[choice.body.element], back.number, saved, ast.Tuple([], ast.Load()))
            )
            b.enter(back)
            b.leave(entry)
        elif choice.submenu is not None:
            b.leave(b.call("into_menu", self.c.entries[choice.submenu.element], entry))
        elif choice.kind == "menuRepeatMenu":
            b.leave(entry)
        elif choice.kind == "menuPreviousMenu":
            b.leave(b.call("previous_menu", entry))
        else:
            self.c.loops.clear()
            from dsl.compile.emitters import EMIT, emit_by_catalogue

            EMIT.get(choice.action.key, emit_by_catalogue)(self.c, choice.action, site)
            b.leave(entry)  # a failed transfer repeats the menu (flow-format.md §10.1)

    def error_handling(self, block: Block) -> None:
        b, handling = self.b, self.flow.error_handling
        b.enter(block)
        if handling is None:
            b.leave(b.call("default_error_end"))
            return
        if handling.audio is not None:
            b.do("queue_audio", b.value(handling.audio))
        entry = self.c.entries.get(handling.target or "")
        if entry is not None:
            b.leave(b.call("jump", entry, ast.Tuple([], ast.Load())))
        elif handling.kind == "queue" and handling.queue is not None:
            inputs = ast.Dict([ast.Constant("targetQueue")], [b.value(handling.queue)])
            waiting, answered = b.block("#error-transfer"), b.block("#error-transfer-done")
            b.leave(waiting.number)
            b.enter(waiting)
            b.leave(b.call("transfer", -1, answered.number, "routing", "enqueue", inputs))
            b.enter(answered)
            b.leave(b.call("transferred_or_disconnect"))
        else:
            b.leave(b.call("end_by_error", handling.kind))

    # The result.

    def program(self, start: int, error: int) -> Program:
        b, flow = self.b, self.flow
        module = ast.Module([_function(block) for block in b.blocks], [])
        ast.fix_missing_locations(module)
        verify(module, len(b.names))
        digest = sha256(f"{flow.path}\0{self.source_text}".encode()).hexdigest()
        return Program(
            flow=flow.name,
            type=flow.type,
            path=flow.path,
            module=module,
            blocks=len(b.blocks),
            start=start,
            error_block=error,
            names=tuple(b.names),
            types=tuple(b.types),
            secure=frozenset(b.slots[v.name.lower()] for v in flow.variables if v.is_secure),
            constants=tuple(b.constants),
            sites=tuple(b.sites),
            phases=dict(b.phases),
            menus=tuple(self.tables),
            inputs={v.name.lower(): b.slots[v.name.lower()] for v in flow.variables if v.is_input},
            outputs={v.name: b.slots[v.name.lower()] for v in flow.variables if v.is_output},
            host_reads=frozenset(b.host_reads),
            default_language=flow.default_language or "en-us",
            languages=flow.languages,
            fingerprint=f"sha256:{digest}",
        )


_MENU_SETTINGS = ("menuSelectionTimeout", "repeatCount")


def _function(block: Block) -> ast.FunctionDef:
    body = block.body or [ast.Return(ast.Constant(None))]
    arguments = ast.arguments([], [ast.arg("ctx"), ast.arg("v")], None, [], [], None, [])
    return ast.FunctionDef(name=f"b{block.number}", args=arguments, body=body, decorator_list=[])


def _all_menus(menus: tuple[Menu, ...]) -> list[Menu]:
    found = []
    for menu in menus:
        found.append(menu)
        found.extend(_all_menus(tuple(choice.submenu for choice in menu.choices if choice.submenu)))
    return found
