"""Every public data action through the whole pipeline: its inputs are valid, its request is built, its answer read."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import kind_of
from connectors.format import read_export, read_terraform
from connectors.model import DataAction
from connectors.request import BadRequestError, build
from connectors.translation import TranslationError, bind, compile_path, flatten, input_context, problem_with
from connectors.translation.translate import translate_response
from dsl.source import Source

pytestmark = pytest.mark.corpus


def corpus_actions(corpus: Path) -> list[DataAction]:
    found: list[DataAction] = []
    folder = corpus / "data-actions"
    for path in sorted([*folder.rglob("*.json"), *folder.rglob("*.tf")]):
        source = Source(str(path), path.read_text(encoding="utf-8-sig"))
        if path.suffix == ".tf":
            found += read_terraform(source, named=False)[0]
        elif (action := read_export(source, named=False)[0]) is not None:
            found.append(action)
    return found


SAMPLES = {"string": "x", "integer": 7, "number": 1.5, "boolean": True}


def sample(schema: Any) -> Any:
    """A value that a schema allows."""
    if isinstance(schema.get("enum"), list):
        return schema["enum"][0]
    kind = kind_of(schema)
    if kind == "string" and "pattern" in schema:
        return "00000000-0000-0000-0000-000000000000"
    if kind == "string":
        return "x" * max(1, int(schema.get("minLength", 1)))
    if kind == "array":
        items = schema.get("items")
        return [sample(items)] if isinstance(items, dict) else []
    if kind == "object":
        inner = schema.get("properties")
        return {name: sample(one) for name, one in inner.items()} if isinstance(inner, dict) else {}
    return SAMPLES.get(kind, "x")


def answer(action: DataAction) -> Any:
    """A response in which every plain path of the translation map leads somewhere; else what the contract says."""
    document: Any = None
    for translation in action.response.translations:
        if compile_path(translation.path.value).definite:
            document = grown(
                document, re.findall(r"[A-Za-z_][\w-]*|\[\d+\]|\[-1\]", translation.path.value.lstrip("$"))
            )
    if document is None:
        document = {} if action.response.translations else sample(action.outputs.document)
    return document


def grown(document: Any, steps: list[str]) -> Any:
    """The document with a value at the end of these steps."""
    if not steps:
        return "x" if document is None else document
    if steps[0].startswith("["):
        held = document[0] if isinstance(document, list) and document else None
        return [grown(held, steps[1:])]
    members = document if isinstance(document, dict) else {}
    return {**members, steps[0]: grown(members.get(steps[0]), steps[1:])}


def test_every_action_goes_through_the_whole_pipeline(corpus: Path) -> None:
    counts: Counter[str] = Counter()
    for action in corpus_actions(corpus):
        inputs = bind(action.inputs, {name: sample(one) for name, one in action.inputs.properties.items()})
        inputs |= {name: "https://system.example/hook" for name in inputs if name == "webhookUrl"}
        counts["actions"] += 1
        counts["inputs are valid"] += problem_with(action.inputs, inputs) is None
        context = {
            "input": input_context(inputs),
            "credentials": {"clientId": "a", "clientSecret": "b", "loginUrl": "https://login.example/token"},
            "authResponse": {"access_token": "t", "token_type": "Bearer"},
        }
        try:
            build(action, context, "https://system.example")
            counts["request is built"] += 1
        except BadRequestError as error:
            counts[f"not built: {error.message}"] += 1
        try:
            flatten(action.outputs, translate_response(action.response, json.dumps(answer(action))))
            counts["answer is read"] += 1
        except TranslationError:
            counts["answer takes the failure path"] += 1
    assert counts == {
        "actions": 244,
        "inputs are valid": 244,
        "request is built": 244,
        "answer is read": 223,
        # 18 filter for values that no invented answer has, and have no default; 3 templates give no JSON (as checked)
        "answer takes the failure path": 21,
    }
