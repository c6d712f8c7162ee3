"""Where the templates of an action print what, and through which escapes: the facts that the rules look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from connectors.model import DataAction, Text
from connectors.templates import TemplateSyntaxError, parse
from connectors.templates.tools import TOOLS
from connectors.templates.tree import (
    Binary,
    Block,
    Call,
    DictOf,
    Expression,
    Foreach,
    If,
    Index,
    Interpolated,
    Item,
    ListOf,
    Literal,
    Range,
    Reference,
    Set,
    Unary,
    Unsupported,
)

GAP = "\x00"
"""What stands in ``before`` for a printed reference."""

URL_ESCAPES = frozenset({"esc.url", "esc.urlFormEncode", "esc.uriEncode", "urlTool.optionalQueryParam"})
JSON_ESCAPES = frozenset({"esc.jsonString", "esc.jsonEncode"})
JSON_VALUES = frozenset({"query.json"})
DIALECT_ESCAPES = frozenset(
    {"salesforce.escReserved", "esc.sql", "msdynamics.phoneNumberFilter", "query.soqlText", "query.odataText"}
)


@dataclass(frozen=True, slots=True)
class Template:
    """One template of the action: ``place`` is url, body, success, or header:<name>."""

    place: str
    text: Text
    block: Block | None
    error: TemplateSyntaxError | None


@dataclass(frozen=True, slots=True)
class Use:
    """One reference.

    ``escapes`` are the tools around it, outermost first; ``before`` is what the template, or the text in quotes that it
    stands in, prints before it; ``outer`` the same for the reference of the template itself; ``guards`` are the inputs
    that a surrounding #if asks for.
    """

    template: Template
    reference: Reference
    escapes: tuple[str, ...]
    before: str
    outer: str
    guards: frozenset[str]
    printed: bool
    top: Reference

    @property
    def input(self) -> str | None:
        """The input it reads, if it reads one."""
        return self.reference.input_name

    @property
    def steps_escape(self) -> bool:
        """Whether methods of the reference itself replace characters."""
        return any(isinstance(step, Call) and step.name.startswith("replace") for step in self.reference.steps)


@dataclass(frozen=True)
class Facts:
    """An action with its templates taken apart."""

    action: DataAction
    allowed_hosts: tuple[str, ...] = ()

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """Every template in the order of the file."""
        request = self.action.request
        texts: list[tuple[str, Text]] = [("url", request.url)]
        texts += [(f"header:{header.name}", header.value) for header in request.headers]
        if request.body is not None:
            texts.append(("body", request.body))
        texts.append(("success", self.action.response.success))
        return tuple(_template(place, text) for place, text in texts)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every reference of every template that parses."""
        return tuple(
            use for template in self.templates if template.block for use in _Walk(template).block(template.block)
        )

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Names that #set and #foreach make."""
        found = {"foreach", "velocityCount"}
        for template in self.templates:
            found |= set(_assigned(template.block.items)) if template.block else set()
        return frozenset(found)

    def template(self, place: str) -> Template:
        """The template of one place."""
        return next(template for template in self.templates if template.place == place)

    @cached_property
    def content_type(self) -> str:
        """The media type of the body, lower case."""
        headers = self.action.request.headers
        given = next((h.value.value for h in headers if h.name.lower() == "content-type"), "application/json")
        return given.partition(";")[0].strip().lower()

    def input_type(self, name: str) -> str:
        """The schema type of an input; empty when nobody declares it."""
        from connectors.contract import kind_of

        return kind_of(self.action.inputs.properties.get(name, {}))


def _template(place: str, text: Text) -> Template:
    try:
        return Template(place, text, parse(text.value), None)
    except TemplateSyntaxError as error:
        return Template(place, text, None, error)


def _assigned(items: tuple[Item, ...]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Set):
            yield item.target.root
        elif isinstance(item, Foreach):
            yield item.variable
            yield from _assigned(item.body.items)
        elif isinstance(item, If):
            for _, block in item.branches:
                yield from _assigned(block.items)
            if item.otherwise:
                yield from _assigned(item.otherwise.items)


@dataclass
class _Walk:
    """Goes through one template; ``printed`` collects what it prints, with gaps for references."""

    template: Template
    printed: str = ""
    unsupported: list[Unsupported] = field(default_factory=list)

    def block(self, block: Block, guards: frozenset[str] = frozenset()) -> Iterator[Use]:
        for item in block.items:
            if isinstance(item, Literal):
                self.printed += item.text
            elif isinstance(item, Reference):
                yield from self.reference(item, (), self.printed, guards, top=item, printed=True)
                self.printed += GAP
            elif isinstance(item, If):
                yield from self.branches(item, guards)
            elif isinstance(item, Foreach):
                yield from self.expression(item.values, (), guards, item_top(item.values))
                yield from self.block(item.body, guards)
            elif isinstance(item, Set):
                yield from self.expression(item.value, (), guards, item.target)

    def branches(self, item: If, guards: frozenset[str]) -> Iterator[Use]:
        known = guards
        for condition, block in item.branches:
            asked = list(self.expression(condition, (), guards, item_top(condition)))
            yield from asked
            known = guards | {use.input for use in asked if use.input}
            yield from self.block(block, known)
        if item.otherwise:
            yield from self.block(item.otherwise, known)

    def reference(
        self,
        node: Reference,
        escapes: tuple[str, ...],
        before: str,
        guards: frozenset[str],
        *,
        top: Reference,
        printed: bool,
    ) -> Iterator[Use]:
        yield Use(self.template, node, escapes, before, self.printed, guards, printed, top)
        tool = node.root if node.root in TOOLS else None
        for step in node.steps:
            if isinstance(step, Call):
                inner = (*escapes, f"{tool}.{step.name}") if tool else escapes
                for argument in step.arguments:
                    yield from self.expression(argument, inner, guards, top, printed=printed)
            elif isinstance(step, Index):
                yield from self.expression(step.key, escapes, guards, top)

    def expression(
        self,
        node: Expression,
        escapes: tuple[str, ...],
        guards: frozenset[str],
        top: Reference | None,
        *,
        printed: bool = False,
    ) -> Iterator[Use]:
        if isinstance(node, Reference):
            yield from self.reference(node, escapes, "", guards, top=top or node, printed=printed)
        elif isinstance(node, Interpolated):
            inner = _Walk(self.template)
            for use in inner.block(node.body, guards):
                yield Use(
                    self.template, use.reference, escapes + use.escapes, use.before, self.printed, guards, printed,
                    top or use.reference,
                )  # fmt: skip
        else:
            for child in _children(node):
                yield from self.expression(child, escapes, guards, top, printed=printed)


def item_top(node: Expression) -> Reference | None:
    """The reference itself when an expression is nothing else."""
    return node if isinstance(node, Reference) else None


Children: TypeAlias = tuple[Expression, ...]


def _children(node: Expression) -> Children:
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return node.left, node.right
    if isinstance(node, ListOf):
        return node.items
    if isinstance(node, Range):
        return node.first, node.last
    if isinstance(node, DictOf):
        return tuple(part for entry in node.entries for part in entry)
    return ()


def inside_json_text(before: str) -> bool:
    """Whether what comes next stands inside a JSON text."""
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', before)) % 2 == 1


def part_of_url(before: str) -> str:
    """The part of the URL that comes next: host, path, query or fragment."""
    if before.startswith("/"):
        rest = before
    else:
        match = re.match(r"[a-z]+://[^/?#]*(?=[/?#])", before)
        if match is None:
            return "host"
        rest = before[match.end() :]
    if "#" in rest:
        return "fragment"
    return "query" if "?" in rest else "path"
