"""The expression language: grammar, types, NOT_SET, limits (expressions.md §2, §6, §7, §11)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.expressions import annotate, answer_line, parse
from dsl.expressions.scope import Declared, Scope
from dsl.expressions.tree import Node
from dsl.expressions.types import Type

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def shape(node: Node) -> str:
    if node.op == "lit":
        return str(node.value)
    if node.op in ("ref", "nul"):
        return node.name or "NOT_SET"
    return f"{node.op}({','.join(map(shape, node.operands))})"


def tree(text: str) -> str:
    node, problems = parse(text)
    assert problems == ()
    return shape(node)


def answer(text: str, **request: Any) -> Any:
    return json.loads(answer_line(json.dumps({"expr": text, **request}), NOW))


def text_of(text: str, **request: Any) -> Any:
    found = answer(text, **request)
    assert "error" not in found, found
    return found["text"]


def code_of(text: str, **request: Any) -> str:
    return str(answer(text, **request)["error"]["code"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2^2", "^(-2,2)"),
        ("2^3^2", "^(2,^(3,2))"),
        ("!F.a == F.b", "==(!(F.a),F.b)"),
        ("5 & 3 == 3", "&(5,==(3,3))"),
        ("1--1", "-(1,-1)"),
        ("1 < 2 < 3", "<(<(1,2),3)"),
        ("F.x or F.y ? 1 : 2", "?(or(F.x,F.y),1,2)"),
        ("F.a ? 1 : F.b ? 2 : 3", "?(?(F.a,1,F.b),2,3)"),
        ("F.a or F.b or F.c", "or(or(F.a,F.b),F.c)"),
        ("F.x + F.y*60 + F.z*3600", "+(+(F.x,*(F.y,60)),*(F.z,3600))"),
        ("F.a/F.b*F.c", "*(/(F.a,F.b),F.c)"),
        ("F.a == 1 and F.b", "and(==(F.a,1),F.b)"),
        ("Flow.and", "Flow.and"),
        ('Flow."my var"', "Flow.my var"),
        ("Flow.a[0].b", ".(b,[(0,Flow.a))"),
        ("(If(true, 1, 2))", "If(True,1,2)"),
        ("5.", "5"),
        (".5", "0.5"),
    ],
)
def test_an_expression_groups_as_documented(text: str, expected: str) -> None:
    assert tree(text).replace("5.0", "5") == expected.replace("5.0", "5")


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("--1", "syntax-expression", 2),
        ("+1", "syntax-expression", 1),
        ("F.c ? F.a or F.b : F.d", "syntax-expression", 11),
        ("f(1,)", "syntax-expression", 5),
        ("(F.x).y", "syntax-expression", 6),
        ("(MakeList(1))[0]", "syntax-expression", 14),
        ("Flow.a.b(1)", "syntax-expression", 9),
        ("a and and b", "syntax-expression", 7),
        ("And(1)", "syntax-expression", 1),
        ("or + 1", "syntax-expression", 1),
        ("1e5", "syntax-expression", 2),
        ("5 +", "syntax-expression", 4),
        ("F.a = F.b", "syntax-token", 5),
        ("F.a && F.b", "syntax-token", 5),
        ("F.a <> F.b", "syntax-token", 5),
        ("'x'", "syntax-token", 1),
        ('"\\q"', "syntax-token", 2),
        ('"open', "syntax-token", 1),
        ("1 // x", "syntax-token", 3),
        ("1234567890123456", "syntax-token", 1),
    ],
)
def test_what_is_no_expression_is_one_problem_at_its_place(text: str, code: str, column: int) -> None:
    _, problems = parse(text)
    assert [(p.code, p.pos) for p in problems] == [(code, column)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Length(5)", "no-matching-overload"),
        ('Append("a", 1)', "no-matching-overload"),
        ("AreEqual(1, 1.0)", "no-matching-overload"),
        ('MakeList(1, "a")', "no-matching-overload"),
        ("1 < 2 < 3", "no-matching-overload"),
        ("MakeDateTime(2024,1,1) - MakeDateTime(2024,1,1)", "no-matching-overload"),
        ("1/0", "out-of-range"),
        ("GetDayOfWeekOccurrence(1, 0, 2024)", "out-of-range"),
        ("5 + NOT_SET", "not-set-literal"),
        ("ToFoo(1)", "unknown-function"),
        ('MakeCurrency(1.0, "USD")["amounts"]', "unknown-property"),
        ("TRUE", "unknown-variable"),
        ("5 + Flow.unset", "runtime-expression"),
        ('ToInt("x")', "runtime-expression"),
        ('1 / ToInt("0")', "runtime-expression"),
        ('MakeCurrency(1,"USD") < MakeCurrency(2,"EUR")', "runtime-expression"),
        ("GetAt(MakeList(1), 1)", "runtime-expression"),
        ("999999999999999 + 1", "runtime-expression"),
    ],
)
def test_a_mistake_has_its_code(text: str, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42/8", "5.25"),
        ("7*6", "42"),
        ("7 % 2", "1"),
        ("2^2", "4.0"),
        ("-2^2", "4.0"),
        ("1--1", "2"),
        ("NOT_SET == NOT_SET", "true"),
        ('ToString(NOT_SET) == ""', "false"),
        ("false and (Flow.unset == 1)", "false"),
        ("ToBool(NOT_SET) ? 1 : 2", "2"),
        ('If(true, 1.0, 1 / ToInt("0"))', "1.0"),
        ('MakeCurrency(5,"USD") == MakeCurrency(5,"EUR")', "false"),
        ('ToPhoneNumber("sips:a@b@") == ToPhoneNumber("sips:a@b")', "true"),
        ('ToPhoneNumber("sips:a@b").scheme', "sip"),
        ('ToPhoneNumber("sip:a@b") == ToPhoneNumber("sips:a@b")', "false"),
        ('"hello" < "Hello"', "true"),
        ('"10" < "2"', "true"),
        ("Round(-2.5)", "-3.0"),
        ("ToString(0.125, 2)", "0.13"),
        ("System.DateTime.dayOfWeek.saturday", "7"),
        ("System.Currencies.USD.code", "USD"),
        ("System.Languages.enUS.tag", "en-us"),
        ("System.Regions.DE.dialingCode", "49"),
        ("toSTRING(1)", "1"),
        ('DetectLanguage("Diese Zeile wurde auf Deutsch geschrieben, damit man sie erkennt.", "en")', "de"),
    ],
)
def test_values_are_as_documented(text: str, expected: str) -> None:
    assert text_of(text) == expected


def test_a_variable_keeps_its_declared_type_and_name_in_any_case() -> None:
    assert text_of("flow.NAME", vars={"Flow.name": "x"}) == "x"


def test_json_properties_are_case_sensitive_and_null_is_not_not_set() -> None:
    variables = {"Flow.J": {"json": {"a": 1, "A": None}}}
    assert answer("Flow.J.a", vars=variables)["value"] == {"json": 1}
    assert answer("Flow.J.A", vars=variables)["value"] == {"json": None}
    assert answer("Flow.J.b", vars=variables)["value"] == {"not_set": "Json"}


def test_the_final_result_is_converted_once() -> None:
    assert answer('"42"', expect="int")["value"] == 42
    assert code_of("MakeList(1)", expect="int") == "type-mismatch"
    assert "MakeList" in str(answer("1", expect="int_coll")) or code_of("1", expect="int_coll") == "type-mismatch"


def test_a_built_in_of_another_flow_type_is_an_error() -> None:
    assert code_of("Message.Message.body", flowType="inboundCall") == "unknown-variable"
    assert answer("Call.SomethingNew", flowType="inboundCall")["text"] is None


def test_random_numbers_repeat_with_their_seed() -> None:
    assert answer("RandomInt(1, 1000)", seed=5) == answer("RandomInt(1, 1000)", seed=5)
    assert answer("RandomInt(1, 1000000)", seed=5) != answer("RandomInt(1, 1000000)", seed=6)


def test_limits_are_problems_never_crashes() -> None:
    assert parse("(" * 100_000)[1][0].code == "limit-exceeded"
    assert parse("!" * 100_000)[1][0].code == "limit-exceeded"
    assert parse('"' + "x" * 31_998 + '"')[1] == ()
    assert parse('"' + "x" * 31_999 + '"')[1][0].code == "limit-exceeded"
    assert parse("Trim(" * 60 + '"x"' + ")" * 60)[1] == ()
    assert parse("Trim(" * 61 + '"x"' + ")" * 61)[1][0].code == "limit-exceeded"
    assert parse("1" + "+1" * 15_000)[1][0].code == "limit-exceeded"


@given(st.text(max_size=60))
def test_no_text_makes_anything_raise(text: str) -> None:
    node, problems = parse(text)
    if not problems:
        annotate(node, Scope(open=True))
    json.loads(answer_line(json.dumps({"expr": text}), NOW))


@given(st.text(alphabet='Flow.ab 123+-*/%^&|!~?:()[],"=<>andorNOT_SET', max_size=40))
def test_no_expression_like_text_makes_anything_raise(text: str) -> None:
    json.loads(answer_line(json.dumps({"expr": text}), NOW))


NUMBERS = st.integers(-1000, 1000).map(str) | st.decimals(-1000, 1000, places=3).map(lambda d: f"{d:f}")
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_arithmetic_agrees_with_decimal_arithmetic(expression: str) -> None:
    with localcontext(Context(prec=40, rounding=ROUND_HALF_UP)):  # the Decimal of expressions.md §5.1
        expected = eval(re.sub(r"\d+(?:\.\d+)?", r"Decimal('\g<0>')", expression), {"Decimal": Decimal})
    found = answer(expression)
    if "error" not in found:  # beyond the range of Integer
        assert Decimal(found["text"]) == expected


def test_types_of_variables_are_used() -> None:
    scope = Scope({"flow.q": Declared("Flow.q", Type("que"))})
    node, _ = parse("Flow.Q.name")
    typed, problems = annotate(node, scope)
    assert (typed.type, problems) == ("str", ())
