"""The explorer beside a naive one that tries everything: on small flows both see the same."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.explore import explore
from tests.simulator.explore.exploring import STRING, load, small_flow
from tests.simulator.explore.oracle import everything

WORDS = ("Gold", "Silver", "77", "")
CONDITIONS = (
    'Flow.x == "Gold"',
    'Flow.x != "Silver"',
    'Contains(Flow.x, "7")',
    "Length(Flow.x) == 2",
    "IsNotSetOrEmpty(Flow.y)",
    "Flow.x == Flow.y",
    'Flow.y == "77" and Flow.x != "77"',
    'If(Flow.x == "Gold", Flow.y, Flow.x) == "Silver"',
)
VARIABLES = f"{STRING.format('x')}\n{STRING.format('y')}"

FIND = (
    "- callData: {name: Find, timeout: {lit: {seconds: 5}}, category: {CRM: {dataAction: {Find: {inputs: {}, "
    "successOutputs: {a: {var: Flow.x}, b: {var: Flow.y}}}}}}}"
)
ASK = "- collectInput: {name: Ask, inputData: {var: Flow.y}, digits: {exact: 2}, inputAudio: {tts: Two digits.}}"
COPY = "- updateData: {name: Copy, statements: [{string: {variable: Flow.x, value: {exp: Flow.y}}}]}"
JOINED = "{variable: Flow.x, value: {exp: 'Left(Append(Flow.y, Flow.x), 4)'}}"
JOIN = f"- updateData: {{name: Join, statements: [{{string: {JOINED}}}]}}"

simple = st.sampled_from([FIND, ASK, COPY, JOIN])
decisions = st.builds(
    lambda condition, yes, no: (
        f"- decision:\n    name: Check\n    condition: {{exp: '{condition}'}}\n    outputs:\n"
        f"      yes:\n        actions:\n        {yes}\n      no:\n        actions:\n        {no}"
    ),
    st.sampled_from(CONDITIONS),
    simple,
    simple,
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(simple, decisions), min_size=1, max_size=3))
def test_whatever_trying_everything_finds_is_found(tmp_path: Path, actions: list[str]) -> None:
    _, executable, index = load(small_flow(tmp_path, "\n".join(actions), VARIABLES))
    taken, ends = everything(executable, index, WORDS)
    report = explore(executable, index)
    assert report.complete
    assert not report.internal_errors
    assert taken <= {way for path in report.paths for way in path.taken}
    assert ends <= {path.end for path in report.paths}
