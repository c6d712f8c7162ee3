"""Snapshots: the state of a parked execution as bytes, and back (docs/decisions/002-snapshot.md).

Variables are kept by name and positions by site, so that the numbers of blocks and slots may change as long as
the bundle is the
same. Secure values are left out; they are NOT_SET after a resume.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from dsl.expressions.values import (
    Audio,
    Communication,
    Currency,
    Duration,
    Entity,
    Json,
    PhoneNumber,
    Secure,
    Structure,
    Timeslot,
)
from dsl.program import ABI, Program
from interpreter.commands import Prompt, Text
from interpreter.state import ACTION_LIMIT, Frame, State, Waiting

SCHEMA = f"callwright.state/{ABI}"
_STRUCTS: Mapping[str, type] = {
    "c": Currency,
    "d": Duration,
    "p": PhoneNumber,
    "a": Audio,
    "m": Communication,
}
_TAGS = {type_: tag for tag, type_ in _STRUCTS.items()}


class UnknownSnapshotError(Exception):
    """The snapshot does not fit this program: another bundle, another ABI, or a site that is not there."""


def pack(state: State, program: Program) -> bytes:
    """The state as bytes (msgpack), ids and fingerprint as the numbers that they are."""
    return msgspec.msgpack.encode(_squeezed(_document(state, program)))


def readable(state: State, program: Program) -> str:
    """The same as JSON, for tests and people."""
    return json.dumps(msgspec.to_builtins(_document(state, program)), ensure_ascii=False, sort_keys=True)


def unpack(data: bytes, program: Program) -> State:
    """The state of a snapshot. Raises ``UnknownSnapshotError`` when it does not fit the program."""
    try:
        document = _opened(msgspec.msgpack.decode(data))
    except msgspec.DecodeError as error:
        raise UnknownSnapshotError("the snapshot cannot be read") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UnknownSnapshotError("the snapshot was made by another version of the machine")
    if document["bundle"] != program.fingerprint:
        raise UnknownSnapshotError("the snapshot belongs to another version of the flow")
    return _state(document, program)


def _document(state: State, program: Program) -> dict[str, Any]:
    names = [_short(name) for name in program.names]
    waiting = state.waiting
    site = program.phases.get(waiting.block) if waiting else None
    document = {
        "schema": SCHEMA,
        "bundle": program.fingerprint,
        "execution": state.execution,
        "conversation": state.conversation,
        "seq": state.seq,
        "site": site,
        "resume": _from_site(site, program.phases.get(waiting.resume)) if waiting else None,
        "open": [waiting.id, waiting.kind, waiting.deadline, list(waiting.outputs), waiting.said] if waiting else None,
        "frames": [
            [
                program.phases[frame.back],
                {names[s]: _out(v) for s, v in zip(frame.slots, frame.values, strict=True) if s not in program.secure},
                frame.is_module,
                *([program.phases[frame.error]] if frame.error >= 0 else ()),
            ]
            for frame in state.frames
        ],
        "vars": {
            names[slot]: _out(value)
            for slot, value in enumerate(state.variables)
            if value is not None and value != () and slot not in program.secure and not isinstance(value, Secure)
        },
        "language": state.language if state.language != program.default_language.lower() else None,
        "audio": [] if state.secret_audio else [_prompt_out(prompt, state.language) for prompt in state.audio],
        "secret_input": state.secret_input,
        "pass_at": state.pass_at,
        "attributes": state.attributes,
        "known": state.known,
        "outcomes": state.outcomes,
        "wrapup": state.wrapup_code,
        "builtins": {name: _out(value) for name, value in state.builtins.items()},
        "headers": state.headers,
        "menus": [[program.menus[number].element, rounds] for number, rounds in state.menus],
        "actions": state.actions,
        "limit": state.limit,
        "error": state.in_error,
        "next_language": state.next_language,
        "random": state.random,
        "numbered": state.numbered,
        "ended": state.ended,
    }
    return {key: value for key, value in document.items() if value not in _NOTHING and value != _USUAL.get(key)}


_IDENTITY = re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_DIGEST = re.compile("sha256:[0-9a-f]{64}")


def _squeezed(value: Any) -> Any:
    """A document with bytes in place of each UUID (16 of them) and digest (32), which hold nothing else."""
    if isinstance(value, str):
        if len(value) == 36 and _IDENTITY.fullmatch(value):
            return bytes.fromhex(value.replace("-", ""))
        return bytes.fromhex(value[7:]) if len(value) == 71 and _DIGEST.fullmatch(value) else value
    if isinstance(value, dict):
        return {name: _squeezed(item) for name, item in value.items()}
    return [_squeezed(item) for item in value] if isinstance(value, list) else value


def _opened(value: Any) -> Any:
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == 16 else f"sha256:{value.hex()}"
    if isinstance(value, dict):
        return {name: _opened(item) for name, item in value.items()}
    return [_opened(item) for item in value] if isinstance(value, list) else value


_NOTHING: tuple[Any, ...] = (None, {}, [], False, "")
_USUAL: Mapping[str, Any] = {"limit": ACTION_LIMIT, "pass_at": -1, "resume": "+-done"}
"""What most executions have, which is not written down."""


def _short(name: str) -> str:
    """The name of a variable; those of the flow, which are most, without ``Flow``."""
    return name[4:] if name.startswith("Flow.") else name


def _from_site(site: str | None, resume: str | None) -> str | None:
    """The place that goes on: as a rule it begins like that which waits, and only the rest is written."""
    return f"+{resume.removeprefix(site)}" if site and resume and resume.startswith(site) else resume


def _prompt_out(prompt: Prompt, language: str) -> Any:
    """A prompt; one that is only words of the running language is those."""
    plain = isinstance(prompt, Text) and prompt == Text(prompt.text, language)
    return prompt.text if isinstance(prompt, Text) and plain else msgspec.to_builtins(prompt)


def _prompt_in(prompt: Any, language: str) -> Prompt:
    if isinstance(prompt, str):
        return Text(prompt, language)
    read: Prompt = msgspec.convert(prompt, Prompt)
    return read


def _state(document: Mapping[str, Any], program: Program) -> State:
    blocks = {phase: number for number, phase in program.phases.items()}
    slots = {_short(name): slot for slot, name in enumerate(program.names)}
    elements = {table.element: number for number, table in enumerate(program.menus)}

    def block(phase: str | None) -> int:
        if phase not in blocks:
            raise UnknownSnapshotError(f"the flow has no place {phase!r}")
        return blocks[phase]

    language = document.get("language", program.default_language.lower())
    place: str | None = document.get("site")
    waiting = None
    if "open" in document:
        identity, kind, deadline, outputs, said = document["open"]
        resume = document.get("resume", _USUAL["resume"])
        further = block(f"{place}{resume[1:]}" if resume.startswith("+") else resume)
        waiting = Waiting(identity, kind, block(place), further, deadline, tuple(outputs), said)
    variables: list[Any] = [() if type_.endswith("_coll") else None for type_ in program.types]
    for name, value in document.get("vars", {}).items():
        if name in slots:
            variables[slots[name]] = _in(value)
    frames = tuple(
        Frame(
            block(phase),
            tuple(slots[n] for n in values),
            tuple(_in(v) for v in values.values()),
            is_module,
            block(error[0]) if error else -1,
        )
        for phase, values, is_module, *error in document.get("frames", [])
    )
    return State(
        execution=document["execution"],
        conversation=document.get("conversation"),
        variables=variables,
        language=language,
        seq=document.get("seq", 0),
        numbered=document.get("numbered", 0),
        waiting=waiting,
        frames=frames,
        audio=tuple(_prompt_in(prompt, language) for prompt in document.get("audio", [])),
        secret_input=document.get("secret_input", False),
        pass_at=document.get("pass_at", _USUAL["pass_at"]),
        headers=document.get("headers", {}),
        attributes=document.get("attributes", {}),
        known=document.get("known", {}),
        outcomes=document.get("outcomes", {}),
        wrapup_code=document.get("wrapup"),
        builtins={name: _in(value) for name, value in document.get("builtins", {}).items()},
        menus=tuple((elements[element], rounds) for element, rounds in document.get("menus", [])),
        actions=document.get("actions", 0),
        limit=document.get("limit", _USUAL["limit"]),
        in_error=document.get("error", False),
        next_language=document.get("next_language"),
        random=document.get("random", 0),
        ended=document.get("ended"),
    )


# Values. Plain ones as they are, everything else as a list that begins with its tag.


def _out(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Secure):
        return None
    if isinstance(value, Decimal):
        return ["n", str(value)]
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["y", value.isoformat()]
    if isinstance(value, time):
        return ["h", value.isoformat()]
    if isinstance(value, tuple):
        return ["l", [_out(item) for item in value]]
    if isinstance(value, Json):
        return ["j", json.dumps(value.value, default=str)]
    if isinstance(value, Structure):
        return ["s", value.kind, {name: _out(item) for name, item in value.properties.items()}]
    if isinstance(value, Timeslot):
        return ["o", value.start.isoformat(), value.duration.ms]
    if isinstance(value, Entity):
        parts = [value.kind, value.id, value.name, value.username, msgspec.to_builtins(value.properties)]
        while len(parts) > 3 and not parts[-1]:
            parts.pop()
        return ["e", *parts]
    tag = _TAGS[type(value)]
    return [tag, msgspec.to_builtins(value)]


def _in(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    tag, body = value[0], value[1]
    if tag == "e":
        return Entity(*value[1:])
    if tag in _STRUCTS:
        return msgspec.convert(body, _STRUCTS[tag])
    if tag == "s":
        return Structure(body, {name: _in(item) for name, item in value[2].items()})
    if tag == "o":
        return Timeslot(datetime.fromisoformat(body), Duration(value[2]))
    readers: Mapping[str, Callable[[Any], Any]] = {
        "n": Decimal,
        "t": lambda text: datetime.fromisoformat(text).astimezone(UTC),
        "y": date.fromisoformat,
        "h": time.fromisoformat,
        "l": lambda items: tuple(_in(item) for item in items),
        "j": lambda text: Json(json.loads(text)),
    }
    return readers[tag](body)
