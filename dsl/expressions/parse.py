"""From text to tree: Lark's LALR parser with a transformer that builds our nodes as it reduces (authoring.md §5).

Every distinct text is parsed once. Nothing is raised: what cannot be read is a ``Problem`` with the character
it is about.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dsl.expressions.problems import Problem
from dsl.expressions.tree import Node
from dsl.expressions.types import Type

if TYPE_CHECKING:
    from lark import Lark, Token

MAX_CHARACTERS = 32_000
MAX_NESTING = 200
MAX_TREE_DEPTH = 300
MAX_CALL_DEPTH = 60
MAX_INTEGER_DIGITS = 15
MAX_DECIMAL_DIGITS = 40

LETTER = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u3040-\u318f\u3300-\u337f\u3400-\u3d2d\u4e00-\u9fff\uf900-\ufaff"
)
EMPTY = Node("emp", 1)
_OPENING, _CLOSING = "([", ")]"
_UNESCAPE = {"n": "\n", "r": "\r", "t": "\t"}
_WRONG_TOKENS: tuple[tuple[str, str], ...] = (
    ("&&", "did you mean and?"),
    ("||", "did you mean or?"),
    ("<>", "did you mean != ?"),
    ("//", "comments are not supported in expressions"),
    ("/*", "comments are not supported in expressions"),
    ("=", "did you mean == ?"),
    ("'", 'texts stand in double quotes: "text"'),
    *((quote, 'texts stand in straight quotes: "text"') for quote in "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"),
    ("\u2260", "did you mean != ?"),
    ("\u2264", "did you mean <= ?"),
    ("\u2265", "did you mean >= ?"),
    *((dash, "did you mean - ?") for dash in "\u2212\u2013\u2014"),
    ("\u00d7", "did you mean * ?"),
    ("\u00f7", "did you mean / ?"),
)
_WORDS = {
    "NAME": "a name",
    "FIELD": "a property's name",
    "INTEGER": "a number",
    "DECIMAL": "a number",
    "TEXT": "a text",
    "TRUE": "true",
    "FALSE": "false",
    "NOT_SET": "NOT_SET",
    "AND": "and",
    "OR": "or",
    "EQUALITY": "a comparison such as ==",
    "COMPARISON": "a comparison such as <",
    "PRODUCT": "an operator such as *",
}

_FIRST_MISSED = {
    "NAME": "a value",
    "COLON": 'the ":" of the other branch',
    "RIGHT_PARENTHESIS": "a closing parenthesis",
    "RIGHT_BRACKET": 'a closing "]"',
}
"""What is missed at the end of an expression, the likeliest first."""

Parsed = tuple[Node, tuple[Problem, ...]]


class _Refused(Exception):  # noqa: N818  (control flow, never seen outside)
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@lru_cache(maxsize=20_000)
def parse(text: str) -> Parsed:
    """The tree of an expression and its problems; with a problem the tree is the empty node."""
    if not text.strip(" \t\r\n"):
        return EMPTY, ()
    if len(text) > MAX_CHARACTERS:
        message = f"the expression has {len(text):,} characters, {MAX_CHARACTERS:,} may be"
        return EMPTY, (Problem("limit-exceeded", message, 1, "split it into several variables"),)
    try:
        _check_nesting(text)
        node: Node = _parse(text)
        _check_depth(node)
    except _Refused as refused:
        return EMPTY, (refused.problem,)
    return node, ()


def _parse(text: str) -> Node:
    from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError

    try:
        result: Any = parser().parse(text)
    except UnexpectedCharacters as error:
        raise _Refused(_bad_character(text, error.pos_in_stream or 0)) from None
    except UnexpectedToken as error:
        raise _Refused(_bad_token(text, error.token, error.accepts or error.expected)) from None
    except UnexpectedEOF:
        raise _Refused(_at_end(text)) from None
    except VisitError as error:
        if isinstance(error.orig_exc, _Refused):
            raise error.orig_exc from None
        raise
    assert isinstance(result, Node)
    return result


@lru_cache(maxsize=1)
def parser() -> Lark:
    """The parser, from the grammar cache where there is one."""
    from importlib.resources import files

    from lark import Lark

    from dsl.expressions.cache import cache_file

    grammar = files("dsl.expressions").joinpath("grammar.lark").read_text(encoding="utf-8").replace("%LETTER%", LETTER)
    options: dict[str, Any] = {"parser": "lalr", "lexer": "contextual", "transformer": _Builder()}
    try:
        return Lark(grammar, cache=cache_file(grammar), **options)
    except Exception:  # whatever is wrong with a cache, the grammar itself is good
        return Lark(grammar, cache=False, **options)


class _Builder:
    """Lark calls one of these as it reduces a rule; tokens carry the place."""

    def literal(self, children: list[Any]) -> Node:
        token: Token = children[0]
        pos, text = _pos(token), str(token)
        if token.type in ("TRUE", "FALSE"):
            return Node("lit", pos, Type("bln"), value=token.type == "TRUE")
        if token.type == "NOT_SET":
            return Node("nul", pos)
        if token.type == "INTEGER":
            return _integer(text, pos)
        if token.type == "DECIMAL":
            return _decimal(text, pos)
        return Node("lit", pos, Type("str"), value=unquote(text))

    def reference(self, children: list[Any]) -> Node:
        first: Token = children[0]
        fields = [child for child in children[1:] if child[0] == "field"]
        accesses = children[1:]
        name = str(first)
        if fields and accesses[0][0] == "field":
            name = f"{first}.{accesses[0][1]}"
            accesses = accesses[1:]
        return _access(Node("ref", _pos(first), name=name), accesses)

    def call(self, children: list[Any]) -> Node:
        name: Token = children[0]
        arguments = tuple(child for child in children if isinstance(child, Node))
        accesses = children[-1] if isinstance(children[-1], list) else []
        return _access(Node(str(name), _pos(name), operands=arguments), accesses)

    def field(self, children: list[Any]) -> tuple[str, str, int]:
        dot, name = children
        text = unquote(str(name)) if name.type == "TEXT" else str(name)
        return ("field", text, _pos(dot))

    def index(self, children: list[Any]) -> list[Any]:
        bracket, inner = children[0], children[1]
        rest = children[3] if len(children) > 3 and isinstance(children[3], list) else []
        return [("index", inner, _pos(bracket)), *rest]

    def access(self, children: list[Any]) -> list[Any]:
        found: list[Any] = []
        for child in children:
            if isinstance(child, list):
                found.extend(child)
            elif child is not None:
                found.append(child)
        return found

    def binary(self, children: list[Any]) -> Node:
        left, sign, right = children
        return Node(str(sign).lower(), _pos(sign), operands=(left, right))

    def ternary(self, children: list[Any]) -> Node:
        condition, sign, yes, _, no = children
        return Node("?", _pos(sign), operands=(condition, yes, no))

    def prefix(self, children: list[Any]) -> Node:
        sign, operand = children
        folds = str(sign) == "-" and operand.op == "lit" and isinstance(operand.value, (int, Decimal))
        if folds and not isinstance(operand.value, bool):
            value = operand.value
            negative = value.copy_negate() if isinstance(value, Decimal) else -value
            return Node("lit", _pos(sign), operand.type, value=negative)
        return Node(str(sign), _pos(sign), operands=(operand,))

    def group(self, children: list[Any]) -> Node:
        inner: Node = children[1]
        return inner


def _access(node: Node, accesses: list[Any]) -> Node:
    flat: list[Any] = []
    for access in accesses:
        flat.extend(access if isinstance(access, list) else [access] if access is not None else [])
    for kind, inner, pos in flat:
        if kind == "field":
            node = Node(".", pos, operands=(Node("lit", pos, Type("str"), value=inner), node))
        else:
            node = Node("[", pos, operands=(inner, node))
    return node


def _pos(token: Token) -> int:
    return (token.start_pos or 0) + 1


def unquote(text: str) -> str:
    """The value of a text literal as written, quotes included."""
    if "\\" not in text:
        return text[1:-1]
    return re.sub(r"\\(.)", lambda match: _UNESCAPE.get(match.group(1), match.group(1)), text[1:-1])


def _integer(text: str, pos: int) -> Node:
    if len(text) > MAX_INTEGER_DIGITS:
        message = f"a whole number has at most {MAX_INTEGER_DIGITS} digits"
        raise _Refused(Problem("syntax-token", message, pos, length=len(text)))
    return Node("lit", pos, Type("int"), value=int(text))


def _decimal(text: str, pos: int) -> Node:
    if len(text.replace(".", "").lstrip("0")) > MAX_DECIMAL_DIGITS:
        message = f"a decimal number has at most {MAX_DECIMAL_DIGITS} significant digits"
        raise _Refused(Problem("syntax-token", message, pos, length=len(text)))
    return Node("lit", pos, Type("dec"), value=Decimal(text))


# Limits, looked at before a parser or a recursive walk could suffer from them.


def _check_nesting(text: str) -> None:
    depth, inside, prefixes, index = 0, False, 0, 0
    while index < len(text):
        char = text[index]
        if inside:
            index += char == "\\"
            inside = char != '"'
        elif char == '"':
            inside = True
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        prefixes = prefixes + 1 if char in "!~" and not inside else prefixes if char.isspace() else 0
        if depth > MAX_NESTING or prefixes > MAX_NESTING:
            message = f"parentheses or signs are nested deeper than {MAX_NESTING}"
            raise _Refused(Problem("limit-exceeded", message, index + 1))
        index += 1


def _check_depth(root: Node) -> None:
    stack = [(root, 1, 0)]
    while stack:
        node, depth, calls = stack.pop()
        calls += node.op[0].isalpha() and node.op not in ("lit", "ref", "and", "or", "nul")
        if depth > MAX_TREE_DEPTH or calls > MAX_CALL_DEPTH:
            message = (
                f"calls are nested deeper than {MAX_CALL_DEPTH}" if calls > MAX_CALL_DEPTH else "too many operators"
            )
            raise _Refused(Problem("limit-exceeded", message, node.pos, "use a variable for a part of it"))
        stack.extend((operand, depth + 1, calls) for operand in node.operands)


# Messages.


def _bad_character(text: str, at: int) -> Problem:
    rest = text[at:]
    if rest[0] == '"':
        escape = re.match(r'"(?:[^"\\]|\\["\\nrt])*\\', rest)
        if escape is not None and escape.end() < len(rest):
            pos = at + escape.end()
            message = f'"\\{rest[escape.end()]}" is no escape'
            return Problem("syntax-token", message, pos, 'known: \\" \\\\ \\n \\r \\t', 2)
        return Problem("syntax-token", "the text that starts here is not closed", at + 1, 'add the closing "')
    for token, hint in _WRONG_TOKENS:
        if rest.startswith(token):
            return Problem("syntax-token", f'"{token}" means nothing here', at + 1, hint, len(token))
    return Problem("syntax-token", f'"{rest[0]}" means nothing here', at + 1)


def _bad_token(text: str, token: Any, accepts: set[str]) -> Problem:
    if token.type == "$END":
        return _at_end(text, accepts)
    at = token.start_pos or 0
    for wrong, hint in _WRONG_TOKENS:
        for start in (at, at - 1):
            if len(wrong) == 2 and start >= 0 and text.startswith(wrong, start):
                return Problem("syntax-token", f'"{wrong}" means nothing here', start + 1, hint, 2)
    message = f'"{token}" cannot stand here'
    return Problem("syntax-expression", message, at + 1, _hint(text, str(token), accepts), max(1, len(str(token))))


_PROSE = re.compile(r"[^\W\d][\w',;!?-]*(?: [\w',;.!?-]+)+")
"""Words in a row."""


def _hint(text: str, token: str, accepts: set[str]) -> str | None:
    if token.casefold() in ("and", "or") and "NAME" in accepts:
        return f'a value is missing before "{token}"'
    if token.casefold() == "or" and "COLON" in accepts:
        return "put the branch in parentheses"
    if "RIGHT_PARENTHESIS" in accepts and token in ("?", ":"):
        return "put the branch in parentheses"
    if re.fullmatch(r"[eE]\d*", token) and "NAME" not in accepts:
        return "a number has no exponent; write all its digits"
    if "NAME" in accepts and token in (")", ","):
        return "a value is missing before it"
    if _PROSE.fullmatch(text) and "(" not in text:
        return 'a text stands in double quotes of its own: "..."'
    if "COMMA" in accepts and token[:1].isalnum():
        return "a comma or an operator is missing before it"
    return None


def _at_end(text: str, accepts: set[str] | None = None) -> Problem:
    accepts = accepts or set()
    wanted = next((words for name, words in _FIRST_MISSED.items() if name in accepts), None)
    others = " or ".join(sorted({_WORDS[name] for name in accepts if name in _WORDS}))
    message = f"the expression ends where {wanted or others or 'more'} is expected"
    return Problem("syntax-expression", message, len(text.rstrip(" \t\r\n")) + 1)
