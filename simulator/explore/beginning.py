"""How explored conversations begin: who calls whom, the message or mail that comes in, the flow's inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.actions import FLOW_TYPES
from dsl.expressions.builtins import BUILTINS
from dsl.expressions.values import Structure
from dsl.program import Program
from interpreter.events import Started
from simulator.explore.samples import sample
from simulator.explore.talk import NONSENSE, Talk
from simulator.explore.terms import Answer, Values
from simulator.opening import MAIL_KEYS, Opening, facts_of

NOON = 1_772_442_900_000
"""When explored calls come: 2 March 2026, 09:15 UTC, as in rehearsals that say nothing else."""
ANONYMOUS, DIALLED = "anonymous", "tel:+49301234567"
USUAL: Mapping[str, Any] = {
    "?0.call.ani": ANONYMOUS,
    "?0.call.calledaddress": DIALLED,
    "?0.call.conversationid": "explored",
}
"""What rehearsals that say nothing else begin with."""
MESSAGE, MAIL = "?0.message.message", "?0.email.message"
LAST_INPUT = "flow.$lastinput"
_GREETING = "Hello"
_LETTER = {"subject": "A question", "body": "Please call me back."}
_BY_ITSELF = ("call.", "flow.", "system.", "session.", "bot.")


def beginning(program: Program) -> Answer:
    """What every path begins with, by sources."""
    found: Answer = {f"?0.{name}": sample(program.types[slot]) for name, slot in program.inputs.items()}
    queueing = program.type.startswith("inqueue")
    for name in program.host_reads:
        builtin = BUILTINS.get(name)
        known = name.startswith(_BY_ITSELF) and not (queueing and name in _IN_QUEUE)
        if builtin is not None and not known and builtin.type in ("str", "int", "bln", "dur"):
            found[f"?0.{name}"] = sample(builtin.type)
    return {**found, **_came_in(program, opened(program)), **USUAL}


_IN_QUEUE = ("call.positioninqueue", "call.estimatedwaittime")


def opened(program: Program, values: Values | None = None) -> Opening:
    """The opening of a written conversation, as a test file has it."""
    family = FLOW_TYPES.get(program.type)
    if family == "text" and program.type != "inboundChat":
        message = values.get(MESSAGE) if values is not None else None
        body = message.properties.get("body") if isinstance(message, Structure) else None
        return Opening(message=body if isinstance(body, str) else _GREETING)
    if family == "mail":
        mail = values.get(MAIL) if values is not None else None
        return Opening(mail=_letter(mail) if isinstance(mail, Structure) else _LETTER)
    return Opening()


def _letter(mail: Structure) -> Mapping[str, Any]:
    plain = {key: mail.properties.get(key) for key in MAIL_KEYS}
    return {key: value for key, value in plain.items() if value and isinstance(value, (str, bool))}


def _came_in(program: Program, opening: Opening) -> Answer:
    facts = facts_of(program, opening, opening.message, ANONYMOUS, DIALLED.removeprefix("tel:"), NOON)
    return {f"?0.{name.lower()}": value for name, value in facts["builtins"].items() if name.lower() != LAST_INPUT}


def is_told_by(program: Program, opening: Opening, values: Values) -> frozenset[str]:
    """Sources that have the values which a test file with this opening gives them."""
    return frozenset(name for name, value in _came_in(program, opening).items() if values.get(name) == value)


def other_openings(program: Program) -> Iterator[Answer]:
    """A bot that begins with none of its slots filled; first messages that mean something to the bots that the flow
    calls, and one that means nothing."""
    slots = {f"?0.{name}": None for name in program.inputs if name.startswith("slot.")}
    if slots:
        yield dict(slots)
    if FLOW_TYPES.get(program.type) != "text" or not program.bots:
        return
    texts = [text for bot in program.bots.values() for text in Talk(bot, program.default_language).intents(())]
    usual = _came_in(program, opened(program)).get(MESSAGE)
    for text in dict.fromkeys([*texts, NONSENSE]):
        if isinstance(usual, Structure):
            yield {MESSAGE: Structure(usual.kind, {**usual.properties, "body": text})}


def started(program: Program, values: Values) -> Started:
    """The first event with these values."""
    given = {name.removeprefix("?0."): value for name, value in values.items()}
    data = {name.removeprefix("data."): given.pop(name) for name in list(given) if name.startswith("data.")}
    inputs = {name: given.pop(name) for name in list(given) if name in program.inputs}
    told = opened(program, values).message
    last = {LAST_INPUT: told} if told is not None else {}
    return Started(
        seq=1,
        at=NOON,
        execution="explored",
        conversation="explored",
        ani=given.pop("call.ani", ANONYMOUS),
        dnis=given.pop("call.calledaddress", DIALLED),
        inputs=inputs,
        attributes={name: value for name, value in data.items() if value is not None},
        builtins={**{name: value for name, value in given.items() if name != "call.conversationid"}, **last},
    )


def number_of(address: Any) -> str | None:
    """The number that a test file gives for an address (``tel:+49...``); None where no caller can have it."""
    if not isinstance(address, str) or not address:
        return None
    number = address.removeprefix("tel:")
    has_scheme = number[:1] in "+0123456789" and bool(number)
    return number if (f"tel:{number}" if has_scheme else number) == address else None
