"""Calls as generated code writes them, beside calls of the implementation behind tests of the naive kind."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.expressions import Declared, Scope, annotate, emit, parse
from dsl.expressions.catalogue import Overload, functions, overload_of
from dsl.expressions.evaluate import Surroundings
from dsl.expressions.problems import ExpressionError
from dsl.expressions.runtime import HELPERS, TAKES_NOT_SET, context_helpers, helper_name, implementation, never_not_set
from dsl.expressions.tree import Node
from dsl.expressions.types import Type, collection_of
from dsl.expressions.values import MAX_INT, MAX_TEXT, Currency, Duration

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
_OUTCOMES = (ExpressionError, TypeError, ArithmeticError, ValueError, AttributeError, LookupError)


def compiled(node: Node) -> Callable[[Mapping[str, Any]], Any]:
    """The generated code of a typed tree, over its variables by name."""

    def slot(leaf: Node) -> ast.expr:
        return ast.Subscript(ast.Name("v", ast.Load()), ast.Constant(leaf.name), ast.Load())

    code = compile(ast.fix_missing_locations(ast.Expression(emit(node, slot))), "<test>", "eval")
    return lambda v: eval(code, {"v": v, "ctx": Surroundings(NOW, seed=1), **HELPERS()})


def outcome(run: Callable[[], Any]) -> Any:
    """The value, or what is wrong; Python's own refusal of NOT_SET counts as one of ours."""
    try:
        return run()
    except ExpressionError as error:
        return "refused", error.message
    except _OUTCOMES as error:
        return "refused", type(error).__name__


def naively(overload: Overload, values: Sequence[Any]) -> Any:
    """All arguments first, then every test of the signature, then the call."""
    for index, value in enumerate(values):
        parameter = overload.parameter(index)
        takes = parameter.optional_value or parameter.code == "NOT_SET" or overload.function in TAKES_NOT_SET
        if value is None:
            if not takes:
                raise ExpressionError(f'{overload.function} does not take NOT_SET for "{parameter.name}"')
            continue
        beyond = (parameter.low is not None and value < parameter.low) or (
            parameter.high is not None and value > parameter.high
        )
        if beyond or (parameter.nonzero and not value):
            raise ExpressionError(f'"{parameter.name}" of {overload.function} is {value}, which is out of range')
    function = implementation(overload)
    assert function is not None
    context = [Surroundings(NOW, seed=1)] if helper_name(overload.key) in context_helpers() else []
    return function(*context, *values)


SAMPLES: Mapping[str, Sequence[Any]] = {
    "str": ("", "Ada", " Ada\t", "ada", "a,b,,c", "2026-03-02", "15", "€ 3", "x" * 50),
    "int": (0, 1, -1, 2, 7, 28, 29, 60, 2026, MAX_INT, -MAX_INT),
    "dec": (Decimal(0), Decimal("1.5"), Decimal("-2.25"), Decimal(7)),
    "bln": (True, False),
    "dur": (Duration(0), Duration(90_000), Duration(-1)),
    "cur": (Currency(Decimal("2.50"), "USD"), Currency(None, "EUR")),
    "dtm": (NOW, datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
}


def code_of(overload: Overload, index: int) -> str | None:
    """A type of ``SAMPLES`` that a parameter takes."""
    code = overload.parameter(index).code
    base = {"any": "str", "any_coll": "str_coll", "Each": "int", "Part": "str"}.get(code, code)
    return base if base.removesuffix("_coll") in SAMPLES else None


def calls() -> list[Overload]:
    """Every overload that takes only what there are samples of; ``If`` is no call."""
    return [
        overload
        for overloads in functions().values()
        for overload in overloads
        if overload.function not in ("If", "And", "Or")
        and implementation(overload) is not None
        and overload.parameters
        and all(code_of(overload, index) is not None and not p.listed for index, p in enumerate(overload.parameters))
    ]


def values_of(code: str) -> st.SearchStrategy[Any]:
    one = st.none() | st.sampled_from(SAMPLES[code.removesuffix("_coll")])
    return st.lists(one, max_size=4).map(tuple) if code.endswith("_coll") else one


@pytest.mark.parametrize("overload", calls(), ids=lambda overload: overload.key)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_call_does_what_the_naive_one_does(overload: Overload, data: st.DataObject) -> None:
    count = len(overload.parameters)
    codes = [str(code_of(overload, index)) for index in range(count)]
    given_values = [data.draw(values_of(code)) for code in codes]
    named = tuple(Node("ref", 1, Type(code), name=str(n)) for n, code in enumerate(codes))
    written = tuple(
        Node("lit", 1, leaf.type, value=value) if type(value) in (str, int) and data.draw(st.booleans()) else leaf
        for leaf, value in zip(named, given_values, strict=True)
    )
    node = Node(overload.function, 1, overload.result, written, overload=overload.key)
    variables = {str(n): value for n, value in enumerate(given_values)}
    expected = outcome(lambda: naively(overload, given_values))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = outcome(lambda: compiled(node)(variables))
    assert found == expected
    assert type(found) is type(expected)
    if never_not_set(overload):
        assert found is not None


def expression(text: str, **types: str) -> Node:
    scope = Scope({f"flow.{name}": Declared(f"Flow.{name}", Type(code)) for name, code in types.items()})
    tree, problems = parse(text)
    assert not problems
    typed, found = annotate(tree, scope)
    assert not [problem for problem in found if problem.severity != "warning"]
    return typed


def unparsed(text: str, **types: str) -> str:
    return ast.unparse(emit(expression(text, **types), lambda node: ast.Name(str(node.name).removeprefix("Flow."))))


class Reads(dict[str, str]):
    """Variables that know in which order they were read first."""

    def __getitem__(self, name: str) -> str:
        self.order = {**getattr(self, "order", {}), name: None}
        return super().__getitem__(name)


def test_arguments_are_evaluated_once_and_in_order() -> None:
    text = "Substring(Upper(Flow.a), ToInt(Flow.b), ToInt(Flow.c))"
    assert unparsed(text, a="str", b="str", c="str").count("ToInt_3(") == 2
    variables = Reads({"Flow.a": "abc", "Flow.b": "1", "Flow.c": "2"})
    assert compiled(expression(text, a="str", b="str", c="str"))(variables) == "BC"
    assert list(variables.order) == ["Flow.a", "Flow.b", "Flow.c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IsSet(Flow.a)", "a is not None"),
        ("Length(Upper(Flow.a))", "len(a.upper() if a is not None else refuse('Upper', 'text'))"),
        ("Substring(Flow.a, 4, 3)", "a[4:4 + 3] if a is not None else refuse"),
        ('Contains("abc", "b")', "'b' in 'abc'"),
        ("Count(Flow.list) > 0", "len(list) > 0"),
        ("Length(Flow.a) + 1", "+ 1"),
        ("Flow.list[0]", "list[0] if list else outside(0, list)"),
        ("Flow.list[2]", "list[2] if 2 < len(list) else outside(2, list)"),
    ],
)
def test_what_is_seen_to_hold_is_not_tested(text: str, expected: str) -> None:
    written = unparsed(text, a="str", list="str_coll")
    assert expected in written
    assert "in_range" not in written


@pytest.mark.parametrize("result", [MAX_INT, MAX_INT + 1, -MAX_INT, -MAX_INT - 1, (1 << 30), -(1 << 30), 0])
def test_an_integer_stays_in_its_range(result: int) -> None:
    found = outcome(
        lambda: compiled(expression("Flow.a + Flow.b", a="int", b="int"))({"Flow.a": result - 1, "Flow.b": 1})
    )
    beyond = ("refused", "the result is beyond the range of Integer")
    assert found == (result if abs(result) <= MAX_INT else beyond)


def test_every_product_on_the_way_is_held_against_the_range() -> None:
    run = compiled(expression("Flow.a * 2 - Flow.a", a="int"))
    assert outcome(lambda: run({"Flow.a": MAX_INT})) == ("refused", "the result is beyond the range of Integer")


@pytest.mark.parametrize("text", ['Append(Flow.a, "x")', 'Flow.a + "x"'])
def test_a_text_that_grows_too_long_is_refused(text: str) -> None:
    run = compiled(expression(text, a="str"))
    assert len(run({"Flow.a": "a" * (MAX_TEXT - 1)})) == MAX_TEXT
    assert outcome(lambda: run({"Flow.a": "a" * MAX_TEXT}))[0] == "refused"


def test_what_an_overload_returns_says_whether_it_can_be_not_set() -> None:
    assert never_not_set(overload_of("Append.1"))
    assert never_not_set(overload_of("Length.1"))
    assert not never_not_set(overload_of("ToString.1"))
    assert not never_not_set(overload_of("GetAt.1"))


def test_an_index_that_is_an_expression_is_evaluated_once() -> None:
    items = collection_of(Type("str"))
    written = unparsed("Flow.list[Length(Flow.a)]", a="str", list=items)
    assert written.count("len(a)") == 1
