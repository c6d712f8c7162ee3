"""The hand-written call beside the flow: a peer that does the same work."""

from __future__ import annotations

from bench.flow import STARTED, ByHand, by_flow, by_hand, events, executable
from interpreter import start, step
from interpreter.events import Event, PromptDone


def play_by_hand(happening: tuple[Event, ...]) -> ByHand:
    call = ByHand()
    call.begin(STARTED)
    for event in happening:
        call.take(event)
    return call


def test_both_give_the_same_commands() -> None:
    assert by_hand(events()) == by_flow(executable(), events())


def test_both_count_the_same_actions_and_keep_the_same_variables() -> None:
    linked = executable()
    state, _, _ = start(linked, STARTED)
    for event in events():
        state, _, _ = step(linked, state, event)
    call = play_by_hand(events())
    assert call.actions == state.actions == 21
    for name, value in zip(linked.program.names, state.variables, strict=True):
        if name.startswith("Flow."):
            assert getattr(call, name.removeprefix("Flow.")) == value, name


def test_every_change_that_the_machine_traces_is_in_the_log_of_the_other() -> None:
    linked = executable()
    state, _, trace = start(linked, STARTED)
    entries = list(trace)
    for event in events():
        state, _, trace = step(linked, state, event)
        entries.extend(trace)
    names = linked.program.names
    written = [data[1:] if kind == "done" else data for kind, _, data in entries if kind in ("done", "changed")]
    changed = {names[slot]: value for of in written for slot, value in zip(of[::3], of[2::3], strict=True)}
    logged = [changes for _, _, _, changes in play_by_hand(events()).trace if changes]
    assert changed
    assert changed.items() <= {name: value for changes in logged for name, value in changes.items()}.items()


def test_a_stale_event_changes_nothing_by_hand() -> None:
    stale = PromptDone(seq=2, at=900, id="0.9", how="done")
    assert play_by_hand((stale, *events())).told == by_hand(events())
