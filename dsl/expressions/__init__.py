"""The expression language: text to tree, types, Python, value (expressions.md)."""

from dsl.expressions.annotate import annotate
from dsl.expressions.emit import emit
from dsl.expressions.evaluate import Result, Surroundings, evaluate
from dsl.expressions.lines import Refused, answer, answer_line
from dsl.expressions.parse import parse
from dsl.expressions.problems import ExpressionError, Problem
from dsl.expressions.resolve import known_names
from dsl.expressions.scope import Declared, Scope
from dsl.expressions.text_of import to_text

__all__ = [
    "Declared",
    "ExpressionError",
    "Problem",
    "Refused",
    "Result",
    "Scope",
    "Surroundings",
    "annotate",
    "answer",
    "answer_line",
    "emit",
    "evaluate",
    "known_names",
    "parse",
    "to_text",
]
