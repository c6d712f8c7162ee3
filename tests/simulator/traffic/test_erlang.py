"""The formulas, against published values (routing.md §27)."""

from __future__ import annotations

import pytest

from simulator.traffic import erlang_a, erlang_c
from simulator.traffic.erlang import erlang_b

GOLDEN_C = [  # agents, load, handle s, B, C, ASA s, SL(20)
    (1, 0.5, 60, 0.333333, 0.500000, 60.0000, 0.576759),
    (2, 1, 300, 0.200000, 0.333333, 100.0000, 0.688164),
    (10, 8, 300, 0.121661, 0.409180, 61.3770, 0.641896),
    (100, 80, 300, 0.003992, 0.019646, 0.2947, 0.994821),
    (100, 90, 300, 0.026957, 0.216940, 6.5082, 0.888619),
    (100, 95, 300, 0.048804, 0.506457, 30.3874, 0.637108),
]

GOLDEN_A = [  # agents, utilisation offered, P(wait), P(abandon), E[W] s; handled in 300 s, patience 180 s
    (10, 0.8, 0.256939, 0.064419, 11.5955),
    (10, 1.2, 0.684341, 0.227828, 41.0091),
    (100, 0.95, 0.281217, 0.024020, 4.3235),
    (100, 1.1, 0.761378, 0.103396, 18.6112),
]


@pytest.mark.parametrize(("agents", "load", "handle", "b", "c", "asa", "level"), GOLDEN_C)
def test_erlang_c_has_its_published_values(
    agents: int, load: float, handle: float, b: float, c: float, asa: float, level: float
) -> None:
    assert erlang_b(agents, load) == pytest.approx(b, abs=1e-6)
    theory = erlang_c(agents, load / handle, handle, 20)
    assert theory is not None
    assert theory.waits == pytest.approx(c, abs=1e-6)
    assert theory.wait_s == pytest.approx(asa, abs=1e-4)
    assert theory.within == pytest.approx(level, abs=1e-6)


def test_erlang_c_has_no_answer_to_overload() -> None:
    assert erlang_c(10, 10 / 300, 300) is None


@pytest.mark.parametrize(("agents", "offered", "waits", "abandons", "wait"), GOLDEN_A)
def test_erlang_a_has_its_published_values(
    agents: int, offered: float, waits: float, abandons: float, wait: float
) -> None:
    theory = erlang_a(agents, offered * agents / 300, 300, 180)
    assert theory.waits == pytest.approx(waits, abs=1e-6)
    assert theory.abandons == pytest.approx(abandons, abs=1e-6)
    assert theory.wait_s == pytest.approx(wait, abs=1e-4)
