"""Typing: which overload each call and operator is, and what is wrong (expressions.md §6, §7).

The result is the same tree with types, chosen overloads and, around the root, the one implicit conversion. ``any``
is the type of what cannot be known; it fits everywhere and is never a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from dsl.expressions import resolve
from dsl.expressions.builtins import AUDIO_FLOWS
from dsl.expressions.casts import cast_function
from dsl.expressions.catalogue import Overload, Parameter, functions, names, spoken
from dsl.expressions.constants import listed
from dsl.expressions.operators import BINARY, COMPARISONS, EQUAL_TYPES, EQUALITY, HINTS, PREFIX
from dsl.expressions.overloads import Choice, choose, may_differ, misfit
from dsl.expressions.problems import Problem
from dsl.expressions.scope import Scope
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, Type, collection_of, is_collection, item_of
from dsl.source.nearest import did_you_mean

_BOOL, _INT, _DEC, _STR = Type("bln"), Type("int"), Type("dec"), Type("str")


def annotate(node: Node, scope: Scope, *, expected: Type | None = None) -> tuple[Node, tuple[Problem, ...]]:
    """Type a parsed expression; ``expected`` is the type of the setting it stands in (None: whatever
    comes)."""
    worker = _Annotator(scope)
    if node.op == "emp":
        if expected is not None and expected != ANY:
            message = "the expression is empty"
            worker.report("syntax-expression", message, node, "write a value, or noValue: true", severity="warning")
        return replace(node, type=expected or ANY), tuple(worker.problems)
    typed = worker.visit(node)
    if expected is not None:
        typed = worker.converted(typed, expected)
    elif typed.op == "nul":
        worker.report("not-set-literal", "NOT_SET alone has no type", typed, "put it where a type is expected")
    return typed, tuple(worker.problems)


class _Annotator:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.problems: list[Problem] = []
        self.playback_inside = 0
        self.special: dict[str, Callable[[Node], Node]] = {
            "ref": self.reference,
            ".": self.member,
            "[": self.element,
            "?": self.ternary,
        }

    def report(
        self,
        code: str,
        message: str,
        node: Node,
        help: str | None = None,  # noqa: A002
        *,
        severity: str | None = None,
        length: int = 1,
    ) -> None:
        self.problems.append(Problem(code, message, node.pos, help, length, severity))

    def visit(self, node: Node) -> Node:
        """The node with its type; a node that cannot be typed is ``any``."""
        if node.op in ("lit", "nul", "emp"):
            return node
        if node.op in self.special:
            return self.special[node.op](node)
        if node.op[0].isalpha() and node.op not in ("and", "or"):
            return self.call(node)
        self.playback_inside += 1
        operands = tuple(self.visit(operand) for operand in node.operands)
        self.playback_inside -= 1
        if len(operands) == 1:
            return self.prefix(node, operands)
        return self.equality(node, operands) if node.op in EQUALITY else self.binary(node, operands)

    # Leaves.

    def reference(self, node: Node) -> Node:
        typed, problem = resolve.reference(node, self.scope)
        if problem is not None:
            self.problems.append(problem)
        return typed

    def member(self, node: Node) -> Node:
        name, inner = node.operands
        typed, problem = resolve.member(node, name, self.visit(inner), self.scope)
        if problem is not None:
            self.problems.append(problem)
        return typed

    def element(self, node: Node) -> Node:
        index, inner = (self.visit(operand) for operand in node.operands)
        whole = replace(node, operands=(index, inner))
        if is_collection(inner.type):
            if index.op == "nul":
                self.report("not-set-literal", "NOT_SET cannot be an index", index)
            elif index.type not in (_INT, ANY):
                self.report("type-mismatch", f"an index is an Integer, not {spoken(index.type)}", index)
            elif index.op == "lit" and index.value < 0:
                self.report("out-of-range", "an index is 0 or more", index)
            return replace(whole, type=item_of(inner.type))
        if inner.type in ("jsn", ANY):
            return replace(whole, type=inner.type)
        if index.op == "lit" and index.type == _STR:
            typed, problem = resolve.member(node, index, inner, self.scope)
            if problem is not None:
                self.problems.append(problem)
            return replace(typed, op="[")
        if index.type == _STR:
            self.report("literal-required", "a property's name in brackets must be a text literal", index)
        else:
            self.report("no-matching-overload", f"{spoken(inner.type)} has no elements", node)
        return whole

    # Operators.

    def prefix(self, node: Node, operands: tuple[Node, ...]) -> Node:
        operand = operands[0]
        whole = replace(node, operands=operands)
        table = PREFIX[node.op]
        if operand.op == "nul":
            self.report("not-set-literal", f'NOT_SET cannot follow "{node.op}"', operand)
            return whole
        if operand.type == ANY:
            return replace(whole, type=_BOOL if node.op == "!" else ANY)
        if operand.type not in table:
            message = f'"{node.op}" does not apply to {spoken(operand.type)}'
            hint = "convert the text: ToBool(text)" if (node.op, operand.type) == ("!", "str") else None
            self.report("no-matching-overload", message, node, hint)
            return replace(whole, type=next(iter(table.values())))
        return replace(whole, type=table[operand.type])

    def equality(self, node: Node, operands: tuple[Node, ...]) -> Node:
        left, right = operands
        left, right = _as_other(left, right), _as_other(right, left)
        whole = replace(node, type=_BOOL, operands=(left, right))
        same = left.type == right.type or ANY in (left.type, right.type)
        if not same and (left.type, right.type) not in EQUAL_TYPES and not _both_empty(left, right):
            message = f"{spoken(left.type)} and {spoken(right.type)} are never equal"
            self.report("no-matching-overload", message, node, _conversion_hint(left, right), length=2)
        return whole

    def binary(self, node: Node, operands: tuple[Node, ...]) -> Node:
        left, right = operands
        whole = replace(node, operands=operands)
        table = BINARY[node.op]
        for operand in operands:
            if operand.op == "nul":
                self.report("not-set-literal", f'"{node.op}" does not take NOT_SET', operand, length=7)
                return replace(whole, type=self.likely(node.op, left, right))
        if ANY in (left.type, right.type):
            return replace(whole, type=self.likely(node.op, left, right))
        result = table.get((left.type, right.type))
        if result is None:
            message = f'"{node.op}" does not apply to {spoken(left.type)} and {spoken(right.type)}'
            hint = HINTS.get((node.op, left.type, right.type)) or _conversion_hint(left, right)
            self.report("no-matching-overload", message, node, hint, length=len(node.op))
            return replace(whole, type=self.likely(node.op, left, right))
        if node.op in ("/", "%") and right.op == "lit" and right.value == 0:
            self.report("out-of-range", "division by zero", right)
        return replace(whole, type=result)

    def likely(self, sign: str, left: Node, right: Node) -> Type:
        """The type of an operator whose operands are not known: what all overloads that may apply agree
        on."""
        results = {
            result
            for (a, b), result in BINARY[sign].items()
            if (left.type in (a, ANY) and right.type in (b, ANY)) or sign in ("and", "or", *COMPARISONS)
        }
        return results.pop() if len(results) == 1 else ANY

    def ternary(self, node: Node) -> Node:
        if node.operands[0].op == "?":
            message = "chained ternaries group to the left: (a ? b : c) ? d : e"
            self.report("chained-ternary", message, node, "put the inner one in parentheses, or use If()")
        typed = self.call(replace(node, op="If"))
        return replace(typed, op="?")

    # Calls.

    def call(self, node: Node) -> Node:
        overloads = functions().get(node.op.lower())
        outermost = self.playback_inside == 0
        self.playback_inside += 1
        arguments = tuple(self.visit(operand) for operand in node.operands)
        self.playback_inside -= 1
        if overloads is None:
            help_ = _ELSEWHERE.get(node.op.lower()) or did_you_mean(node.op, names(), most=3)
            self.report("unknown-function", f'unknown function "{node.op}"', node, help_, length=len(node.op))
            return replace(node, type=ANY, operands=arguments)
        name = overloads[0].function
        if name == "AudioPlaybackOptions" and not outermost:
            message = "AudioPlaybackOptions must stand outermost"
            self.report("no-matching-overload", message, node, "put it around the whole audio", length=len(name))
        choice = choose(overloads, arguments)
        if choice is None:
            self.no_overload(node, name, overloads, arguments)
            results = {overload.result for overload in overloads}
            result = results.pop() if len(results) == 1 else ANY
            return replace(node, op=name, type=ANY if result == "any_coll" else result, operands=arguments)
        return self.chosen(node, choice, arguments)

    def chosen(self, node: Node, choice: Choice, arguments: tuple[Node, ...]) -> Node:
        overload = choice.overload
        typed = []
        for index, argument in enumerate(arguments):
            parameter = overload.parameter(index)
            typed.append(self.argument(node, overload, parameter, argument, choice))
        if choice.lone_argument:
            self.report("single-argument", f"{overload.function} with one value gives that value", node)
        if overload.result == "aud" and self.scope.flow_type is not None and self.scope.flow_type not in AUDIO_FLOWS:
            message = f"{overload.function} makes audio, and a flow of type {self.scope.flow_type} cannot play any"
            self.report("audio-outside-call", message, node, length=len(node.op))
        if overload.internal:
            self.report("internal-overload", f"this form of {overload.function} is meant for implicit casts", node)
        if choice.untyped:
            self.report(
                "not-set-literal", "NOT_SET alone has no type here", choice.untyped, "use a cast, ToString(NOT_SET)"
            )
        result = overload.result
        if may_differ(functions()[overload.function.lower()], arguments):
            result = ANY
        elif result in ("any", "any_coll"):
            item = choice.variable or ANY
            result = collection_of(item) if result == "any_coll" and item != ANY else item
        return replace(node, op=overload.function, type=result, operands=tuple(typed), overload=overload.key)

    def argument(self, call: Node, overload: Overload, parameter: Parameter, argument: Node, choice: Choice) -> Node:
        if argument.op == "nul":
            if parameter.is_generic and choice.variable:
                wanted = choice.variable
            elif parameter.code == "NOT_SET" and overload.function not in _TESTS_OF_NOT_SET:
                wanted = overload.result  # the NOT_SET of the type that it is cast to
            elif parameter.code in ("NOT_SET", "any", "Part", "Each", "Format"):
                wanted = ANY
            else:
                wanted = Type(parameter.code.split("|")[-1])
            if not parameter.optional_value and parameter.code != "NOT_SET":
                message = f'{overload.function} does not take NOT_SET for "{parameter.name}"'
                self.report("not-set-literal", message, argument, length=7)
            return replace(argument, type=wanted)
        if parameter.literal and argument.op != "lit" and not (argument.op == "." and argument.value is not None):
            message = f'"{parameter.name}" of {overload.function} must be a literal'
            self.report("literal-required", message, argument, "write the value itself here")
        if argument.op == "lit" and argument.type == _INT:
            self.in_range(overload, parameter, argument)
        if parameter.listed and argument.op == "lit" and argument.type == _STR:
            self.listed(parameter, argument)
        return argument

    def in_range(self, overload: Overload, parameter: Parameter, argument: Node) -> None:
        value = argument.value
        low, high = parameter.low, parameter.high
        if (
            (low is not None and value < low)
            or (high is not None and value > high)
            or (parameter.nonzero and not value)
        ):
            allowed = f"{low} or more" if high is None else f"{low} to {high}"
            but = ", not 0" if parameter.nonzero else ""
            message = f'"{parameter.name}" of {overload.function} is {value}, it must be {allowed}{but}'
            self.report("out-of-range", message, argument, length=len(str(value)))

    def listed(self, parameter: Parameter, argument: Node) -> None:
        known = listed(parameter.listed or "")
        if argument.value.casefold() not in {code.casefold() for code in known}:
            help_ = did_you_mean(argument.value, known)
            message = f'"{argument.value}" is no known {parameter.name}'
            self.report("out-of-range", message, argument, help_, length=len(argument.value) + 2)

    def no_overload(self, node: Node, name: str, overloads: Sequence[Overload], arguments: tuple[Node, ...]) -> None:
        given = ", ".join("NOT_SET" if a.op == "nul" else spoken(a.type) for a in arguments)
        fitting = [overload for overload in overloads if overload.takes(len(arguments))] or overloads
        candidates = "; ".join(f"{overload}: {misfit(overload, arguments)}" for overload in fitting[:_MOST_CANDIDATES])
        left = len(fitting) - _MOST_CANDIDATES
        more = f"; and {left} more" if left > 0 else ""
        message = f"no {name} takes ({given})"
        self.report("no-matching-overload", message, node, f"candidates: {candidates}{more}", length=len(node.op))

    # The result.

    def converted(self, node: Node, expected: Type) -> Node:
        if node.op == "nul":
            if is_collection(expected):
                self.report("not-set-literal", "a collection is never NOT_SET", node, "use MakeEmptyList")
            return replace(node, type=expected)
        if node.type == expected or expected == ANY:
            return node
        if node.type == ANY or (node.type == "any_coll" and is_collection(expected)):
            return Node("coerce", node.pos, expected, (node,), implicit=True)
        if node.type == "jsn" and is_collection(expected):
            return Node("coerce", node.pos, expected, (node,), implicit=True)
        function = cast_function(node.type, expected)
        choice = choose(functions()[function.lower()], (node,)) if function else None
        if choice is None:
            message = f"{spoken(expected)} is expected here, this is {spoken(node.type)}"
            self.report("type-mismatch", message, _first(node), _result_hint(node.type, expected))
            return node
        function = choice.overload.function
        if expected not in _SHOWN:
            message = f"{spoken(node.type)} becomes {spoken(expected)}: {function} is put around it"
            self.report("implicit-cast", message, node, f"write {function}(...) to show that it is meant")
        return Node(function, node.pos, expected, (node,), implicit=True, overload=choice.overload.key)


_TESTS_OF_NOT_SET = ("IsSet", "IsNotSetOrEmpty")
_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("concat", "concatenate", "join"), "use Append(...), or ToString(collection, delimiter)"),
    **dict.fromkeys(("indexof", "instr", "search"), "use FindString(...)"),
    **dict.fromkeys(("now", "today", "utcnow"), "use GetCurrentDateTimeUtc()"),
    **dict.fromkeys(("isnull", "isempty", "isblank"), "use IsNotSetOrEmpty(...)"),
    "not": 'write "!" before it',
}
"""What functions of other languages are called here, where no name is near."""
_MOST_CANDIDATES = 6
_SHOWN = ("str", "aud", "com")
"""What is said or shown may be of any type: to note each conversion would bury those that may fail."""


def _first(node: Node) -> Node:
    """The node itself; its own position is where the author looks."""
    return node


def _as_other(node: Node, other: Node) -> Node:
    if node.op != "nul":
        return node
    return replace(node, type=_STR if other.op == "nul" else other.type)


def _both_empty(left: Node, right: Node) -> bool:
    return left.op == "nul" or right.op == "nul"


_OF_JSON = {
    "int": "ToInt",
    "dec": "ToDecimal",
    "bln": "ToBool",
    "str": "ToString",
    "dtm": "ToDateTime",
    "dur": "ToDuration",
}


def _conversion_hint(left: Node, right: Node) -> str | None:
    kinds = {left.type, right.type}
    if "jsn" in kinds and (function := _OF_JSON.get((kinds - {"jsn"}).pop())):
        return f"convert the JSON value: {function}(json)"
    if kinds == {_STR, _INT}:
        return "convert one side: ToInt(text) or ToString(number)"
    if kinds == {_STR, _DEC}:
        return "convert one side: ToDecimal(text) or ToString(number)"
    if kinds == {_STR, _BOOL}:
        return "convert the text: ToBool(text)"
    return None


def _result_hint(source: Type, target: Type) -> str | None:
    if is_collection(target) and item_of(target) == source:
        return "put it into a collection: MakeList(...)"
    if is_collection(source) and item_of(source) == target:
        return "take one element: GetAt(collection, 0)"
    if target == "jsn" and source == "str":
        return "use JsonParse(...) for a document, ToJson(...) for a text"
    if target == "aud" and source == "phn":
        return "use ToAudioPhoneNumber(...)"
    return None
