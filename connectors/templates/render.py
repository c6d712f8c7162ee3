"""Rendering a template: equal to Apache Velocity 1.7 on what the subset has (data-actions.md §4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.templates.methods import methods_of
from connectors.templates.parse import parse
from connectors.templates.tools import CONSTANTS, TOOLS
from connectors.templates.tree import (
    Binary,
    Block,
    Call,
    Constant,
    DictOf,
    Expression,
    Foreach,
    Get,
    If,
    Index,
    Interpolated,
    Item,
    ListOf,
    Literal,
    Range,
    Reference,
    Set,
    Step,
    Unary,
    Unsupported,
)
from connectors.templates.values import RenderError, Value, calculate, compare, equal, is_number, text_of, truth

MAX_ITERATIONS = 10_000
MAX_OUTPUT = 1_048_576
"""Characters that one template may print (data-actions.md §4.2)."""


def render(template: str | Block, context: Mapping[str, Value]) -> str:
    """The text a template gives with these values; raises ``TemplateSyntaxError`` or ``RenderError``."""
    block = parse(template) if isinstance(template, str) else template
    try:
        return _Renderer(context).text(block)
    except RecursionError:
        raise RenderError("a value of the template is nested too deeply") from None


class _Renderer:
    def __init__(self, context: Mapping[str, Value]) -> None:
        self.context: dict[str, Value] = dict(context)
        self.printed = 0
        self.iterations = 0

    def text(self, block: Block) -> str:
        return "".join(self.pieces(block))

    def pieces(self, block: Block) -> Iterator[str]:
        for item in block.items:
            for piece in self.item(item):
                self.printed += len(piece)
                if self.printed > MAX_OUTPUT:
                    raise RenderError(f"the template prints more than {MAX_OUTPUT:,} characters", item.start)
                yield piece

    def item(self, item: Item) -> Iterator[str]:
        if isinstance(item, Literal):
            yield item.text
        elif isinstance(item, Reference):
            yield self.printed_reference(item)
        elif isinstance(item, If):
            yield from self.branch(item)
        elif isinstance(item, Foreach):
            yield from self.loop(item)
        elif isinstance(item, Set):
            self.assign(item)
        else:
            assert isinstance(item, Unsupported)
            raise RenderError(f"#{item.directive} is not supported", item.start, "unsupported-directive")

    def printed_reference(self, reference: Reference) -> str:
        """The value, or where there is none the reference as written; nothing when it is quiet.

        Backslashes before a defined reference escape it pairwise; before an undefined one they are text.
        """
        value = self.reference(reference)
        slashes = reference.backslashes
        if slashes % 2:
            return "\\" * (slashes // 2 + (value is None)) + reference.source
        if value is None:
            return "\\" * slashes + ("" if reference.quiet else reference.source)
        return "\\" * (slashes // 2) + text_of(value)

    def branch(self, item: If) -> Iterator[str]:
        for condition, block in item.branches:
            if truth(self.value(condition)):
                yield from self.pieces(block)
                return
        if item.otherwise is not None:
            yield from self.pieces(item.otherwise)

    def loop(self, item: Foreach) -> Iterator[str]:
        values = self.value(item.values)
        entries = list(values.values()) if isinstance(values, dict) else values
        if not isinstance(entries, list):
            return
        names = (item.variable, "foreach", "velocityCount")
        before = {name: self.context[name] for name in names if name in self.context}
        for index, value in enumerate(entries):
            self.iterations += 1
            if self.iterations > MAX_ITERATIONS:
                raise RenderError(f"a loop runs more than {MAX_ITERATIONS:,} times", item.start)
            last = index == len(entries) - 1
            place: dict[str, Value] = {"count": index + 1, "index": index, "hasNext": not last}
            place.update(first=index == 0, last=last)
            self.context.update({item.variable: value, "foreach": place, "velocityCount": index + 1})
            yield from self.pieces(item.body)
        for name in names:
            self.context.pop(name, None)
        self.context.update(before)

    def assign(self, item: Set) -> None:
        """``#set``: null assigns nothing; of a property only in an object that the template has."""
        value = self.value(item.value)
        if value is None:
            return
        target = item.target
        if not target.steps:
            self.context[target.root] = value
            return
        *before, last = target.steps
        owner = self.reference(Reference(target.root, tuple(before), False, False, "", target.start, target.end))
        if isinstance(owner, dict) and not isinstance(last, Call):
            key = last.name if isinstance(last, Get) else text_of(self.value(last.key))
            if not before:
                owner = self.context[target.root] = dict(owner)
            owner[key] = value

    def reference(self, reference: Reference) -> Value:
        """The value of a reference, None where any part of it is missing."""
        root, steps = reference.root, reference.steps
        if root not in self.context and root in TOOLS:
            value, steps = self.tool(root, steps), steps[1:]
        else:
            value = self.context.get(root)
        for step in steps:
            if value is None:
                return None
            value = self.step(value, step)
        return value

    def tool(self, root: str, steps: tuple[Step, ...]) -> Value:
        if not steps:
            return None
        step = steps[0]
        if isinstance(step, Get):
            return CONSTANTS.get(root, {}).get(step.name)
        function = TOOLS[root].get(step.name) if isinstance(step, Call) else None
        if function is None or not isinstance(step, Call):
            name = step.name if isinstance(step, Call) else "[]"
            raise RenderError(f'${root} has no "{name}"', step.start, "unknown-template-method")
        return self.call(function, step)

    def step(self, value: Value, step: Step) -> Value:
        if isinstance(step, Get):
            return value.get(step.name) if isinstance(value, dict) else None
        if isinstance(step, Index):
            return _indexed(value, self.value(step.key))
        method = methods_of(value).get(step.name)
        if method is None:
            raise RenderError(f'there is no method "{step.name}" here', step.start, "unknown-template-method")
        return self.call(method, step, value)

    def call(self, function: object, step: Call, *first: Value) -> Value:
        arguments = [*first, *(self.value(argument) for argument in step.arguments)]
        try:
            return function(*arguments)  # type: ignore[operator, no-any-return]  # an entry of one of the tables
        except RenderError as error:
            raise RenderError(error.message, step.start, error.code) from None
        except TypeError:
            raise RenderError(f'"{step.name}" cannot be called like this', step.start) from None

    def value(self, node: Expression) -> Value:
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Reference):
            return self.reference(node)
        if isinstance(node, Interpolated):
            return self.text(node.body)
        if isinstance(node, Unary):
            return not truth(self.value(node.operand))
        if isinstance(node, Binary):
            return self.binary(node)
        if isinstance(node, ListOf):
            return [self.value(item) for item in node.items]
        if isinstance(node, DictOf):
            return {text_of(self.value(key)): self.value(value) for key, value in node.entries}
        return self.range(node)

    def binary(self, node: Binary) -> Value:
        left = self.value(node.left)
        if node.operator == "&&":
            return truth(left) and truth(self.value(node.right))
        if node.operator == "||":
            return truth(left) or truth(self.value(node.right))
        right = self.value(node.right)
        if node.operator in ("==", "!="):
            return equal(left, right) == (node.operator == "==")
        if node.operator in ("<", "<=", ">", ">="):
            return compare(node.operator, left, right)
        return calculate(node.operator, left, right)

    def range(self, node: Range) -> Value:
        first, last = self.value(node.first), self.value(node.last)
        if not (is_number(first) and is_number(last)):
            return None
        low, high = int(first), int(last)  # type: ignore[arg-type]  # both are numbers
        if abs(high - low) >= MAX_ITERATIONS:
            raise RenderError(f"a range has more than {MAX_ITERATIONS:,} items", node.start)
        return list(range(low, high + 1) if low <= high else range(low, high - 1, -1))


def _indexed(value: Value, key: Value) -> Value:
    if isinstance(value, dict):
        return value.get(text_of(key))
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else None
    return None
