"""Jump threading: fewer turns, the same run."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from bench.flow import FLOW, STARTED, events
from dsl import check_flow
from dsl.compile import compile_flow, flow
from dsl.compile.builder import Block
from dsl.compile.thread import LONGEST, thread
from dsl.source import Source
from interpreter import link, start, step


def block(number: int, code: str) -> Block:
    function = ast.parse("def f():\n" + "".join(f"    {line}\n" for line in code.splitlines())).body[0]
    assert isinstance(function, ast.FunctionDef)
    return Block(number, function.body, closed=True)


def written(bodies: list[list[ast.stmt]]) -> list[str]:
    return [ast.unparse(ast.Module(body, [])) for body in bodies]


def test_a_block_takes_over_those_that_it_only_goes_on_at() -> None:
    blocks = [block(0, "a()\nreturn 1"), block(1, "b()\nreturn 2"), block(2, "return c(0)")]
    assert written(thread(blocks, ()))[0] == "a()\nb()\nreturn c(0)"


def test_a_block_that_can_be_stood_at_stays_by_itself() -> None:
    blocks = [block(0, "a()\nreturn 1"), block(1, "return wait(2)"), block(2, "return -1")]
    assert written(thread(blocks, {1}))[0] == "a()\nreturn 1"


def test_a_circle_is_gone_round_once() -> None:
    blocks = [block(0, "a()\nreturn 1"), block(1, "b()\nreturn 0")]
    assert written(thread(blocks, ())) == ["a()\nb()\nreturn 0", "b()\na()\nreturn 1"]


def test_a_choice_and_a_true_are_no_jumps() -> None:
    blocks = [block(0, "return 1 if a() else 2"), block(1, "return True"), block(2, "return -1")]
    assert written(thread(blocks, ())) == ["return 1 if a() else 2", "return True", "return -1"]


def test_no_block_grows_beyond_the_longest() -> None:
    blocks = [block(n, f"a()\nb()\nc()\nreturn {n + 1}") for n in range(20)] + [block(20, "return -1")]
    assert max(len(body) for body in thread(blocks, ())) <= LONGEST


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


def test_a_threaded_flow_runs_as_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    threaded = run()
    monkeypatch.setattr(flow, "thread", lambda blocks, stood_at: [block.body for block in blocks])
    assert run() == threaded
