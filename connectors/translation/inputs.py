"""A flow's inputs to JSON: bound by the contract, validated, and seen by the templates (data-actions.md §3
steps 1-3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.contract import integral, kind_of, validator_of
from connectors.model import Schema
from connectors.templates.values import compact_json
from dsl.expressions.text_of import to_text
from dsl.expressions.values import Json, PhoneNumber, Secure


def bind(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as JSON values in the order of the schema, names matched without regard to case; NOT_SET ones are
    absent."""
    properties = schema.properties
    by_name = {name.casefold(): name for name in properties}
    bound = {by_name.get(name.casefold(), name): value for name, value in given.items()}
    order = [*properties, *(name for name in bound if name not in properties)]
    return {
        name: value
        for name in order
        if (value := _json(bound.get(name), kind_of(properties.get(name, {})))) is not None
    }


def problem_with(schema: Schema, inputs: Mapping[str, Any]) -> str | None:
    """What is wrong with bound inputs, in one sentence; None when they are valid."""
    return validator_of(schema).problem(integral(dict(inputs)))


def input_context(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """``input`` of the templates, with ``rawRequest``: all inputs as compact JSON."""
    return {**inputs, "rawRequest": compact_json(inputs)}


def _json(value: Any, kind: str) -> Any:
    """A run-time value as the JSON value the contract asks for; what does not convert is left to the validator."""
    value = value.value if isinstance(value, Secure) else value
    if value is None:
        return None
    if kind == "string" and not isinstance(value, str):
        return value.raw if isinstance(value, PhoneNumber) else to_text(value)
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Json):
        return value.value
    if isinstance(value, tuple | list):
        return [_json(item, "") for item in value]
    if isinstance(value, dict):
        return value
    return value.raw if isinstance(value, PhoneNumber) else to_text(value)
