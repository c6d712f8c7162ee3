"""The concise actions, from the table of their keys (``dsl.concise.read``)."""

from __future__ import annotations

from dsl.actions.meanings import meaning_of
from dsl.concise.read import CONCISE, KEYS, OUTPUTS, KeySpec
from dsl.expressions.types import CODE_OF_VARIABLE
from dsl.schema.parts import ANYTHING, TEXT, Schema, described, listed, mapped, record, ref, short, titled, whole, words

_SCALAR = ("string", "number", "boolean")
_ITEMS = {
    ("identifyCaller", "byNumber"): "lookUp",
    ("identifyCaller", "prompts"): "prompt",
    ("routeByRecord", "rules"): "rule",
}
"""Lists and the parts that they consist of; all other lists hold texts."""

_MAPPINGS = {("identifyCaller", "record"): "record", ("routeByRecord", "default"): "default"}
_PARTS = ("lookUp", "prompt", "record", "rule", "default", "skill")


def _value() -> Schema:
    forms = dict.fromkeys(("lit", "exp", "var", "noValue"), ANYTHING)
    return short(*_SCALAR, schema=record(forms, rest=True))


def _audio() -> Schema:
    forms = dict.fromkeys(("tts", "prompt", "lit", "exp", "var", "noValue"), ANYTHING)
    return short("string", schema=record(forms))


def _fields() -> Schema:
    types = words([*CODE_OF_VARIABLE, *(f"{name}Collection" for name in CODE_OF_VARIABLE)])
    kept = short(*_SCALAR, schema=record({"output": TEXT, "type": types}))
    return short("array", schema={**mapped(kept), "items": TEXT})


def _condition() -> Schema:
    tests = record({"contains": TEXT, "atLeast": {"type": "number"}, "atMost": {"type": "number"}})
    wanted = short("array", *_SCALAR, schema={**tests, "items": TEXT})
    return record({"exp": described(TEXT, "a condition as an expression")}, rest=wanted)


def _digits() -> Schema:
    return short("integer", schema={**record({"min": whole(1, 40), "max": whole(1, 40)}), "minimum": 1, "maximum": 40})


def _key(owner: str, name: str, spec: KeySpec) -> Schema:
    if (part := _ITEMS.get((owner, name))) is not None:
        return listed(ref(f"part.{part}"))
    if (part := _MAPPINGS.get((owner, name))) is not None:
        return ref(f"part.{part}")
    if spec.kind == "outputs":
        return record({path: ref("output") for path in OUTPUTS[owner]})
    if spec.kind == "skills":
        computed = record({"exp": ANYTHING})
        item = short("string", schema=record({**_properties("skill"), "exp": ANYTHING}))
        return short("array", schema={**computed, "items": item, "maxItems": 5})
    if spec.kind == "agents":
        computed = record({"exp": ANYTHING})
        return short("array", schema={**computed, "items": short("string", schema=computed)})
    kinds: dict[str, Schema] = {
        "text": TEXT,
        "value": _value(),
        "audio": _audio(),
        "list": listed(TEXT),
        "mapping": mapped(_value()),
        "fields": _fields(),
        "digits": _digits(),
        "integer": whole(1, 5),
        "key": {"type": ["string", "integer"]},
        "condition": _condition(),
        "script": short("string", schema={"type": "object"}),
    }
    return kinds[spec.kind]


def _properties(part: str) -> dict[str, Schema]:
    """The keys of an action or a part with what each holds."""
    return {name: described(_key(part, name, spec), spec.meaning) for name, spec in KEYS[part].items()}


def concise_definitions() -> dict[str, Schema]:
    """One definition for each concise action, and for the parts that they share."""
    found: dict[str, Schema] = {}
    for name in (*CONCISE, *_PARTS):
        required = [key for key, spec in KEYS[name].items() if spec.required]
        body = record(_properties(name), required)
        if name in CONCISE:
            found[f"action.{name}"] = titled(name, body, meaning_of(name))
        else:
            found[f"part.{name}"] = body
    return found
