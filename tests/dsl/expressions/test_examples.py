"""Functions, overload by overload: our own examples, and what the flags of every signature promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dsl.expressions.catalogue import Overload, Parameter, functions
from dsl.expressions.evaluate import Result, Surroundings, evaluate
from dsl.expressions.forms import to_form
from dsl.expressions.library import IMPLEMENTATIONS
from dsl.expressions.text_of import to_text
from dsl.expressions.tree import Node
from dsl.expressions.values import Audio, Duration, Entity

ORGANISATION = (
    Entity("grp", "g1", "Managers"),
    Entity("lac", "l1", "German"),
    Entity("que", "q1", "Sales"),
    Entity("que", "q2", "Twin"),
    Entity("que", "q3", "Twin"),
    Entity("que", "5b0f3a52-9c1d-4c80-9d6b-1f6d6a4b2a11", "Gold"),
    Entity("skl", "s1", "Billing"),
    Entity("usr", "u1", "Ada", "ada@example.com"),
    Entity("wrc", "w1", "Resolved"),
    Entity("pmt", None, "Prompt.Hello"),
    Entity("pmt", None, "PromptSystem.beep"),
    Entity("cpx_schedule", "c1", "Open"),
    Entity("cpx_scheduleGroup", "h1", "Hours"),
    Entity("cpx_emergencyGroup", "e1", "Storm"),
    Entity("cpx_grammar", "m1", "Cities"),
    Entity("cpx_utilizationLabel", "z1", "Chats"),
)


class Organised(Surroundings):
    """An organisation in which Sales waits 90 s."""

    def estimated_wait(self, queue: str) -> Duration | None:
        return Duration(90_000) if queue.casefold() in ("sales", "q1") else None


def evaluated(expression: str, **more: Any) -> Result:
    now = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    around = Organised(now, supported_languages=("en-us", "de-de"), seed=1, entities=ORGANISATION)
    return evaluate(expression, around, **more)


def code_of(expression: str, **more: Any) -> str | None:
    problem = evaluated(expression, **more).problem
    return problem.code if problem else None


class Example(NamedTuple):
    overload: str
    expression: str
    type: str
    value: Any
    text: str | None


def read_examples() -> Iterator[Example]:
    for line in (Path(__file__).parent / "examples.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            overload, expression, type_, value, text = line.split("\t")
            yield Example(overload, expression, type_, json.loads(value), json.loads(text))


EXAMPLES = tuple(read_examples())
OVERLOADS = {overload.key: overload for overloads in functions().values() for overload in overloads}


def calls_of(node: Node | None, key: str) -> Iterator[Node]:
    if node is not None:
        if node.overload == key:
            yield node
        for operand in node.operands:
            yield from calls_of(operand, key)


def is_not_set(node: Node) -> bool:
    """Bare, cast, or what ``If`` chooses."""
    operands = node.operands[1:] if node.op == "If" else node.operands[:1] if len(node.operands) == 1 else ()
    return node.op == "nul" or any(operand.op == "nul" for operand in operands)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.overload} {example.expression}"[:70])
def test_an_example_has_the_type_the_value_and_the_text_that_it_says(example: Example) -> None:
    found = evaluated(example.expression)
    assert found.problem is None
    assert found.type == example.type
    assert json.loads(json.dumps(to_form(found.value, found.type))) == example.value
    assert (None if isinstance(found.value, Audio) else to_text(found.value)) == example.text


@pytest.mark.parametrize("key", sorted(OVERLOADS))
def test_every_overload_has_an_example_that_calls_it(key: str) -> None:
    calls = [list(calls_of(evaluated(e.expression).tree, key)) for e in EXAMPLES if e.overload == key]
    # "?" is If's own sign, and a function that is folded away is not called.
    assert calls, f"examples.tsv has no line for {OVERLOADS[key]}"
    assert all(calls), f"a line for {key} calls another overload"


OPTIONAL = [
    (overload, index)
    for overload in OVERLOADS.values()
    for index, parameter in enumerate(overload.parameters)
    if parameter.optional_value and parameter.code != "NOT_SET" and not parameter.code.endswith("_coll")
]


@pytest.mark.parametrize(
    ("overload", "index"), OPTIONAL, ids=lambda value: value.key if isinstance(value, Overload) else str(value)
)
def test_every_parameter_that_takes_not_set_has_an_example_with_it(overload: Overload, index: int) -> None:
    calls = [
        call
        for example in EXAMPLES
        if example.overload == overload.key
        for call in calls_of(evaluated(example.expression).tree, overload.key)
    ]
    assert any(
        is_not_set(operand) for call in calls for place, operand in enumerate(call.operands)
        if min(place, len(overload.parameters) - 1) == index
    ), f"no example of {overload} gives NOT_SET for {overload.parameters[index].name}"  # fmt: skip


def test_the_catalogue_has_every_documented_function_and_overload() -> None:
    documented = list(functions().items())[:98]
    assert sum(len([o for o in overloads if not is_newer(o)]) for _, overloads in documented) == 225


def is_newer(overload: Overload) -> bool:
    """The overloads that take JSON or communications came after the catalogue of 98 functions (functions.md §4)."""
    return any(parameter.code in ("jsn", "com") for parameter in overload.parameters)


def test_every_overload_has_an_implementation() -> None:
    lazy = {"if"}
    missing = [
        overload.key
        for name, overloads in functions().items()
        for overload in overloads
        if name not in lazy and not {overload.key, overload.function} & set(IMPLEMENTATIONS)
    ]
    assert missing == []


# What the flags of a signature promise (functions.md §1, §7).

SAMPLES = {
    "bln": "true", "int": "1", "dec": "1.5", "cur": 'MakeCurrency(1, "USD")', "str": '"x"',
    "dtm": "MakeDateTime(2024, 1, 1)", "dur": "MakeDuration(0, 0, 1, 0)", "phn": 'ToPhoneNumber("+4930")',
    "usr": 'FindUser("ada@example.com")', "que": 'FindQueue("Sales")', "lac": 'FindLanguageSkill("German")',
    "pmt": "Prompt.Hello", "pmt|aud": "Prompt.Hello", "aud": 'ToAudioTTS("x")', "com": 'MakeCommunication("x")',
    "jsn": 'JsonParse("{}")', "cpx_emailAddress": 'MakeEmailAddress("a@b.example")', "any": '"x"', "Each": "1",
    "any_coll": 'MakeList("x")', "str_coll": 'MakeList("x")', "int_coll": "MakeList(1)", "dec_coll": "MakeList(1.5)",
    "cur_coll": 'MakeListCurrency(MakeList(1.5), "USD")',
    "dur_coll": "MakeList(MakeDuration(0, 0, 1, 0))", "usr_coll": 'MakeList(FindUser("ada@example.com"))',
    "cst_Bool": "Format.Bool.playYesNo", "cst_Number": "Format.Number.playDigits", "stf": "Format.String.playChars",
    "cst_Currency": "Format.Currency.playDigits", "daf": "Format.Date.longYear", "cst_Time": "Format.Time.twelveHours",
    "cst_PhoneNumber": "Format.PhoneNumber.local", "cst_TimePart": "Format.TimePart.minutes",
    "cst_Language": "Language.Gender.feminine", "Format": "Format.String.playChars",
}  # fmt: skip
LISTED = {"ISO4217": '"USD"', "SupportedTTSLangs": '"en-us"', "DialingCodes": '"49"'}
_SCALARS = ("bln", "int", "dec", "cur", "str", "dtm", "dur", "phn", "usr", "que", "lac", "jsn", "cpx_emailAddress")


def sample(parameter: Parameter) -> str:
    if parameter.listed:
        return LISTED[parameter.listed]
    if parameter.code == "int" and (parameter.low or 0) > 1:
        return str(parameter.low)
    return SAMPLES[parameter.code]


def call_with(overload: Overload, index: int, argument: str) -> str:
    arguments = [argument if i == index else sample(p) for i, p in enumerate(overload.parameters)]
    return f"{overload.function}({', '.join(arguments)})"


def places(overload: Overload) -> list[tuple[Overload, int]]:
    return [(overload, index) for index in range(len(overload.parameters))]


def named(value: object) -> str:
    return value.key if isinstance(value, Overload) else str(value)


PLACES = [place for overload in OVERLOADS.values() for place in places(overload)]
_LETS_IT_PASS = ("ToBool.5", "ToPhoneNumber.1", "ToLanguageSkill.3")  # functions.md §3: flagged, but it passes through
_ANOTHER_TAKES_IT = (
    *("GetCurrencySymbol.1", "ToJsonCollection.2", "AreEqual.3", "ToCommunication.2", "ToString.7", "ToString.8"),
    *("EmailAddressDomainPart.1", "EmailAddressLocalPart.1"),
)
STRICT = [
    (overload, index)
    for overload, index in PLACES
    if not (parameter := overload.parameters[index]).optional_value
    and parameter.code in _SCALARS
    and not parameter.literal
    and overload.key not in (*_LETS_IT_PASS, *_ANOTHER_TAKES_IT)
]


@pytest.mark.parametrize(("overload", "index"), STRICT, ids=named)
def test_a_parameter_without_the_flag_refuses_not_set_as_a_literal_and_as_a_value(
    overload: Overload, index: int
) -> None:
    assert code_of(call_with(overload, index, "NOT_SET")) in ("not-set-literal", "no-matching-overload")

    name, code = overload.parameters[index].name, overload.parameters[index].code
    expression = call_with(overload, index, "Flow.unset")
    problem = evaluated(expression, types={"Flow.unset": code}).problem
    assert problem is not None
    assert (problem.code, problem.message) == (
        "runtime-expression",
        f'{overload.function} does not take NOT_SET for "{name}"',
    )


RANGED = [
    (overload, index, bound)
    for overload, index in PLACES
    for bound in (overload.parameters[index].low, overload.parameters[index].high)
    if bound is not None
]


@pytest.mark.parametrize(("overload", "index", "bound"), RANGED, ids=named)
def test_a_range_takes_its_bounds_and_refuses_what_lies_beyond(overload: Overload, index: int, bound: int) -> None:
    parameter = overload.parameters[index]
    beyond = bound - 1 if bound == parameter.low else bound + 1

    def of_variable(number: int) -> str | None:
        return code_of(call_with(overload, index, "Flow.n"), variables={"Flow.n": number}, types={"Flow.n": "int"})

    assert code_of(call_with(overload, index, str(beyond))) == "out-of-range"
    if not parameter.literal:
        assert of_variable(beyond) == "runtime-expression"
    if overload.function != "GetAt":  # where the collection decides about the index
        assert code_of(call_with(overload, index, str(bound))) is None
        assert parameter.literal or of_variable(bound) is None


@pytest.mark.parametrize(("overload", "index"), [(o, i) for o, i in PLACES if o.parameters[i].literal], ids=named)
def test_what_must_be_a_literal_refuses_a_variable(overload: Overload, index: int) -> None:
    code = overload.parameters[index].code
    assert code_of(call_with(overload, index, "Flow.v"), types={"Flow.v": code}) == "literal-required"


@pytest.mark.parametrize(("overload", "index"), [(o, i) for o, i in PLACES if o.parameters[i].listed], ids=named)
def test_a_literal_that_is_looked_up_must_be_in_its_list(overload: Overload, index: int) -> None:
    assert code_of(call_with(overload, index, '"nothing of the kind"')) == "out-of-range"


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("AudioPlaybackOptions(Prompt.Hello, true) + Prompt.Hello", "no-matching-overload"),
        ("Append(AudioPlaybackOptions(Prompt.Hello, true), Prompt.Hello)", "no-matching-overload"),
        ('MakeCurrency(1, Flow.code)', "runtime-expression"),
        ('ToCurrency("5|QQQ")', "runtime-expression"),
        ('ToCurrency("5")', "runtime-expression"),
        ('ToDuration("P1Y")', "runtime-expression"),
        ('ToDuration("PT")', "runtime-expression"),
        ('ToDateTime("2024-05-01 08:00:00Z")', "runtime-expression"),
        ('ToDateTime("1799-12-31T23:59:59Z")', "runtime-expression"),
        ("ToDateTime(JsonParse(\"1.5\"))", "runtime-expression"),
        ('ToDecimal("1_000")', "runtime-expression"),
        ('ToInt("5.2")', "runtime-expression"),
        ('ToDate("20240517")', "runtime-expression"),
        ('ToDate("1799-12-31")', "runtime-expression"),
        ('ToTime("25:00:00")', "runtime-expression"),
        ('JsonParse("{a:1}")', "runtime-expression"),
        ('JsonParse("1e999")', "runtime-expression"),
        ('JsonParse("NaN")', "runtime-expression"),
        ('Count(JsonParse("{}"))', "runtime-expression"),
        ('GetJsonObjectProperty(JsonParse("[]"), "a")', "runtime-expression"),
        ("MakeDateTime(2023, 2, 29)", "runtime-expression"),
        ("AddHours(MakeDateTime(2024, 1, 1), 30000000000)", "runtime-expression"),
        ("AddMonths(MakeDateTime(2200, 12, 1), 1)", "runtime-expression"),
        ("Range(System.MaxDuration, MakeDuration(0, 0, 0, 1))", "runtime-expression"),
        ("RoundUp(MakeDuration(0, 0, 1, 0), MakeDuration(0, 0, 0, 0))", "runtime-expression"),
        ("RandomInt(2, 1)", "runtime-expression"),
        ("0 ^ -1", "runtime-expression"),
        ("~System.MaxInt", "runtime-expression"),
        ('Sum(MakeCurrency(1, "USD"), MakeCurrency(1, "EUR"))', "runtime-expression"),
        ('Average(MakeCurrency(1, "USD"), MakeCurrency(1, "EUR"))', "runtime-expression"),
        ('MakeListCurrency(MakeList(1.0), MakeList("EUR", "USD"))', "runtime-expression"),
        ('MakeListAgentScorePair(MakeList(FindUser("ada@example.com")), MakeList(101))', "runtime-expression"),
        ('ToCommunication("x", Format.Date.longYear)', "no-matching-overload"),
        ('ToCommunication(JsonParse("\\"x\\""), Format.Date.longYear)', "runtime-expression"),
        ("ResolveSlot(NOT_SET)", "no-matching-overload"),
        ("MakeEmptyList(NOT_SET)", "not-set-literal"),
        ("If(true, NOT_SET, NOT_SET)", "not-set-literal"),
        ("If(true, 1, 1.0)", "no-matching-overload"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_code(expression: str, code: str | None) -> None:
    assert code_of(expression, variables={"Flow.code": "QQQ"}, types={"Flow.code": "str"}) == code


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Diese Zeile wurde auf Deutsch geschrieben, damit man sie erkennt.", "de"),
        ("Cette phrase est écrite pour que sa langue soit reconnue.", "fr"),
        ("Esta frase se ha escrito para comprobar el idioma.", "es"),
        ("这句话是用中文写的，请问您能帮我查一下账单吗？", "zh"),
        ("Aquesta frase no és en cap dels idiomes de la llista.", None),
    ],
)
def test_a_sentence_shows_its_language(text: str, language: str | None) -> None:
    found = evaluated(f'DetectLanguage("{text}", "none")').value
    assert found == language if language else found in ("none", "fr", "pt", "es", "it")
