"""``attachRecord``: participant data and screen pop for the record (concise-actions.md §5, expansion §7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.concise.build import Act, At, Builder, Template, expression, literal
from dsl.concise.read import Reader
from dsl.concise.record import Field, Record
from dsl.source.tree import Map, Node


@dataclass(frozen=True, slots=True)
class AttachRecord:
    """The action as read."""

    fields: tuple[Field, ...]
    attributes: Mapping[str, Template]
    script: Template | None


def read(body: Map, reader: Reader, record: Record) -> AttachRecord:
    """Read the action's mapping."""
    reader.keys(body, "attachRecord", "attachRecord")
    fields = []
    for item in reader.items(body.get("fields"), '"fields"'):
        name = reader.text(item, "a field")
        fields.append(reader.field(name, record, item.span) if name else None)
    attributes = reader.mapping(body.get("attributes"), '"attributes"')
    script = body.get("script")
    return AttachRecord(
        fields=tuple(field for field in fields if field),
        attributes={key.text: At(key.span, reader.value(node)) for key, node in attributes or ()},
        script=None if script is None else _script(script, reader),
    )


def _script(node: Node, reader: Reader) -> Template | None:
    if isinstance(node, Map):
        return node
    name = reader.text(node, '"script"')
    return None if name is None else At(node.span, {name: {"inputs": {}}})


def _attribute(name: str, value: Template) -> Template:
    return {"attribute": {"name": literal(name), "value": value}}


def expand(action: AttachRecord, builder: Builder) -> list[Node]:
    """The actions in the concise action's place."""
    lookup = [_attribute("crm.lookup", expression("Flow.callerOutcome"))]
    lookup += [_attribute(name, value) for name, value in action.attributes.items()]
    data = [_attribute("crm.record", expression("Flow.recordRef"))]
    data += [_attribute(f"crm.{field.name}", expression(field.as_text)) for field in action.fields]
    record: dict[str, Template] = {
        "condition": expression("IsSet(Flow.recordRef)"),
        "outputs": {"yes": {"actions": [Act("setParticipantData", "data", {"attributes": data})]}},
    }
    acts = [Act("setParticipantData", "lookup", {"attributes": lookup}), Act("decision", "record", record)]
    if action.script is not None:
        acts.append(Act("setScreenPop", "script", {"screenPopScript": action.script}))
    return [builder.node(act) for act in acts]
