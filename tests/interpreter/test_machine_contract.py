"""The contract between generated code and machine (docs/decisions/001-commands-and-events.md)."""

from __future__ import annotations

import pytest

from dsl.expressions.runtime import HELPERS
from dsl.program import CALLS
from interpreter.machine import Machine


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_machine_has_what_generated_code_may_call(name: str) -> None:
    assert callable(getattr(Machine, name, None))


def test_helpers_of_expressions_hide_nothing_of_a_program() -> None:
    assert not {"ctx", "v"} & HELPERS().keys()
