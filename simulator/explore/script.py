"""A path as a case of a test file: who calls, what they do, and what the services answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeAlias

from dsl.expressions.text_of import to_text
from dsl.expressions.values import Entity, Json, Structure
from dsl.source import Key, Map, Node, Scalar, Seq, Span
from dsl.source.emit import to_yaml
from interpreter.commands import Collect, Menu, Request, Say
from interpreter.events import TimerFired
from interpreter.prompts import heard
from simulator.explore.beginning import USUAL, is_told_by, number_of, opened
from simulator.explore.choices import ANSWERED, ENTERED, HANG_UP, SILENCE, Choice, entry
from simulator.explore.index import Index
from simulator.explore.place import Place

Case: TypeAlias = dict[str, Any]
"""A case in plain YAML."""

_MOST_WORDS = 10
_OTHER_FLOWS = frozenset({"module", "bot"})
"""Operations that another flow would answer: a rehearsal does not know the types of its outputs."""


@dataclass(slots=True)
class _Writer:
    steps: list[dict[str, Any]] = field(default_factory=list)
    actions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    services: dict[str, list[Any]] = field(default_factory=dict)
    unheard: list[str] = field(default_factory=list)
    playable: bool = True

    def moment(self, before: Place, choice: Choice, values: Mapping[str, Any]) -> None:
        """One thing that happened."""
        assert before.situation is not None
        command = before.situation.command
        if isinstance(command, Request):
            self.answered(before, command, choice, values)
            return
        text = heard(command.prompts) if isinstance(command, (Say, Collect, Menu)) else ""
        if choice.label == HANG_UP:
            self.hear(text)
            self.steps.append({"hang up": True})
        elif choice.label in (ANSWERED, "noise", "interrupted", "recorded"):
            self.playable = False
        elif choice.label == SILENCE:
            self.hear(text)
            self.steps.append({"wait": "no_input"})
        elif isinstance(command, (Collect, Menu)):
            self.hear(text)
            self.entered(command, choice, values)
        elif text:
            self.unheard.append(text)

    def entered(self, command: Collect | Menu, choice: Choice, values: Mapping[str, Any]) -> None:
        """Keys or words of the caller."""
        if choice.gives and choice.gives[0][0] != ENTERED:
            self.steps.append({"say": values.get(choice.gives[0][1].name or "")})
        elif choice.gives and isinstance(command, Collect):
            found = entry(command, values.get(choice.gives[0][1].name or "")) or {"digits": ""}
            self.steps.append({"press": found["digits"] + found.get("key", "")})
        elif choice.fields.get("speech"):
            self.steps.append({"say": choice.fields["speech"]})
        else:
            self.steps.append({"press": choice.fields["digits"]})

    def hear(self, text: str) -> None:
        """Wait until it is heard, and not for the same words said before."""
        if not text:
            if self.unheard:
                self.steps += [{"hear": _last_words(self.unheard[-1])}, {"wait": "prompt_end"}]
                self.unheard.clear()
            elif self.steps:
                self.steps.append({"wait": "100ms"})
            return
        words = _last_words(text)
        said_before = [said for said in self.unheard if _folded(words) in _folded(said)]
        self.steps += [{"hear": words}] * (len(said_before) + 1)
        self.unheard.clear()

    def answered(self, before: Place, request: Request, choice: Choice, values: Mapping[str, Any]) -> None:
        """What a service said."""
        given = {output: values.get(leaf.name or "") for output, leaf in choice.gives}
        if choice.label == HANG_UP:
            self.playable = False
        elif request.port == "data_actions":
            name = f"{request.inputs['integration']} / {request.inputs['action']}"
            self.actions.setdefault(name, []).append(self.stub(choice, given))
        elif before.situation is not None:
            self.playable = self.playable and bool(before.situation.key)
            if request.operation in _OTHER_FLOWS:
                given = {output: self.by_name(value) for output, value in given.items()}
            self.services.setdefault(before.situation.key, []).append(self.stub(choice, given))

    def stub(self, choice: Choice, given: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of a data action."""
        if choice.event is TimerFired:
            return {"timeout": {}, "times": 1}
        plain = {name: self.plain(value) for name, value in given.items() if value is not None}
        if "status" in choice.fields.get("failure", {}):
            plain = {"status": 500, "errorCode": "internal.server.error", **plain}
        return {str(choice.fields["path"]): plain, "times": 1}

    def by_name(self, value: Any) -> Any:
        """A value whose type only the variable knows that it goes into: a text names an object, a structure cannot be
        written."""
        if isinstance(value, tuple):
            return tuple(self.by_name(item) for item in value)
        self.playable = self.playable and not isinstance(value, Structure)
        return value.username or value.name if isinstance(value, Entity) else value

    def begins_with(self, value: Any) -> Any:
        """A value of an input or of a built-in variable in plain YAML: a document is written out."""
        return value.value if isinstance(value, Json) else self.plain(value)

    def plain(self, value: Any) -> Any:
        """A value of an answer in plain YAML."""
        if isinstance(value, Entity):
            return {"name": value.name, **({"username": value.username} if value.username else {})}
        if isinstance(value, Structure):
            return {name: self.plain(item) for name, item in value.properties.items()}
        if isinstance(value, tuple):
            return [self.plain(item) for item in value]
        if isinstance(value, (bool, int, str, Decimal)):
            return value
        text = None if isinstance(value, Json) else to_text(value)
        self.playable = self.playable and text is not None
        return str(value) if text is None else text


def case_of(index: Index, end: Place, name: str) -> tuple[Case, bool]:
    """The case that leads to this end, and whether a rehearsal can play it."""
    writer = _Writer()
    path = end.path()
    for before, after in pairwise(path):
        if after.choice is not None:
            writer.moment(before, after.choice, after.values)
    case: Case = {"name": name}
    values = path[0].values
    for key, source in (("from", "?0.call.ani"), ("to", "?0.call.calledaddress")):
        if values.get(source) != USUAL[source]:
            number = number_of(values.get(source))
            case |= {key: number} if number is not None else {}
            writer.playable = writer.playable and number is not None
    program, given = index.program, {name[3:]: value for name, value in values.items() if name not in USUAL}
    opening = opened(program, values)
    case |= {"message": opening.message} if opening.message is not None else {}
    case |= {"mail": dict(opening.mail)} if opening.mail else {}
    told = {name[3:] for name in is_told_by(program, opening, values)}
    writer.playable = writer.playable and not any(name.startswith("data.") for name in given)
    for key, names in (("inputs", given.keys() & program.inputs), ("builtins", given.keys() - program.inputs - told)):
        begun = {name: writer.begins_with(given[name]) for name in sorted(names) if given[name] is not None}
        case |= {key: begun} if begun else {}
    case |= {"actions": writer.actions} if writer.actions else {}
    case |= {"services": writer.services} if writer.services else {}
    case |= {"script": writer.steps} if writer.steps else {}
    if end.end is not None:
        case["expect"] = {"end": end.end.how}
    return case, writer.playable


def _last_words(text: str) -> str:
    return " ".join(text.split()[-_MOST_WORDS:])


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def yaml_of(document: Any) -> str:
    """Plain YAML as text."""
    return to_yaml(_tree(document, Span.whole_file("explored")))


def _tree(value: Any, span: Span) -> Node:
    if isinstance(value, Mapping):
        return Map(tuple((Key(key, span), _tree(item, span)) for key, item in value.items()), span)
    if isinstance(value, (list, tuple)):
        return Seq(tuple(_tree(item, span) for item in value), span)
    if isinstance(value, str):
        return Scalar(value, value, "double", span)
    return Scalar(value, str(value).lower(), "plain", span)
