"""The story of a call: event lines made of traces and durable events (authoring.md §8.2).

A call is told by what its flow changed and by what happened to it, never by code of its own in the machine: the
look-up's outcome, the greeting and the route are read off the trace elements of the concise actions that caused
them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SCHEMA = "callwright.events/1"

Line = dict[str, Any]
Sink = Callable[[Line], None]


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

    def line(self, event: str, at: int, **fields: Any) -> None:
        """Tell one event."""
        self.tell({"event": event, "call": self.call, "at": wire_time(at), **fields})

    def traced(self, element: Mapping[str, Any]) -> None:
        """Take one trace element (interpreter.trace) and tell what it means, if anything."""
        self.variables.update(element.get("changed") or {})
        origin = element.get("origin")
        for event, fields in self.meanings(element, origin) if origin else ():
            self.line(event, element["t"], **fields)
        if self.verbose:
            for event, fields in _mechanics(element):
                self.line(event, element["t"], **fields)

    def meanings(
        self, element: Mapping[str, Any], origin: Mapping[str, Any]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The events that a generated action stands for."""
        concise, step = origin["concise"], origin["step"]
        if concise == "identifyCaller":
            yield from self.identification(step, element)
        elif concise == "greetByName":
            yield from self.greeting(step, element)
        elif concise == "routeByRecord":
            yield from self.routing(step, element)
        elif concise == "attachRecord" and element.get("kind") == "setParticipantData":
            yield "participant_data.set", {"data": dict(element.get("result") or {})}

    def identification(self, step: str, element: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Look-ups by number and by prompt."""
        by = "number" if step.startswith("number") else step.split()[1] if step.startswith("prompt ") else ""
        if step.endswith(" input"):
            self.attempts[by] = self.attempts.get(by, 0) + 1
            yield "caller.prompted", {"prompt": int(by), "attempt": self.attempts[by], "text": element.get("text")}
        if not step.endswith((" answered", " failed", " timed out")):
            return
        outcome = self.variables.get("Flow.callerOutcome")
        record = self.variables.get("Flow.recordRef")
        if outcome in ("found", "several") and record:
            found = {"by": by if by == "number" else int(by), "outcome": outcome, "name": self.name, "record": record}
            yield "caller.identified", found
        else:
            yield "caller.unidentified", {"outcome": outcome}

    def greeting(self, step: str, element: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The sentence that was spoken, with the name or without."""
        if step in ("by name", "unknown", "unknown after denial"):
            name = self.name if step == "by name" else None
            yield "caller.greeted", {"name": name, "text": element.get("text")}

    def routing(self, step: str, element: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The queue that a rule chose and the skills that go with it."""
        if step == "default" or step.startswith("rule "):
            yield (
                "queue.selected",
                {
                    "queue": _name(self.variables.get("Flow.routeQueue")),
                    "rule": self.variables.get("Flow.routeRule"),
                    "priority": self.variables.get("Flow.routePriority"),
                },
            )
        elif step == "transfer":
            inputs = element.get("inputs") or {}
            skills = [_name(skill) for skill in inputs.get("skills") or ()]
            asked = [_name(skill) for skill in self.variables.get("Flow.routeSkillsAsked") or ()]
            yield (
                "skills.required",
                {
                    "skills": skills,
                    "language": _name(inputs.get("language")),
                    "dropped": asked[len(skills) :] + [_name(skill) for skill in element.get("dropped") or ()],
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


def _mechanics(element: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What was played, pressed and called, for readers who want to see everything."""
    if element.get("text"):
        yield "prompt.played", {"text": element["text"], "interrupted": bool(element.get("interrupted"))}
    if "digits" in element:
        yield "input.received", {"digits": element["digits"], "why": element.get("why")}
    if element.get("kind") in ("callData", "callDataSecure"):
        action = element.get("action")
        yield "action.called", {"action": action, "inputs": element.get("inputs")}
        yield "action.answered", {"action": action, "path": element.get("out"), "ms": element.get("ms")}
