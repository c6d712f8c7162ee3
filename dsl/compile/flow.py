"""A whole flow, with the modules that it calls, as one program."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from dsl.bots import BOT_TYPES, Bot, bot_of
from dsl.compile.builder import COUNT, CTX, LOG, VARIABLES, Block, Builder, slot_key
from dsl.compile.compiler import Compiler
from dsl.compile.entries import together
from dsl.compile.menus import all_menus, write_menu
from dsl.compile.structure import structured
from dsl.compile.verify import verify
from dsl.expressions.types import is_collection
from dsl.model import Container as ContainerModel
from dsl.model import Flow, Form, Value, Variable
from dsl.needs import needs_of
from dsl.program import Container, MenuTable, Program
from dsl.source import written


class FlowCompiler:
    """Compiles one flow."""

    def __init__(self, flow: Flow, source_text: str, modules: Mapping[str, Flow]) -> None:
        self.flow = flow
        self.source_text = source_text
        self.modules = modules
        self.b = Builder(flow)
        self.c = Compiler(self.b)
        self.containers: list[Container] = []
        self.tables: list[MenuTable] = []

    def compile(self) -> Program:
        """The program: all places first, then what stands in them."""
        b, start = self.b, self.b.current
        error = b.block("#error")
        self.places(self.flow, "")
        for module in self.modules.values():
            self.module_places(module)
        b.flow, b.prefix = self.flow, ""
        self.start(start)
        self.error_handling(error)
        for container in _containers(self.flow):
            self.container(container)
        menus = list(all_menus(self.flow.menus))
        b.scope = ""
        self.tables.extend(write_menu(self.c, menu, number, menus) for number, menu in enumerate(menus))
        for module in self.modules.values():
            self.module(module)
        return self.program(start.number, error.number)

    # Places and variables, before anything is written.

    def places(self, flow: Flow, prefix: str) -> None:
        """First blocks, numbers and slots of all that a flow declares."""
        b, c = self.b, self.c
        b.flow, b.prefix, b.scope = flow, prefix, ""
        self.declare(flow.variables)
        for container in _containers(flow):
            element = prefix + container.element
            self.place(element, element)
            b.scope = element
            self.declare(container.variables)
            b.scope = ""
        for menu in all_menus(flow.menus):
            c.entries[prefix + menu.element] = b.block(prefix + menu.element).number

    def module_places(self, module: Flow) -> None:
        """The same for a module, which as a whole is called like a task."""
        prefix = f"{module.name}:"
        self.c.modules[module.name.casefold()] = prefix
        error = self.b.block(f"{prefix}#error").number if module.type in BOT_TYPES else -1
        self.place(prefix, prefix, is_module=True, error=error)
        self.places(module, prefix)

    def place(self, element: str, phase: str, *, is_module: bool = False, error: int = -1) -> None:
        self.c.entries[element] = self.b.block(phase).number
        self.c.numbers[element] = len(self.containers)
        self.containers.append(Container(element, self.c.entries[element], (), is_module, error))

    def declare(self, variables: tuple[Variable, ...]) -> None:
        for variable in variables:
            slot = self.b.slot(variable.name, variable.type)
            if variable.is_secure:
                self.b.secure.add(slot)

    def initialise(self, variables: tuple[Variable, ...], *, are_new: bool = False) -> None:
        """Initial values, without one NOT_SET unless all ``are_new``; what was passed goes over them."""
        for variable in variables:
            slot = self.b.slot(variable.name, variable.type)
            initial = variable.initial
            empty: ast.expr = ast.Tuple([], ast.Load()) if is_collection(variable.type) else ast.Constant(None)
            if initial is not None and initial.form is not Form.NO_VALUE:
                self.b.write(slot, self.b.value(initial))
            elif not are_new:
                self.b.write(slot, empty)
        if variables:
            self.b.do("take_inputs", ast.Name("v", ast.Load()))

    # Parts.

    def start(self, block: Block) -> None:
        b = self.b
        b.enter(block)
        b.phases[block.number] = "#start"
        self.initialise(self.flow.variables, are_new=True)
        greeting = self.flow.initial_greeting
        if greeting is not None:
            self.c.hear(-1, greeting)
        entry = self.c.entries.get(self.flow.start or "")
        b.leave(entry if entry is not None else b.call("fail", "the flow has no start", "missing-parameter"))

    def module(self, module: Flow) -> None:
        """A module's variables, then its start task, in one call."""
        b, prefix = self.b, f"{module.name}:"
        b.flow, b.prefix, b.scope = module, prefix, ""
        b.enter(b.blocks[self.c.entries[prefix]])
        self.initialise(module.variables)
        start = self.c.number(module.start)
        no_inputs: ast.expr = ast.Tuple([], ast.Load())
        missing = b.call("fail", "the module has no start", "missing-parameter")
        b.leave(b.call("enter", start, no_inputs) if start is not None else missing)
        error = self.containers[self.c.numbers[prefix]].error_block
        if error >= 0:
            self.error_of_bot(module, b.blocks[error])
        for container in _containers(module):
            self.container(container)

    def error_of_bot(self, bot: Flow, block: Block) -> None:
        """An error inside a called bot ends the bot, not the flow that has called it (flow-format.md §12)."""
        b = self.b
        b.enter(block)
        handover = bot.settings.get("bot.errorEventHandover")
        if isinstance(handover, Value):
            self.c.hear(-1, handover)
        target = bot.error_handling.target if bot.error_handling is not None else None
        entry = self.c.entry(target)
        no_inputs: ast.expr = ast.Tuple([], ast.Load())
        to_task = target is not None and entry is not None
        b.leave(b.call("jump", entry, self.c.number(target), no_inputs) if to_task else b.call("leave_bot", "Error"))

    def container(self, container: ContainerModel) -> None:
        b, c = self.b, self.c
        element = b.prefix + container.element
        b.scope = element
        b.place = (container.span.start.line, container.span.start.column)
        b.enter(b.blocks[c.entries[element]])
        self.initialise(container.variables)
        c.loops.clear()
        c.actions(container.actions)
        if b.flow.type == "inqueueCall" and container.element == b.flow.start:
            c.wait(container.element, -1, lambda resume: b.call("pass_over", resume), phase="pass")
            b.count()
            b.leave(b.call("begin_pass", c.numbers[element]))
        else:
            b.leave(b.call("end_task", "default"))
        b.scope = ""

    def error_handling(self, block: Block) -> None:
        b, handling = self.b, self.flow.error_handling
        b.enter(block)
        if handling is None:
            b.leave(b.call("default_error_end"))
            return
        if handling.audio is not None:
            self.c.hear(-1, handling.audio)
        target = handling.target or ""
        if target in self.c.entries:
            no_inputs: ast.expr = ast.Tuple([], ast.Load())
            b.leave(b.call("jump", self.c.entries[target], self.c.numbers.get(target), no_inputs))
        elif handling.kind == "queue" and handling.queue is not None:
            queue = b.value(handling.queue)
            self.c.wait("#error", -1, lambda resume: b.call("enqueue", -1, resume, queue), "transfer")
            refused = b.block()
            accepted = b.block()
            b.branch(b.call("is_refused"), refused.number, accepted.number)
            b.enter(accepted)
            b.leave(b.call("transferred", -1, "queue"))
            b.enter(refused)
            b.leave(b.call("end_by_error", "disconnect"))
        else:
            b.leave(b.call("end_by_error", handling.kind))

    # The result.

    def program(self, start: int, error: int) -> Program:
        b, flow = self.b, self.flow
        functions = structured(b.blocks, {start, error, *b.begin})
        module = ast.Module([_function(number, body) for number, body in functions.items()], [])
        ast.fix_missing_locations(module)
        verify(module, len(b.names))
        return Program(
            flow=flow.name,
            type=flow.type,
            path=flow.path,
            module=module,
            blocks=tuple(functions),
            start=start,
            error_block=error,
            names=tuple(b.names),
            types=tuple(b.types),
            secure=frozenset(b.secure),
            constants=tuple(b.constants),
            sites=tuple(b.sites),
            phases=dict(b.phases),
            wait_sites=dict(b.wait_sites),
            containers=tuple(self.with_slots(container) for container in self.containers),
            menus=tuple(self.tables),
            inputs={v.name.lower(): b.slots[slot_key("", v.name)] for v in flow.variables if v.is_input},
            outputs={v.name: b.slots[slot_key("", v.name)] for v in flow.variables if v.is_output},
            host_reads=frozenset(b.host_reads),
            default_language=flow.default_language or "en-us",
            languages=flow.languages,
            fingerprint=self.fingerprint(module),
            bots=self.bots(),
            needs=needs_of(flow, self.modules.values()),
        )

    def with_slots(self, container: Container) -> Container:
        owned = self.b.owned.get(container.element, ())
        return replace(container, slots=tuple(owned))

    def bots(self) -> dict[str, Bot]:
        """What the flow and the flows linked into it understand, where they are bots."""
        flows = {"": self.flow, **{f"{module.name}:": module for module in self.modules.values()}}
        return {prefix: bot_of(flow, self.slots(prefix)) for prefix, flow in flows.items() if flow.type in BOT_TYPES}

    def slots(self, prefix: str) -> dict[str, int]:
        """Numbers of the variables ``Slot.x`` by their names without scope, as the author spells them."""
        marked = f"{prefix}|Slot." if prefix else "Slot."
        return {n.removeprefix(marked): slot for slot, n in enumerate(self.b.names) if n.startswith(marked)}

    def fingerprint(self, module: ast.Module) -> str:
        """The digest of the source with its linked modules; of the generated code where the source is not at hand."""
        digest = sha256(f"{self.flow.path}\0{self.source_text}".encode())
        for linked in self.modules.values():
            digest.update(json.dumps(written(linked.tree)).encode() if linked.tree is not None else b"")
        if not self.source_text:
            digest.update(ast.dump(module).encode())
        return f"sha256:{digest.hexdigest()}"


def _function(number: int, body: list[ast.stmt]) -> ast.FunctionDef:
    arguments = ast.arguments([], [ast.arg(CTX), ast.arg(VARIABLES), ast.arg(LOG)], None, [], [], None, [])
    return ast.FunctionDef(name=f"b{number}", args=arguments, body=_counted(together(body)), decorator_list=[])


def _counted(body: list[ast.stmt]) -> list[ast.stmt]:
    """What counts actions begins with how many there were, and tells the machine however it ends."""
    if not any(isinstance(node, ast.Name) and node.id == COUNT for statement in body for node in ast.walk(statement)):
        return body
    machine = ast.Name(CTX, ast.Load())
    begin = ast.Assign([ast.Name(COUNT, ast.Store())], ast.Attribute(machine, "actions", ast.Load()))
    end = ast.Assign([ast.Attribute(machine, "actions", ast.Store())], ast.Name(COUNT, ast.Load()))
    return [begin, ast.Try(body, [], [], [end])]


def _containers(flow: Flow) -> list[ContainerModel]:
    """Tasks, states and bots, and the tasks that stand inside menu choices."""
    choices = [choice for menu in all_menus(flow.menus) for choice in menu.choices]
    return [*flow.containers, *(choice.body for choice in choices if choice.body is not None)]
