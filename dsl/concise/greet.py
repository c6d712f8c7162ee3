"""``greetByName``: confirm a key fact, then speak the name (concise-actions.md §3, expansion §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl.concise.build import NO_VALUE, Act, Builder, Template, assign, expression, literal
from dsl.concise.identify import PROMPTS_TASK, collect_input, drop_record
from dsl.concise.outcome import outcome_switch
from dsl.concise.read import Reader
from dsl.concise.record import Field, Record, fields_in
from dsl.source.tree import Map, Node, Scalar

_KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class GreetByName:
    """The action as read."""

    known: Template
    unknown: Template
    name: Field
    confirm: Template | None
    facts: tuple[Field, ...]
    no_key: str
    outputs: Mapping[str, Map]


def read(body: Map, reader: Reader, record: Record) -> GreetByName | None:
    """Read the action's mapping; None when it lacks what it cannot do without."""
    reader.keys(body, "greetByName", "greetByName")
    known, unknown, confirm = body.get("known"), body.get("unknown"), body.get("confirm")
    if confirm is not None and not record.is_identified:
        reader.report(
            "missing-identify-caller",
            "greetByName confirms a fact of the record, but the flow has no identifyCaller",
            confirm.span,
            "put an identifyCaller before it",
        )
    name_node = body.get("nameField")
    name = reader.field(
        (reader.text(name_node, '"nameField"') if name_node else None) or "name",
        record,
        name_node.span if name_node else body.span,
    )
    keys = {which: _key(body, which, default, reader) for which, default in (("yes", "1"), ("no", "2"))}
    if keys["yes"] == keys["no"]:
        reader.report("duplicate-dtmf", 'greetByName has the same key for "yes" and "no"', body.span)
    if known is None or unknown is None or name is None:
        return None
    facts = [record.get(field) for field in fields_in(confirm.text)] if isinstance(confirm, Scalar) else []
    return GreetByName(
        known=reader.audio(known, record),
        unknown=reader.audio(unknown, record),
        name=name,
        confirm=None if confirm is None else reader.audio(confirm, record),
        facts=tuple(dict.fromkeys(fact for fact in facts if fact)),
        no_key=keys["no"],
        outputs=reader.outputs(body, "greetByName"),
    )


def _key(body: Map, which: str, default: str, reader: Reader) -> str:
    node = body.get(which)
    if node is None:
        return default
    text = reader.text(node, f'"{which}"') or default
    if text not in _KEYS:
        reader.report(
            "bad-literal", f'"{which}" must be one key of the phone, not "{text}"', node.span, "0 to 9, * or #"
        )
    return text


def expand(action: GreetByName, record: Record, builder: Builder, flow_type: str) -> list[Node]:
    """The actions in the concise action's place."""
    reports = bool(action.outputs)
    start: list[Template] = []
    if action.confirm is not None:
        start.append(assign("string", "Flow.greetAnswer", NO_VALUE))
    if reports:
        start.append(assign("string", "Flow.greetOutcome", literal("unnamed")))
    acts: list[Act] = [Act("updateData", "start", {"statements": start})] if start else []
    name = action.name.variable
    known: dict[str, Template] = {
        "condition": expression(f"IsSet(Flow.recordRef) and !IsNotSetOrEmpty({name})"),
        "outputs": {
            "yes": {"actions": _known(action, record, flow_type)},
            "no": {"actions": [Act("playAudio", "unknown", {"audio": action.unknown})]},
        },
    }
    acts.append(Act("decision", "known", known))
    if reports:
        acts.append(outcome_switch("Flow.greetOutcome", action.outputs))
    return [builder.node(act) for act in acts]


def _known(action: GreetByName, record: Record, flow_type: str) -> Sequence[Template]:
    by_name: list[Template] = [Act("playAudio", "by name", {"audio": action.known})]
    if action.outputs:
        named = assign("string", "Flow.greetOutcome", literal("named"))
        by_name.append(Act("updateData", "named", {"statements": [named]}))
    if action.confirm is None:
        return by_name
    confirm: Template = collect_input("confirm", "Flow.greetAnswer", {"exact": 1}, action.confirm)
    if action.facts:
        condition = " and ".join(fact.is_known for fact in action.facts)
        fact_known = {"condition": expression(condition), "outputs": {"yes": {"actions": [confirm]}}}
        confirm = Act("decision", "fact known", fact_known)
    denied: dict[str, Template] = {
        "condition": expression(f'Flow.greetAnswer == "{action.no_key}"'),
        "outputs": {"yes": {"actions": _denied(action, record, flow_type)}, "no": {"actions": by_name}},
    }
    return [confirm, Act("decision", "denied", denied)]


def _denied(action: GreetByName, record: Record, flow_type: str) -> Sequence[Template]:
    statements: list[Template] = [
        assign("string", "Flow.recordDenied", expression("Flow.recordRef")),
        assign("string", "Flow.callerOutcome", literal("unknown")),
        *drop_record(record),
    ]
    if action.outputs:
        statements.append(assign("string", "Flow.greetOutcome", literal("denied")))
    acts: list[Template] = [Act("updateData", "no record", {"statements": statements})]
    if record.has_prompts:
        target = f"/{flow_type}/tasks/task[{PROMPTS_TASK}]"
        acts.append(Act("callTask", "ask again", {"targetTaskRef": target}))
    acts.append(Act("playAudio", "unknown after denial", {"audio": action.unknown}))
    return acts
