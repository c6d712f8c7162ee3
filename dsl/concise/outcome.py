"""The last switch of a concise action that has outputs of its own."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.concise.build import Act, Template, expression, literal
from dsl.source.tree import Map


def outcome_switch(variable: str, outputs: Mapping[str, Map]) -> Act:
    """A ``switch`` on the outcome's text with the author's actions behind each."""
    cases: list[Template] = [
        {"case": {"value": literal(name), **{key.text: node for key, node in body if key.text == "actions"}}}
        for name, body in outputs.items()
    ]
    match: Template = {"string": {"value": expression(variable), "cases": cases}}
    return Act("switch", "outcome", {"evaluate": {"firstMatch": match}})
