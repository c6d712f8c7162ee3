"""Every flow type loads, is checked and runs: small flows with the rehearsals beside them (flow-format.md §2, §11)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callwright.loading import executable_of, load_flow_file
from callwright.testing import Verdict, run_tests
from dsl.actions import FLOW_TYPES
from dsl.source import Severity
from interpreter.snapshot import pack, unpack
from interpreter.state import State
from simulator import session
from simulator.judge import Failure

FOLDER = Path(__file__).parent / "flow_types"
FLOWS = sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(".test.yaml"))
RUNNING = [flow_type for flow_type, family in FLOW_TYPES.items() if family != "unknown"]


def verdicts() -> list[Verdict]:
    run = run_tests([FOLDER])
    assert [found for found in run.findings if found.severity is Severity.ERROR] == []
    return run.verdicts


@pytest.mark.parametrize("verdict", verdicts(), ids=lambda verdict: f"{Path(verdict.file).stem}: {verdict.case.name}")
def test_the_flow_does_what_its_rehearsal_says(verdict: Verdict) -> None:
    assert [failure.message for failure in verdict.failures] == []


@pytest.mark.parametrize("flow_type", RUNNING)
def test_every_flow_type_has_a_flow_here(flow_type: str) -> None:
    assert flow_type in {load_flow_file(path).flow.type for path in FLOWS if load_flow_file(path).flow}  # type: ignore[union-attr]


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_it_checks_without_an_error(path: Path) -> None:
    assert [found for found in load_flow_file(path).findings if found.severity is Severity.ERROR] == []


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_wherever_it_waits_it_can_be_parked_and_taken_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state that a rehearsal passes through survives its snapshot."""
    executable = executable_of(load_flow_file(path))
    seen: list[State] = []

    class Watching(session.Execution):
        def _arm(self) -> None:
            if self.state is not None and self.state.ended is None:
                seen.append(self.state)
            super()._arm()

    monkeypatch.setattr(session, "Execution", Watching)
    run_tests([path.with_name(f"{path.stem}.test.yaml")])
    program = executable.program
    for state in seen[:40]:
        packed = pack(state, program)
        assert pack(unpack(packed, program), program) == packed


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("{order: 3}", 'the flow has no input "order"'),
        ("{orders: many}", '"Flow.orders" cannot be'),
    ],
)
def test_an_input_that_the_flow_cannot_take_fails_the_case_in_words(tmp_path: Path, inputs: str, message: str) -> None:
    shutil.copy(FOLDER / "workflow.yaml", tmp_path)
    (tmp_path / "wrong.test.yaml").write_text(f"flow: workflow.yaml\ncalls: [{{name: wrong, inputs: {inputs}}}]\n")
    (verdict,) = run_tests([tmp_path]).verdicts
    (failure,) = verdict.failures
    assert isinstance(failure, Failure)
    assert failure.message.startswith(message)


def test_an_error_inside_a_bot_ends_the_bot_and_not_the_flow_that_called_it(tmp_path: Path) -> None:
    bot = (FOLDER / "orders_bot.yaml").read_text(encoding="utf-8")
    broken = bot.replace(
        'MakeCommunication("Order ", Slot.OrderNumber)', "MakeCommunication(ToString(ToInt(Slot.OrderNumber)))"
    )
    assert broken != bot
    (tmp_path / "bot.yaml").write_text(broken, encoding="utf-8")
    shutil.copy(FOLDER / "message.yaml", tmp_path)
    (tmp_path / "broken.test.yaml").write_text(
        "flow: message.yaml\n"
        "calls:\n"
        "  - name: broken\n"
        "    message: where is my order A-123\n"
        '    expect: {end: disconnect, heard: "Noted: Track", error: whole number}\n',
        encoding="utf-8",
    )
    (verdict,) = run_tests([tmp_path]).verdicts
    assert [failure.message for failure in verdict.failures] == []
