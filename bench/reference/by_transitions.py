"""The reference flow of bench/flow.py with the package ``transitions``, written as its documentation shows.

A state per action, conditions for decisions, callbacks for data; what waits for nobody goes on by itself when it is
entered. One machine serves all calls, each a model of its own. First line of output: the commands of one call. Then a
line in is a number of calls, a line out their seconds.
"""

from __future__ import annotations

import gc
import json
import sys
from time import perf_counter
from typing import Any

from transitions import Machine


def spoken(texts: list[str]) -> int:
    """How long texts take, in ms."""
    return sum(3_000 + 120 * len(text) for text in texts)


class Call:
    """The model: the data of one call and what it has told."""

    def __init__(self, ani: str) -> None:
        self.told: list[Any] = []
        self.audio = ["Thank you for calling."]
        self.ani = ani
        self.number: str | None = None
        self.name: str | None = None
        self.tier: str | None = None
        self.visits: int | None = None
        self.score = self.index = self.priority = self.at = 0
        self.answer: str | None = None
        self.queue: str | None = None
        self.attributes: dict[str, str] = {}

    # What happens.

    def say(self, at: int = 0, **_: Any) -> None:
        self.told.append(["Say", list(self.audio), at + spoken(self.audio) + 10_000])

    def drop_audio(self, **_: Any) -> None:
        self.audio = []

    def set_number(self, **_: Any) -> None:
        self.number = self.ani

    def ask_crm(self, at: int, **_: Any) -> None:
        inputs = {"integration": "CRM", "action": "Find", "inputs": {"phone": self.number}}
        self.told.append(["Request", "run", inputs, at + 10_000])

    def keep_record(self, outputs: dict[str, Any], **_: Any) -> None:
        self.name, self.tier, self.visits = outputs["name"], outputs["tier"], outputs["visits"]

    def add_score(self, **_: Any) -> None:
        self.score += self.index * 2
        self.index += 1

    def ask_confirmation(self, at: int, **_: Any) -> None:
        self.audio = [f"You are {self.name}? Press 1."]
        self.told.append(["Collect", 1, list(self.audio), at + spoken(self.audio) + 18_000])

    def keep_answer(self, digits: str, **_: Any) -> None:
        self.answer, self.audio = digits, []

    def welcome(self, **_: Any) -> None:
        self.audio.append(f"Welcome back, {self.name}.")

    def route_silver(self, **_: Any) -> None:
        self.priority = 5

    def route_gold(self, **_: Any) -> None:
        self.priority, self.queue = 10 + self.score, "Gold"

    def attach(self, **_: Any) -> None:
        self.attributes = {"crm.name": self.name or "", "crm.tier": self.tier or "", "crm.score": str(self.score)}
        self.audio.append("One moment.")

    def enqueue(self, at: int, **_: Any) -> None:
        inputs = {"queue": self.queue, "priority": self.priority, "attributes": dict(self.attributes)}
        self.told.append(["Request", "enqueue", inputs, at + 35_000])

    def tell_end(self, **_: Any) -> None:
        self.told.append(["End", "queue"])

    def go_on(self, **facts: Any) -> None:
        self.proceed(**facts)  # type: ignore[attr-defined]  # made by the machine

    # What is decided.

    def has_number(self, **_: Any) -> bool:
        return self.number is not None

    def is_success(self, path: str, **_: Any) -> bool:
        return path == "success"

    def has_rounds(self, **_: Any) -> bool:
        return self.index < 5

    def is_right(self, **_: Any) -> bool:
        return self.answer == "1" and self.visits is not None and self.visits > 2

    def is_silver(self, **_: Any) -> bool:
        return self.tier == "Silver"

    def is_gold(self, **_: Any) -> bool:
        return self.tier == "Gold"

    def is_accepted(self, path: str, **_: Any) -> bool:
        return path == "accepted"


PASSED = ("number", "known", "score", "right", "hello", "route", "silver", "gold", "attach")
STATES = [
    "begin",
    {"name": "greeting", "on_enter": "say"},
    *({"name": name, "on_enter": "go_on"} for name in PASSED),
    {"name": "find", "on_enter": "ask_crm"},
    {"name": "confirm", "on_enter": "ask_confirmation"},
    {"name": "transfer", "on_enter": "say"},
    {"name": "enqueueing", "on_enter": "enqueue"},
    {"name": "ended", "on_enter": "tell_end"},
]
TRANSITIONS = [
    {"trigger": "proceed", "source": "begin", "dest": "greeting"},
    {"trigger": "done", "source": "greeting", "dest": "number", "before": "drop_audio"},
    {"trigger": "proceed", "source": "number", "dest": "known", "before": "set_number"},
    {"trigger": "proceed", "source": "known", "dest": "find", "conditions": "has_number"},
    {"trigger": "proceed", "source": "known", "dest": "score"},
    {"trigger": "reply", "source": "find", "dest": "score", "conditions": "is_success", "before": "keep_record"},
    {"trigger": "reply", "source": "find", "dest": "score"},
    {"trigger": "proceed", "source": "score", "dest": "=", "conditions": "has_rounds", "before": "add_score"},
    {"trigger": "proceed", "source": "score", "dest": "confirm"},
    {"trigger": "typed", "source": "confirm", "dest": "right", "before": "keep_answer"},
    {"trigger": "proceed", "source": "right", "dest": "hello", "conditions": "is_right"},
    {"trigger": "proceed", "source": "right", "dest": "route"},
    {"trigger": "proceed", "source": "hello", "dest": "route", "before": "welcome"},
    {"trigger": "proceed", "source": "route", "dest": "silver", "conditions": "is_silver"},
    {"trigger": "proceed", "source": "route", "dest": "gold", "conditions": "is_gold"},
    {"trigger": "proceed", "source": "route", "dest": "attach"},
    {"trigger": "proceed", "source": "silver", "dest": "attach", "before": "route_silver"},
    {"trigger": "proceed", "source": "gold", "dest": "attach", "before": "route_gold"},
    {"trigger": "proceed", "source": "attach", "dest": "transfer", "before": "attach"},
    {"trigger": "done", "source": "transfer", "dest": "enqueueing", "before": "drop_audio"},
    {"trigger": "reply", "source": "enqueueing", "dest": "ended", "conditions": "is_accepted"},
]
MACHINE = Machine(model=None, states=STATES, transitions=TRANSITIONS, initial="begin", auto_transitions=False)


def play() -> list[Any]:
    """One call."""
    call: Any = Call("tel:+4930901820")
    MACHINE.add_model(call)
    call.proceed(at=0)
    call.done(at=1_000)
    call.reply(at=1_200, path="success", outputs={"name": "Ada", "tier": "Gold", "visits": 7})
    call.typed(at=4_000, digits="1")
    call.done(at=6_000)
    call.reply(at=6_010, path="accepted")
    MACHINE.remove_model(call)
    told: list[Any] = call.told
    return told


def main() -> None:
    """Answer lines until there are no more."""
    print(json.dumps(play()), flush=True)
    gc.disable()
    for line in sys.stdin:
        calls = int(line)
        begun = perf_counter()
        for _ in range(calls):
            play()
        print(perf_counter() - begun, flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
