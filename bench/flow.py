"""A whole flow against the same call written by hand in Python: what generality, limits and trace cost.

Both take the same events one by one, ignore a stale one, give the same commands, keep and change the same variables,
count actions against a limit, and append to a trace what every action did and changed; a test holds them to it. They
run interleaved, so that a busy machine slows both.

Python's collector is on, as programs run: what is written by hand in the usual way refers to its own methods, and only
the collector gets it out of memory again. A second one cuts that circle at its end, as hardly anybody does.

What the hand-written one does not do: stand still in a value that can be saved, take a fault or a deadline to an error
handling, check types and ranges, look names up in an organisation, yield after many actions, and run any other flow.
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
from interpreter import Executable, advance, link, start
from interpreter.commands import Collect, End, Request, Say, Text
from interpreter.events import Event, Input, PromptDone, Reply, Started

GOAL = 2.5
LIMIT = 10_000
ROUNDS, CALLS = 40, 300

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
        state, commands, _ = advance(linked, state, event)
        told.extend(commands)
    return told


class ByHand:
    """The same call as an engineer would write it for this flow only, with the log that any IVR keeps."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.trace: list[tuple[int, str, str | None, dict[str, Any] | None]] = []
        self.audio: list[Text] = []
        self.attributes: dict[str, str] = {}
        self.actions = 0
        self.awaited: str | None = None
        self.then: Callable[[Any], None] = self.begin

    def take(self, event: Any) -> None:
        """An event, unless it answers something that is over."""
        if event.id == self.awaited:
            self.then(event)
        else:
            self.trace.append((event.at, "stale", type(event).__name__, None))

    def count(self) -> None:
        """One more action."""
        self.actions += 1
        if self.actions > LIMIT:
            raise RuntimeError("too many actions")

    def log(self, at: int, name: str, out: str | None = None, changed: dict[str, Any] | None = None) -> None:
        """What an action did: its output, and what it changed."""
        self.trace.append((at, name, out, changed))

    def say(self, event: Event, then: Callable[[Any], None]) -> None:
        self.awaited, self.then = f"{event.seq}.1", then
        prompts = tuple(self.audio)
        length = sum(3_000 + 120 * len(prompt.text) for prompt in prompts)
        self.told.append(Say(self.awaited, prompts, event.at + length + 10_000, True))

    def request(self, event: Event, port: str, operation: str, inputs: dict[str, Any], timeout: int) -> None:
        self.awaited = f"{event.seq}.1"
        self.told.append(Request(self.awaited, port, operation, inputs, event.at + timeout))

    def begin(self, event: Started) -> None:
        self.audio.append(Text("Thank you for calling.", "en-us"))
        self.count()
        self.number = event.ani
        self.log(event.at, "Number", None, {"Flow.number": self.number})
        self.count()
        if self.number is None:
            self.log(event.at, "Known", "no")
            raise NotImplementedError  # the call that is measured has a number
        self.log(event.at, "Known", "yes")
        self.count()
        self.began = event.at
        self.say(event, self.ask_crm)

    def ask_crm(self, event: PromptDone) -> None:
        self.audio.clear()
        self.log(event.at, "Find", "asked", {"phone": self.number})
        inputs = {"integration": "CRM", "action": "Find", "inputs": {"phone": self.number}}
        self.request(event, "data_actions", "run", inputs, 10_000)
        self.then = self.found

    def found(self, event: Reply) -> None:
        self.name: str | None = event.outputs.get("name")
        self.tier: str | None = event.outputs.get("tier")
        self.visits: int | None = event.outputs.get("visits")
        changed = {"Flow.name": self.name, "Flow.tier": self.tier, "Flow.visits": self.visits}
        self.log(self.began, "Find", event.path, changed)
        self.score = 0
        self.count()
        for self.index in range(5):
            self.log(event.at, "Score", "loop")
            self.count()
            self.score = self.score + self.index * 2
            self.log(event.at, "Add", None, {"Flow.score": self.score})
            self.count()
        self.log(event.at, "Score")
        self.count()
        prompts = (Text(f"You are {self.name}? Press 1.", "en-us"),)
        deadline = event.at + 3_000 + 120 * len(prompts[0].text) + 5_000 + 3_000 + 10_000
        self.awaited, self.began = f"{event.seq}.1", event.at
        self.told.append(
            Collect(
                id=self.awaited,
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
            self.log(self.began, "Confirm", "success", {"Flow.answer": self.answer})
        else:
            self.log(self.began, "Confirm", "failure")
        self.count()
        if self.answer == "1" and self.visits is not None and self.visits > 2:
            self.log(event.at, "Right", "yes")
            self.count()
            self.audio.append(Text(f"Welcome back, {self.name}.", "en-us"))
            self.log(event.at, "Hello", None, {"text": self.audio[-1]})
        else:
            self.log(event.at, "Right", "no")
        self.count()
        self.priority, self.queue = 0, None
        if self.tier == "Silver":
            self.log(event.at, "Route", "Silver")
            self.count()
            self.priority = 5
            self.log(event.at, "R1", None, {"Flow.priority": self.priority})
        elif self.tier == "Gold":
            self.log(event.at, "Route", "Gold")
            self.count()
            self.priority = 10 + self.score
            self.queue = Entity("que", None, "Gold")
            self.log(event.at, "R2", None, {"Flow.priority": self.priority, "Flow.queue": self.queue})
        else:
            self.log(event.at, "Route", "default")
        self.count()
        attributes = {"crm.name": self.name or "", "crm.tier": self.tier or "", "crm.score": str(self.score)}
        for name, value in attributes.items():
            if len(name) > 200 or len(value) > 32_000:
                raise ValueError(name)
        self.attributes.update(attributes)
        self.log(event.at, "Attach", None, attributes)
        self.count()
        self.audio.append(Text("One moment.", "en-us"))
        self.began = event.at
        self.say(event, self.transfer)

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
        self.log(event.at, "Transfer", "asked", inputs)
        self.request(event, "routing", "enqueue", inputs, 35_000)
        self.then = self.accepted

    def accepted(self, event: Reply) -> None:
        self.log(self.began, "Transfer", event.path)
        if event.path == "accepted":
            self.told.append(End("queue"))


class WithoutCircle(ByHand):
    """The same, which leaves nothing to the collector."""

    def accepted(self, event: Reply) -> None:
        super().accepted(event)
        del self.then


def by_hand(happening: tuple[Event, ...], make: Callable[[], ByHand] = ByHand) -> list[Any]:
    """The call by hand."""
    call = make()
    call.begin(STARTED)
    for event in happening:
        call.take(event)
    return call.told


def run() -> list[tuple[str, float, str]]:
    """The ratio of the best rounds, and what one call costs."""
    linked, happening = executable(), events()
    players: dict[str, Callable[[], list[Any]]] = {
        "flow": lambda: by_flow(linked, happening),
        "hand": lambda: by_hand(happening),
        "without circle": lambda: by_hand(happening, WithoutCircle),
    }
    best = dict.fromkeys(players, float("inf"))
    for _ in range(ROUNDS):
        for name, play in players.items():
            gc.collect()  # what the one before has left is not this one's
            begun = perf_counter()
            for _ in range(CALLS):
                play()
            best[name] = min(best[name], (perf_counter() - begun) / CALLS)
    flow, hand, without = best.values()
    return [
        ("flow: compiled flow to hand-written Python (ratio)", flow / hand, f"<= {GOAL}"),
        ("flow: compiled flow to hand-written Python that makes no circles (ratio)", flow / without, f"<= {GOAL}"),
        ("flow: one call of 21 actions in 6 steps (microseconds)", flow * 1e6, ""),
        ("flow: the same call by hand (microseconds)", hand * 1e6, ""),
        ("flow: the same call by hand, without circles (microseconds)", without * 1e6, ""),
    ]


if __name__ == "__main__":
    for name, value, goal in run():
        print(f"{name:60} {value:8.2f}  {goal}")
