"""Filter operators that Jayway has and python-jsonpath does not, or reads otherwise: ``nin``, ``subsetof``, ``anyof``,
``noneof``, ``size``, ``empty``, and ``in`` and ``contains`` over all that a path finds (data-actions.md §6; compared
with json-path 2.10). A single find counts as a list of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jsonpath import JSONPathEnvironment, NodeList
from jsonpath.lex import Lexer
from jsonpath.parse import Parser

_TOKENS = {f"TOKEN_{name.upper()}": name for name in ("nin", "subsetof", "anyof", "noneof", "size", "empty")}


class _Lexer(Lexer):
    def compile_rules(self) -> re.Pattern[str]:
        rules = super().compile_rules()
        ours = "|".join(rf"(?P<{token}>{name}\b)" for token, name in _TOKENS.items())
        return re.compile(f"{ours}|{rules.pattern}", rules.flags)


class _Parser(Parser):
    PRECEDENCES = Parser.PRECEDENCES | dict.fromkeys(_TOKENS, Parser.PRECEDENCE_MEMBERSHIP)
    BINARY_OPERATORS = Parser.BINARY_OPERATORS | _TOKENS
    INFIX_LITERAL_OPERATORS = Parser.INFIX_LITERAL_OPERATORS | frozenset(_TOKENS.values())


class Environment(JSONPathEnvironment):
    """The library's environment with Jayway's operators."""

    lexer_class = _Lexer
    parser_class = _Parser

    def compare(self, left: object, operator: str, right: object) -> bool:
        """Whether a comparison in a filter holds."""
        compared = _OPERATORS.get(operator)
        if compared is None:
            return bool(super().compare(left, operator, right))
        return compared(_plain(left), _plain(right))


def _plain(value: object) -> Any:
    """What a path found as a list; the library gives one single find as itself."""
    return [node.obj for node in value] if isinstance(value, NodeList) else value


def _within(value: Any, several: Any) -> bool:
    several = several if isinstance(several, list) else [several]
    return any(type(one) is type(value) and one == value for one in several)


def _contains(several: Any, value: Any) -> bool:
    if isinstance(several, str):
        return isinstance(value, str) and value in several
    return isinstance(several, list) and _within(value, several)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_empty(value: Any, expected: Any) -> bool:
    return isinstance(value, list | str | dict) and (not value) is expected


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "in": _within,
    "nin": lambda left, right: not _within(left, right),
    "contains": _contains,
    "subsetof": lambda left, right: all(_within(one, right) for one in _each(left)),
    "anyof": lambda left, right: any(_within(one, right) for one in _each(left)),
    "noneof": lambda left, right: not any(_within(one, right) for one in _each(left)),
    "size": lambda left, right: isinstance(left, list | str) and len(left) == right,
    "empty": _is_empty,
}
