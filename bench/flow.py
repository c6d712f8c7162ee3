"""A whole flow against the same call written by hand in Python: what generality, limits and trace cost.

Both take the same events, give the same commands and keep the same data; they run interleaved, so that a busy machine
slows both.
The hand-written one has no trace, no limits, no error handling and cannot be saved.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter
from typing import Any

from dsl import check_flow
from dsl.compile import compile_flow
from dsl.expressions.values import Entity
from dsl.source import Source
from interpreter import Executable, link, start, step
from interpreter.commands import Collect, End, Request, Say, Text
from interpreter.events import Event, Input, PromptDone, Reply, Started

GOAL = 2.5
ROUNDS, CALLS = 15, 60

FLOW = """\
inboundCall:
  name: Reference
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  initialGreeting: {tts: Thank you for calling.}
  variables:
  - stringVariable: {name: Flow.number, initialValue: {noValue: true}}
  - stringVariable: {name: Flow.name, initialValue: {noValue: true}}
  - stringVariable: {name: Flow.tier, initialValue: {noValue: true}}
  - integerVariable: {name: Flow.visits, initialValue: {noValue: true}}
  - integerVariable: {name: Flow.score, initialValue: {lit: 0}}
  - integerVariable: {name: Flow.index, initialValue: {noValue: true}}
  - stringVariable: {name: Flow.answer, initialValue: {noValue: true}}
  - queueVariable: {name: Flow.queue, initialValue: {noValue: true}}
  - integerVariable: {name: Flow.priority, initialValue: {lit: 0}}
  tasks:
  - task:
      name: Main
      refId: main
      actions:
      - updateData: {name: Number, statements: [{string: {variable: Flow.number, value: {exp: Call.Ani}}}]}
      - decision:
          name: Known
          condition: {exp: IsSet(Flow.number)}
          outputs:
            yes:
              actions:
              - callData:
                  name: Find
                  timeout: {lit: {seconds: 10}}
                  category: {CRM: {dataAction: {Find: {inputs: {phone: {exp: Flow.number}}, successOutputs: {name: {var: Flow.name}, tier: {var: Flow.tier}, visits: {var: Flow.visits}}}}}}
      - loop:
          name: Score
          currentIndex: {var: Flow.index}
          loopCount: {lit: 5}
          outputs:
            loop:
              actions:
              - updateData: {name: Add, statements: [{integer: {variable: Flow.score, value: {exp: Flow.score + Flow.index * 2}}}]}
      - collectInput:
          name: Confirm
          inputData: {var: Flow.answer}
          digits: {exact: 1}
          inputAudio: {exp: 'ToAudioTTS(Append("You are ", Flow.name, "? Press 1."))'}
      - decision:
          name: Right
          condition: {exp: Flow.answer == "1" and Flow.visits > 2}
          outputs:
            yes: {actions: [{playAudio: {name: Hello, audio: {exp: 'ToAudioTTS(Append("Welcome back, ", Flow.name, "."))'}}}]}
      - switch:
          name: Route
          evaluate:
            firstMatch:
              string:
                value: {exp: Flow.tier}
                cases:
                - case: {value: {lit: Silver}, actions: [{updateData: {name: R1, statements: [{integer: {variable: Flow.priority, value: {lit: 5}}}]}}]}
                - case: {value: {lit: Gold}, actions: [{updateData: {name: R2, statements: [{integer: {variable: Flow.priority, value: {exp: 10 + Flow.score}}}, {queue: {variable: Flow.queue, value: {lit: {name: Gold}}}}]}}]}
      - setParticipantData:
          name: Attach
          attributes:
          - attribute: {name: {lit: crm.name}, value: {exp: Flow.name}}
          - attribute: {name: {lit: crm.tier}, value: {exp: Flow.tier}}
          - attribute: {name: {lit: crm.score}, value: {exp: ToString(Flow.score)}}
      - transferToAcd: {name: Transfer, targetQueue: {exp: Flow.queue}, priority: {exp: Flow.priority}, preTransferAudio: {tts: One moment.}}
"""  # noqa: E501  (a flow as people write it)
FOUND = {"name": "Ada", "tier": "Gold", "visits": 7}
STARTED = Started(seq=1, at=0, execution="e", conversation="c", ani="tel:+4930901820", dnis="tel:+49301")


def events() -> tuple[Event, ...]:
    """What happens after the start: a prompt is heard, the CRM answers, a key, a prompt, the queue accepts."""
    return (
        PromptDone(seq=2, at=1_000, id="1.1", how="done"),
        Reply(seq=3, at=1_200, id="2.1", path="success", outputs=FOUND),
        Input(seq=4, at=4_000, id="3.1", digits="1", why="max"),
        PromptDone(seq=5, at=6_000, id="4.1", how="done"),
        Reply(seq=6, at=6_010, id="5.1", path="accepted"),
    )


def executable() -> Executable:
    """The flow, compiled."""
    checked = check_flow(Source("reference.yaml", FLOW))
    assert checked.flow is not None
    return link(compile_flow(checked.flow, FLOW))


def by_flow(linked: Executable, happening: tuple[Event, ...]) -> list[Any]:
    """The call by the machine."""
    state, commands, _ = start(linked, STARTED)
    told = list(commands)
    for event in happening:
        state, commands, _ = step(linked, state, event)
        told.extend(commands)
    return told


class ByHand:
    """The same call as an engineer would write it for this flow only."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.audio: list[Text] = []
        self.attributes: dict[str, str] = {}
        self.then: Callable[[Any], None] = self.begin

    def say(self, seq: int, at: int) -> None:
        prompts = tuple(self.audio)
        length = sum(3_000 + 120 * len(prompt.text) for prompt in prompts)
        self.told.append(Say(f"{seq}.1", prompts, at + length + 10_000, True))

    def begin(self, event: Started) -> None:
        self.audio.append(Text("Thank you for calling.", "en-us"))
        self.number = event.ani
        self.say(event.seq, event.at)
        self.then = self.ask_crm

    def ask_crm(self, event: PromptDone) -> None:
        self.audio.clear()
        inputs = {"integration": "CRM", "action": "Find", "inputs": {"phone": self.number}}
        self.told.append(Request(f"{event.seq}.1", "data_actions", "run", inputs, event.at + 10_000))
        self.then = self.found

    def found(self, event: Reply) -> None:
        self.name: str | None = event.outputs.get("name")
        self.tier: str | None = event.outputs.get("tier")
        self.visits: int | None = event.outputs.get("visits")
        self.score = 0
        for index in range(5):
            self.score = self.score + index * 2
        prompts = (Text(f"You are {self.name}? Press 1.", "en-us"),)
        deadline = event.at + 3_000 + 120 * len(prompts[0].text) + 5_000 + 3_000 + 10_000
        self.told.append(
            Collect(
                id=f"{event.seq}.1",
                max=1,
                deadline=deadline,
                prompts=prompts,
                term_keys="",
                barge_in=True,
                language="en-us",
            )
        )
        self.then = self.confirmed

    def confirmed(self, event: Input) -> None:
        if event.why in ("max", "term", "inter_timeout"):
            self.answer = event.digits
        if self.answer == "1" and self.visits is not None and self.visits > 2:
            self.audio.append(Text(f"Welcome back, {self.name}.", "en-us"))
        self.priority, self.queue = 0, None
        if self.tier == "Silver":
            self.priority = 5
        elif self.tier == "Gold":
            self.priority = 10 + self.score
            self.queue = Entity("que", None, "Gold")
        attributes = {"crm.name": self.name or "", "crm.tier": self.tier or "", "crm.score": str(self.score)}
        for name, value in attributes.items():
            if len(name) > 200 or len(value) > 32_000:
                raise ValueError(name)
        self.attributes.update(attributes)
        self.audio.append(Text("One moment.", "en-us"))
        self.say(event.seq, event.at)
        self.then = self.transfer

    def transfer(self, event: PromptDone) -> None:
        self.audio.clear()
        inputs = {
            "queue": self.queue,
            "priority": self.priority,
            "skills": (),
            "language": None,
            "preferred": (),
            "direct": None,
            "in_queue_flow": None,
            "attributes": dict(self.attributes),
        }
        self.told.append(Request(f"{event.seq}.1", "routing", "enqueue", inputs, event.at + 35_000))
        self.then = self.accepted

    def accepted(self, event: Reply) -> None:
        if event.path == "accepted":
            self.told.append(End("queue"))


def by_hand(happening: tuple[Event, ...]) -> list[Any]:
    """The call by hand."""
    call = ByHand()
    call.then(STARTED)
    for event in happening:
        call.then(event)
    return call.told


def run() -> list[tuple[str, float, str]]:
    """The ratio of the best rounds, and what one call costs."""
    linked, happening = executable(), events()
    times: dict[str, list[float]] = {"flow": [], "hand": []}
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for name, play in (("flow", lambda: by_flow(linked, happening)), ("hand", lambda: by_hand(happening))):
                begun = perf_counter()
                for _ in range(CALLS):
                    play()
                times[name].append((perf_counter() - begun) / CALLS)
            gc.collect()
    finally:
        gc.enable()
    flow, hand = min(times["flow"]), min(times["hand"])
    return [
        ("flow: compiled flow to hand-written Python (ratio)", flow / hand, f"<= {GOAL}"),
        ("flow: one call of 23 actions in 6 steps (microseconds)", flow * 1e6, ""),
    ]


if __name__ == "__main__":
    for name, value, goal in run():
        print(f"{name:60} {value:8.2f}  {goal}")
