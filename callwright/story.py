"""The story of a call: event lines made of traces and durable events (authoring.md §8.2).

A call is told by what its flow changed and by what happened to it, never by code of its own in the machine: the
look-up's outcome, the greeting and the route are read off the trace elements of the concise actions that caused
them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SCHEMA = "callwright.events/1"

Line = dict[str, Any]
Sink = Callable[[Line], None]
Told = tuple[str, Mapping[str, Any]]
"""An event and its fields."""


def wire_time(at: int) -> str:
    """UTC milliseconds as ISO 8601 with milliseconds and Z."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def as_json(line: Line) -> str:
    """One event as its line of JSON."""
    return json.dumps(line, ensure_ascii=False, separators=(", ", ": "))


@dataclass(slots=True)
class CallStory:
    """Turns one call's trace elements into event lines.

    ``tell`` gets each line. The variables that the concise actions work on are followed by their ``changed``
    values, so that the same record reference is told wherever it appears.
    """

    call: str
    tell: Sink
    verbose: bool = False
    variables: dict[str, Any] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    unidentified: str | None = None

    def line(self, event: str, at: int, **fields: Any) -> None:
        """Tell one event."""
        self.tell({"event": event, "call": self.call, "at": wire_time(at), **fields})

    def traced(self, element: Mapping[str, Any]) -> None:
        """Take one trace element (interpreter.trace) and tell what it means, if anything."""
        self.variables.update(element.get("changed") or {})
        for event, fields in self.meanings(element):
            self.line(event, element["t"], **fields)
        if self.verbose:
            for event, after, fields in _mechanics(element):
                self.line(event, element["t"] + after, **fields)

    def prompt_played(self, at: int, text: str, interrupted: bool) -> None:
        """Whoever plays prompts says that one is over; only they know whether it was cut off."""
        if self.verbose:
            self.line("prompt.played", at, text=text, interrupted=interrupted)

    def meanings(self, element: Mapping[str, Any]) -> Iterator[Told]:
        """The events that an action stands for."""
        origin = element.get("origin") or {}
        concise, step = origin.get("concise"), origin.get("step", "")
        kind = element.get("kind")
        if concise == "identifyCaller":
            yield from self.identification(step, element)
        elif concise == "greetByName":
            yield from self.greeting(step, element)
        elif concise == "routeByRecord" and (step == "default" or step.startswith("rule ")):
            names = {"queue": "Flow.routeQueue", "rule": "Flow.routeRule", "priority": "Flow.routePriority"}
            yield "queue.selected", {key: _name(self.variables.get(name)) for key, name in names.items()}
        elif kind == "transferToAcd" and "inputs" in element:
            yield from self.transfer(element["inputs"], element.get("dropped") or (), chosen=concise is not None)
        if kind == "setParticipantData" and element.get("result"):
            yield "participant_data.set", {"data": dict(element["result"])}

    def identification(self, step: str, element: Mapping[str, Any]) -> Iterator[Told]:
        """Look-ups by number and by prompt."""
        by = "number" if step.startswith("number") else step.split()[1] if step.startswith("prompt ") else ""
        if step.endswith(" input"):
            self.attempts[by] = self.attempts.get(by, 0) + 1
            self.unidentified = None
            yield "caller.prompted", {"prompt": int(by), "attempt": self.attempts[by], "text": element.get("text")}
        outcome, record = self.variables.get("Flow.callerOutcome"), self.variables.get("Flow.recordRef")
        answered = step.endswith((" answered", " failed", " timed out"))
        if answered and outcome in ("found", "several") and record:
            self.unidentified = None
            found = {"by": by if by == "number" else int(by), "outcome": outcome, "name": self.name, "record": record}
            yield "caller.identified", found
        elif answered or (step == "record kept" and not record and outcome != self.unidentified):
            self.unidentified = outcome
            yield "caller.unidentified", {"outcome": outcome}

    def greeting(self, step: str, element: Mapping[str, Any]) -> Iterator[Told]:
        """The sentence that was spoken, with the name or without."""
        if step in ("by name", "unknown", "unknown after denial"):
            name = self.name if step == "by name" else None
            yield "caller.greeted", {"name": name, "text": element.get("text")}

    def transfer(self, inputs: Mapping[str, Any], dropped: Sequence[Any], *, chosen: bool) -> Iterator[Told]:
        """The skills that go along; and the queue, where no rule has chosen it before."""
        if not chosen:
            yield "queue.selected", {"queue": _name(inputs.get("queue")), "rule": None, "priority": inputs["priority"]}
        skills = [_name(skill) for skill in inputs.get("skills") or ()]
        asked = [_name(skill) for skill in self.variables.get("Flow.routeSkillsAsked") or ()] if chosen else []
        yield (
            "skills.required",
            {
                "skills": skills,
                "language": _name(inputs.get("language")),
                "dropped": asked[len(skills) :] + [_name(skill) for skill in dropped],
            },
        )

    @property
    def name(self) -> str | None:
        """The name in the record, if there is one."""
        value = self.variables.get("Flow.recordName")
        return value if isinstance(value, str) and value else None


def _name(value: Any) -> Any:
    """The display name of an organisation object in a trace value; texts stay as they are."""
    if isinstance(value, Mapping):
        inner = next(iter(value.values())) if len(value) == 1 else value
        return inner.get("name") if isinstance(inner, Mapping) else inner
    return value


def _mechanics(element: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """What was pressed and called, for readers who want to see everything, with the ms after the action began."""
    ms = element.get("ms") or 0
    if "digits" in element:
        yield "input.received", ms, {"digits": element["digits"], "why": element.get("why")}
    if element.get("kind") in ("callData", "callDataSecure"):
        action = element.get("action")
        yield "action.called", 0, {"action": action, "inputs": element.get("inputs")}
        if element.get("out"):
            yield "action.answered", ms, {"action": action, "path": element["out"], "ms": ms}
