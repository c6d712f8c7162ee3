"""Template text to tree, by the Lark grammar beside this module."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

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

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MAX_TEMPLATE = 1_000_000
"""Characters of a template (data-actions.md §3: a body of at most 1 MiB)."""

SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&&", "or": "||"}


_LINE_REST = re.compile(r"[ \t]*(\r\n|\r|\n)")
_CHAINS = {"or_test": "||", "and_test": "&&", "equality": "", "relation": "", "sum": "", "product": ""}
_CONSTANTS: dict[str, Callable[[str], None | bool | int | float | str]] = {
    "raw_string": lambda text: text[1:-1].replace("''", "'"),
    "float": float,
    "integer": int,
    "true": lambda text: True,
    "false": lambda text: False,
    "null": lambda text: None,
}


class TemplateSyntaxError(Exception):
    """The template does not parse; ``at`` is the offset of the place."""

    def __init__(self, message: str, at: int, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message, self.at, self.remedy = message, at, remedy


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    grammar = files("connectors.templates").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False, propagate_positions=True)


@lru_cache(maxsize=2048)
def parse(text: str) -> Block:
    """The tree of a template; raises ``TemplateSyntaxError``."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

    if len(text) > MAX_TEMPLATE:
        raise TemplateSyntaxError(f"the template has more than {MAX_TEMPLATE:,} characters", 0)
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        at = error.pos_in_stream if isinstance(error, UnexpectedCharacters | UnexpectedToken) else len(text)
        at = len(text) if at is None or at < 0 else at
        raise TemplateSyntaxError(*_explained(text, at, error)) from None
    except RecursionError:
        raise TemplateSyntaxError("the template is nested too deeply", 0) from None
    return _Builder(text, 0).block(tree.children)


def _explained(text: str, at: int, error: Exception) -> tuple[str, int, str | None]:
    token = getattr(error, "token", None)
    kind = getattr(token, "type", "")
    if text[at:] in ("$", "#"):
        return f'a template may not end in "{text[at:]}"', at, "write ${esc.dollar} or ${esc.hash}"
    if kind in ("END", "ELSE", "ELSEIF") or re.match(r"#\{?(end|else|elseif)", text[at:]):
        return "this stands here without its #if or #foreach", at, "remove it, or add the #if"
    if kind == "$END" or at >= len(text):
        opened = max((text.rfind(word), word) for word in ("#if", "#foreach", "${", "("))
        if opened[0] >= 0 and opened[1].startswith("#"):
            return f"{opened[1]} is never closed", opened[0], "add #end"
        return "the template ends inside an expression", at, "close the bracket or brace"
    return (
        f'"{text[at : at + 12]}" cannot be read here',
        at,
        'Velocity 1.7 knows no "|default"; print text as $esc.dollar',
    )


class _Builder:
    """Builds our tree from Lark's; ``base`` is where ``text`` starts in the whole template."""

    def __init__(self, text: str, base: int) -> None:
        self.text, self.base = text, base

    def block(self, children: list[Any], *, after_parenthesis: bool = False) -> Block:
        """A block of items; behind a parenthesis it starts by losing its blanks and line break."""
        items: list[Item] = []
        eat = after_parenthesis
        for child in children:
            item = self.item(child)
            if isinstance(item, Literal):
                kept = _without_line_rest(item.text) if eat and child.data == "text" else item.text
                item = Literal(kept, item.end - len(kept), item.end)
                if items and isinstance(items[-1], Literal):
                    item = Literal(items[-1].text + kept, items.pop().start, item.end)
            if item is not None and not (isinstance(item, Literal) and not item.text):
                items.append(item)
            eat = isinstance(item, Set)
        return Block(tuple(items))

    def item(self, tree: Tree[Token]) -> Item | None:
        kind = str(tree.data)
        if kind == "reference":
            return self.reference(tree)
        build: dict[str, Callable[[Tree[Token]], Item]] = {
            "if_block": self.if_block,
            "foreach_block": self.foreach,
            "set_line": self.set_line,
        }
        if kind in build:
            return build[kind](tree)
        token: Any = tree.children[0]
        start, end, text = self.base + token.start_pos, self.base + token.end_pos, str(token)
        if kind == "comment":
            return None
        if kind == "unsupported":
            return Unsupported(text.strip("#{}"), start, end)
        if kind == "literal_block":
            return Literal(text[3:-3], start, end)
        return Literal(text[1:] if kind == "escaped_directive" else text, start, end)

    def reference(self, tree: Tree[Token]) -> Reference:
        *before, opening, path = cast("list[Any]", tree.children)
        root, *steps = path.children
        found = tuple(self.step(step) for step in steps)
        start = opening.start_pos
        braced = opening.endswith("{")
        end = found[-1].end - self.base if found else root.end_pos
        if braced:
            end = self.text.index("}", end) + 1
        return Reference(
            str(root),
            found,
            quiet="!" in str(opening),
            braced=braced,
            source=self.text[start:end],
            start=self.base + start,
            end=self.base + end,
            backslashes=len(str(before[0])) if before else 0,
        )

    def step(self, tree: Tree[Token]) -> Step:
        token: Any = tree.children[0]
        start = self.base + token.start_pos
        if tree.data == "get":
            return Get(str(token)[1:], start, self.base + token.end_pos)
        end = self.base + (token.end_pos if tree.meta.end_pos is None else int(tree.meta.end_pos))
        if tree.data == "index":
            return Index(self.expression(tree.children[1]), start, end)
        arguments: Any = tree.children[1]
        name = str(token)[1:].rstrip("( \t")
        return Call(name, tuple(self.expression(child) for child in arguments.children), start, end)

    def if_block(self, tree: Tree[Token]) -> If:
        first, condition, *rest, last = cast("list[Any]", tree.children)
        parts = [child for child in rest if child.data in ("elseif_part", "else_part")]
        body = [child for child in rest if child.data not in ("elseif_part", "else_part")]
        branches = [(self.expression(condition), self.block(body, after_parenthesis=True))]
        otherwise = None
        for part in parts:
            if part.data == "else_part":
                otherwise = self.block(part.children[1:])
            else:
                block = self.block(part.children[2:], after_parenthesis=True)
                branches.append((self.expression(part.children[1]), block))
        return If(tuple(branches), otherwise, self.base + first.start_pos, self.base + last.end_pos)

    def foreach(self, tree: Tree[Token]) -> Foreach:
        first, variable, values, *body, last = cast("list[Any]", tree.children)
        name = str(variable).split()[0].strip("$!{}")
        block = self.block(body, after_parenthesis=True)
        return Foreach(name, self.expression(values), block, self.base + first.start_pos, self.base + last.end_pos)

    def set_line(self, tree: Tree[Token]) -> Set:
        first, target, value = cast("list[Any]", tree.children)
        node = self.expression(value)
        return Set(self.reference(target), node, self.base + first.start_pos, node.end)

    def expression(self, tree: Any) -> Expression:
        kind = str(tree.data)
        start, end = self.base + int(tree.meta.start_pos), self.base + int(tree.meta.end_pos)
        children: list[Any] = tree.children
        if kind == "operand":
            return self.reference(tree)
        if kind in _CHAINS:
            return self.chain(kind, children)
        if kind in _CONSTANTS:
            return Constant(_CONSTANTS[kind](str(children[0])), start, end)
        if kind == "string":
            return self.interpolated(str(children[0])[1:-1], start, end)
        operands = [self.expression(child) for child in children if hasattr(child, "data") and child.data != "entry"]
        if kind == "group":
            return operands[0]
        if kind == "negation":
            return Unary(operands[0], start, end)
        if kind == "span":
            return Range(operands[0], operands[1], start, end)
        if kind == "list":
            return ListOf(tuple(operands), start, end)
        entries = [(self.expression(entry.children[0]), self.expression(entry.children[1])) for entry in children]
        return DictOf(tuple(entries), start, end)

    def chain(self, kind: str, children: list[Any]) -> Expression:
        """``a + b - c`` as a tree that leans to the left."""
        left: Expression | None = None
        operator = _CHAINS[kind]
        for child in children:
            if not hasattr(child, "data"):
                operator = SYMBOLS.get(str(child), str(child))
                continue
            node = self.expression(child)
            left = node if left is None else Binary(operator, left, node, left.start, node.end)
        assert left is not None
        return left

    def interpolated(self, content: str, start: int, end: int) -> Expression:
        from lark.exceptions import UnexpectedInput

        content = content.replace('""', '"')
        if "$" not in content and "#" not in content:
            return Interpolated(Block((Literal(content, start + 1, end - 1),) if content else ()), start, end)
        kept = content.rstrip("$#") if content[-1] in "$#" else content
        try:
            tree = _parser().parse(kept)
        except UnexpectedInput as error:
            at = getattr(error, "pos_in_stream", None) or 0
            message, at, remedy = _explained(kept, min(at, len(kept)), error)
            raise TemplateSyntaxError(message, start + 1 + at, remedy) from None
        block = _Builder(kept, start + 1).block(tree.children)
        if kept != content:
            block = Block((*block.items, Literal(content[len(kept) :], start + 1 + len(kept), end - 1)))
        return Interpolated(block, start, end)


def _without_line_rest(text: str) -> str:
    match = _LINE_REST.match(text)
    return text[match.end() :] if match else text
