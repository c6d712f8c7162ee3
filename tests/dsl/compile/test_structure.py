"""From blocks to functions: ifs and loops instead of turns, the same run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.flow import FLOW, STARTED, events
from dsl import check_flow
from dsl.compile import compile_flow, flow
from dsl.compile.builder import Block, Choice
from dsl.compile.structure import COPIES, DEPTH, structured
from dsl.source import Source
from interpreter import link, start, step


def block(number: int, end: int | Choice | str, *, is_wait: bool = False) -> Block:
    """A block that says its number, then goes on; ``end`` may be an expression."""
    body = [] if is_wait else ast.parse(f"say({number})").body
    return Block(number, body, ast.parse(end, mode="eval").body if isinstance(end, str) else end, is_wait=is_wait)


def choice(yes: int, no: int) -> Choice:
    return Choice(((ast.parse("toss()", mode="eval").body, yes),), no)


def written(blocks: Sequence[Block], begin: Collection[int] = (0,)) -> dict[int, str]:
    return {number: ast.unparse(ast.Module(body, [])) for number, body in structured(blocks, begin).items()}


def test_a_block_holds_those_that_only_it_goes_on_at() -> None:
    blocks = [block(0, 1), block(1, 2), block(2, "-1")]
    assert written(blocks) == {0: "say(0)\nsay(1)\nsay(2)\nreturn -1"}


def test_two_ways_meet_behind_their_if() -> None:
    blocks = [block(0, choice(1, 2)), block(1, 3), block(2, 3), block(3, "-1")]
    assert written(blocks) == {0: "say(0)\nif toss():\n    say(1)\nelse:\n    say(2)\nsay(3)\nreturn -1"}


def test_a_block_that_can_be_stood_at_begins_a_function() -> None:
    blocks = [block(0, 1), block(1, "-1")]
    assert written(blocks, {0, 1}) == {0: "say(0)\nreturn 1", 1: "say(1)\nreturn -1"}


def test_a_wait_is_written_where_it_is_come_to_as_well() -> None:
    blocks = [block(0, 1), block(1, "ask(2)", is_wait=True), block(2, "-1")]
    assert written(blocks, {0, 1, 2})[0] == "say(0)\nctx.block = 1\nreturn ask(2)"
    assert written(blocks, {0, 1, 2})[1] == "ctx.block = 1\nreturn ask(2)"


def test_a_loop_begins_a_function_that_stops_when_a_step_has_done_enough() -> None:
    blocks = [block(0, 1), block(1, choice(2, 3)), block(2, 1), block(3, "-1")]
    assert written(blocks)[1] == (
        "while True:\n    say(1)\n    if toss():\n        say(2)\n        if n >= ctx.enough:\n"
        "            return 1\n        continue\n    else:\n        say(3)\n        return -1"
    )


def test_a_way_without_a_form_in_python_leads_to_a_function_of_its_own() -> None:
    past = [block(0, choice(1, 2)), block(1, choice(3, 2)), block(2, 4), block(3, 4), block(4, "-1")]
    out = written([*past[:1], block(1, choice(4, 2)), *past[2:]])
    assert out[4] == "say(4)\nreturn -1"
    assert "return 4" in out[0]


def test_a_block_without_an_end_waits() -> None:
    assert written([Block(0)]) == {0: "return -1"}


def test_what_many_functions_come_to_is_not_copied_into_each() -> None:
    many = COPIES + 1
    meet = 3 * many
    blocks = [
        b
        for n in range(many)
        for b in (block(3 * n, choice(3 * n + 1, 3 * n + 2)), block(3 * n + 1, meet), block(3 * n + 2, meet))
    ]
    found = written([*blocks, block(meet, "-1")], {3 * n for n in range(many)})
    assert "\n".join(found.values()).count(f"say({meet})") == 1


def test_statements_are_not_nested_without_end() -> None:
    count = 10 * DEPTH
    blocks = [*(block(n, choice(count, n + 1)) for n in range(count)), block(count, "-1")]
    deepest = max(len(line) - len(line.lstrip()) for body in written(blocks).values() for line in body.splitlines())
    assert deepest <= 4 * (DEPTH + 1)


# The same run.


class OverError(Exception):
    """There are no more tosses."""


class Machine:
    """Carries blocks out and notes what is said; a run is cut after some steps."""

    def __init__(self, tosses: Sequence[bool]) -> None:
        self.said: list[int] = []
        self.tosses = list(tosses)
        self.enough = 1 << 30
        self.block = -1

    def toss(self) -> bool:
        if not self.tosses:
            raise OverError
        return self.tosses.pop()


def by_blocks(blocks: Sequence[Block], tosses: Sequence[bool]) -> list[int]:
    """The naive way: block by block."""
    machine, number = Machine(tosses), 0
    try:
        while number >= 0:
            machine.said.append(number)
            end = blocks[number].end
            if isinstance(end, Choice):
                number = next((target for _, target in end.cases if machine.toss()), end.otherwise)
            else:
                number = end if isinstance(end, int) else -1
    except OverError:
        pass
    return machine.said


def by_functions(functions: Mapping[int, list[ast.stmt]], tosses: Sequence[bool]) -> list[int]:
    machine, number = Machine(tosses), 0
    table: dict[str, Any] = {"ctx": machine, "n": 0, "say": machine.said.append, "toss": machine.toss}
    for name, body in functions.items():
        arguments = ast.arguments([], [], None, [], [], None, [])
        code = ast.Module([ast.FunctionDef(f"b{name}", arguments, body, [])], [])
        exec(compile(ast.fix_missing_locations(code), "<test>", "exec"), table)
    try:
        while number >= 0:
            number = table[f"b{number}"]()
    except OverError:
        pass
    return machine.said


@st.composite
def graphs(draw: st.DrawFn) -> list[Block]:
    """Blocks that go on anywhere, backwards too; every circle has a choice in it, so that a run ends."""
    count = draw(st.integers(2, 14))
    anywhere = st.integers(0, count)
    ends: list[int | Choice | str] = []
    for number in range(count):
        forward = st.integers(number + 1, count)
        ends.append(draw(st.one_of(forward, st.builds(choice, anywhere, anywhere), st.just("-1"))))
    return [*(block(number, end) for number, end in enumerate(ends)), block(count, "-1")]


@given(graphs(), st.sets(st.integers(0, 14)), st.lists(st.booleans(), max_size=40))
def test_functions_run_as_the_blocks_do(blocks: list[Block], stood_at: set[int], tosses: list[bool]) -> None:
    begin = {0, *(number for number in stood_at if number < len(blocks))}
    functions = structured(blocks, begin)
    assert begin <= functions.keys()
    assert by_functions(functions, tosses) == by_blocks(blocks, tosses)


def run() -> list[Any]:
    checked = check_flow(Source("reference.yaml", FLOW))
    assert checked.flow is not None
    linked = link(compile_flow(checked.flow, FLOW))
    state, commands, trace = start(linked, STARTED)
    told: list[Any] = [commands, trace]
    for event in events():
        state, commands, trace = step(linked, state, event)
        told += [commands, trace]
    return [*told, state.variables, state.actions]


def test_a_flow_of_many_small_functions_runs_as_one_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    few = run()
    monkeypatch.setattr(flow, "structured", _each_for_itself)
    assert run() == few


def _each_for_itself(blocks: Sequence[Block], begin: Collection[int]) -> dict[int, list[ast.stmt]]:
    return structured(blocks, {b.number for b in blocks if not b.has_locals})
