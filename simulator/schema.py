"""JSON Schema of ``*.test.yaml``, from the words that its readers know."""

from __future__ import annotations

from dsl.schema.parts import (
    ANYTHING,
    TEXT,
    Schema,
    described,
    document,
    listed,
    mapped,
    one_key,
    record,
    ref,
    short,
    whole,
    words,
)
from simulator.opening import MAIL_KEYS
from simulator.script import MOST_REPEATS, STEPS
from simulator.stubs import KEYS as STUB_KEYS
from simulator.testfile import CASE_KEYS, ENDS, EXPECTATIONS, FILE_KEYS

_DURATION: Schema = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h)\s*$", "examples": ["400ms", "10s"]}
_TEXTS: Schema = {"type": ["array", "string", "number"], "items": TEXT}
"""One text or several."""


def test_schema() -> Schema:
    """JSON Schema of a test file."""
    definitions = {
        "call": _call(),
        "script": listed(ref("step")),
        "step": _step(),
        "expect": _expect(),
        "actions": described(_stubs(), "answers of data actions, by Integration / Action"),
        "services": described(mapped(ANYTHING), "answers of other services, by the action that asks"),
        "queues": described(mapped(ANYTHING), "queues that behave otherwise, such as Gold: refused"),
    }
    held: dict[str, Schema] = {
        "flow": described({"type": "string"}, "the flow file, seen from here"),
        "defaults": described(record(_caller()), "what every call has unless it says otherwise"),
        "actions": ref("actions"),
        "services": ref("services"),
        "queues": ref("queues"),
        "calls": {**listed(ref("call"), least=1), "description": "the calls, one case each"},
        "schema": ANYTHING,
    }
    root = record({key: held[key] for key in FILE_KEYS}, ["flow", "calls"])
    return document("test", "Rehearsal (*.test.yaml)", root, definitions)


def _caller() -> dict[str, Schema]:
    return {
        "from": described(TEXT, "the caller's number in E.164, or anonymous"),
        "to": described(TEXT, "the dialled number in E.164"),
        "at": described({"type": "string"}, "when the call begins, ISO 8601 with its offset"),
        "language": described({"type": "string"}, "the language that the call begins with"),
    }


def _call() -> Schema:
    held: dict[str, Schema] = {
        "name": described(TEXT, "what this case is about"),
        **_caller(),
        "message": described(TEXT, "the message that opens a message flow"),
        "mail": described(record(dict.fromkeys(MAIL_KEYS, ANYTHING)), "the mail that opens a mail flow"),
        "inputs": described(mapped(ANYTHING), "input variables of the flow, by name"),
        "builtins": described(mapped(ANYTHING), "further built-in variables, such as Call.ExternalTag"),
        "script": described(ref("script"), "what the caller does"),
        "expect": ref("expect"),
        "actions": ref("actions"),
        "services": ref("services"),
        "queues": ref("queues"),
    }
    return record({key: held[key] for key in CASE_KEYS})


def _step() -> Schema:
    heard = one_key({"contains": TEXT, "matches": TEXT, "prompt": TEXT, "not": TEXT})
    keys = record({"digits": TEXT, "gap": _DURATION}, ["digits"])
    speech = record({"text": TEXT, "confidence": {"type": "number", "minimum": 0, "maximum": 1}}, ["text"])
    repeat = record({"times": whole(1, MOST_REPEATS), "steps": ref("script")}, ["times", "steps"])
    held: dict[str, Schema] = {
        "hear": short("string", "number", schema=heard),
        "press": short("string", "integer", schema=keys),
        "say": short("string", "number", schema=speech),
        "wait": {"type": "string", "examples": ["10s", "no_input", "prompt_end"]},
        "silence": _DURATION,
        "at": {"type": "string"},
        "repeat": repeat,
        "hang up": words([True]),
    }
    return one_key({step: described(held[step], meaning) for step, meaning in STEPS.items()})


def _expect() -> Schema:
    mapping = mapped(ANYTHING)
    held: dict[str, Schema] = {
        "end": words(ENDS),
        "reason": TEXT,
        "outputs": mapping,
        "by": words(["caller", "flow"]),
        "queue": TEXT,
        "skills": _TEXTS,
        "skills_exact": _TEXTS,
        "priority": {"type": "integer"},
        "language": TEXT,
        "callback": mapping,
        "data": mapping,
        "data_exact": mapping,
        "vars": mapping,
        "called": short("array", "string", schema=mapping),
        "not_called": _TEXTS,
        "path": _TEXTS,
        "heard": _TEXTS,
        "duration": TEXT,
        "error": short("string", schema=record({"code": TEXT, "message": TEXT})),
        "warning": TEXT,
    }
    return record({key: described(held[key], meaning) for key, meaning in EXPECTATIONS.items()})


def _stubs() -> Schema:
    answer: dict[str, Schema] = {
        "success": described(mapped(ANYTHING), "the outputs"),
        "failure": described(short("null", schema=mapped(ANYTHING)), "errorCode, status and the like"),
        "timeout": described(ANYTHING, "no answer in time"),
        "cassette": described(TEXT, "a file of recorded exchanges that answers, seen from here"),
        "after": described(_DURATION, "how long the answer takes"),
        "echo": described(ANYTHING, "the inputs come back as outputs"),
    }
    held: dict[str, Schema] = {
        **answer,
        "when": described(mapped(ANYTHING), "the inputs that this answer is for"),
        "otherwise": described(short("string", schema=record(answer)), "the answer for all other inputs"),
        "times": described(whole(1), "how often, then the next line applies"),
    }
    line = short("string", schema=record({key: held[key] for key in STUB_KEYS}))
    return mapped(short("array", "string", schema={**line, "items": line}))
