"""From a checked flow to a program: generated Python, one function per stretch between two waits."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.model import Flow
from dsl.program import Program

__all__ = ["compile_flow"]

_NO_MODULES: Mapping[str, Flow] = {}


def compile_flow(flow: Flow, source_text: str = "", *, modules: Mapping[str, Flow] = _NO_MODULES) -> Program:
    """The program of a flow, with the common modules that it may call by name.

    ``source_text`` goes into the fingerprint that parked executions are held against.
    """
    from dsl.compile.flow import FlowCompiler

    return FlowCompiler(flow, source_text, modules).compile()
