"""Programs: generated code that holds nothing but what it may (DESIGN.md "Flow machine")."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dsl import check_flow
from dsl.actions import actions
from dsl.compile import compile_flow
from dsl.compile.emitters import EMIT
from dsl.compile.verify import UnsafeProgram, verify
from dsl.program import Program
from dsl.source import Source

WELCOME = Path(__file__).parents[3] / "flows/crm_welcome/flows/crm_welcome.yaml"


def compiled(text: str) -> Program:
    checked = check_flow(Source("flow.yaml", text))
    assert checked.flow is not None
    return compile_flow(checked.flow, text)


@pytest.fixture(scope="module")
def welcome() -> Program:
    return compiled(WELCOME.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "open('x')",
        "v.__class__",
        "ctx.state",
        "ctx.beyond.__globals__",
        "v[99]",
        "v['x']",
        "[x for x in v]",
        "lambda: 1",
        "while True: pass",
        "while ctx.actions: return",
        "try: v[0] = 1\nexcept: v[0] = 2",
        "while True:\n if v[0]:\n  continue\n return",
        "while True:\n if v[0]:\n  return\n continue",
        "ctx.limit = 0",
        "log.clear()",
        "log = v",
        "v[0].x = 1",
        "len = v",
        "ctx.count()",
    ],
)
def test_what_no_emitter_writes_is_refused(code: str) -> None:
    with pytest.raises(UnsafeProgram):
        verify(ast.parse(code), 3)


def test_no_name_of_an_author_becomes_an_identifier() -> None:
    text = WELCOME.read_text(encoding="utf-8").replace("Who", "__import__")
    names = {node.id for node in ast.walk(compiled(text).module) if isinstance(node, ast.Name)}
    assert not any("import" in name for name in names)


def test_nodes_carry_the_authors_line_and_column() -> None:
    text = (
        "inboundCall:\n  name: T\n  startUpRef: ./tasks/task[main]\n  tasks:\n  - task:\n      name: Main\n"
        "      refId: main\n      actions:\n      - updateData:\n          name: U\n          statements:\n"
        "          - integer: {variable: Flow.n, value: {exp: Length(Call.Ani)}}\n      - disconnect: {none: true}\n"
    )
    calls = [n for n in ast.walk(compiled(text).module) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    place = next((n.lineno, n.col_offset) for n in calls if getattr(n.func, "id", "") == "len")
    assert text.splitlines()[place[0] - 1][place[1] - 1 :].startswith("Length")


def test_every_action_of_the_catalogue_has_an_emitter_or_a_port() -> None:
    assert [key for key, spec in actions().items() if key not in EMIT and spec.port is None] == []


def test_the_fingerprint_is_that_of_the_source(welcome: Program) -> None:
    text = WELCOME.read_text(encoding="utf-8")
    assert compiled(text).fingerprint == welcome.fingerprint
    assert compiled(text.replace("Gold", "Silver")).fingerprint != welcome.fingerprint


MODULE = """\
commonModule:
  name: Twice
  startUpRef: ./tasks/task[t]
  compatibleFlowTypes: [{flowType: inboundCall}]
  tasks:
  - task:
      name: T
      refId: t
      actions:
      - updateData: {name: U, statements: [{string: {variable: Flow.a, value: {exp: "\\"a\\" == \\"b\\""}}}]}
      - endTask: {name: E, outputPath: {name: Default}}
"""


def with_module(module: str) -> Program:
    text = WELCOME.read_text(encoding="utf-8")
    checked, linked = check_flow(Source("flow.yaml", text)), check_flow(Source("twice.yaml", module))
    assert checked.flow is not None
    assert linked.flow is not None
    return compile_flow(checked.flow, text, modules={"Twice": linked.flow})


def test_the_fingerprint_of_a_linked_module_is_what_is_written_in_it() -> None:
    assert with_module(MODULE).fingerprint == with_module(f"# A remark.\n{MODULE}").fingerprint
    assert with_module(MODULE.replace("Flow.a", "Flow.b")).fingerprint != with_module(MODULE).fingerprint


def test_every_place_that_can_be_stood_at_has_its_own_name(welcome: Program) -> None:
    assert len(set(welcome.phases.values())) == len(welcome.phases)
    assert set(welcome.wait_sites) <= set(welcome.phases)


def test_host_values_that_are_read_are_declared() -> None:
    text = (
        "inqueueCall:\n  name: Q\n  startUpTaskActions:\n"
        "  - playPositionInQueue: {name: P, positionInQueue: {exp: Call.PositionInQueue}, playbackMode: number}\n"
    )
    assert compiled(text).host_reads == {"call.positioninqueue"}
