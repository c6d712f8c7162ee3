"""What can happen while a flow waits: everything that a caller may do there and that a service may answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl.bots import Bot
from dsl.expressions.tree import Node
from dsl.expressions.types import Type
from interpreter.commands import Collect, Command, Menu, Request
from interpreter.events import (
    Connected,
    Continued,
    Event,
    HungUp,
    Input,
    PromptDone,
    RecordingDone,
    Reply,
    SilenceDone,
    TimerFired,
)
from interpreter.state import State
from simulator.explore.bindings import failures_of, outputs_of
from simulator.explore.follow import SAID
from simulator.explore.index import Guarded, Index
from simulator.explore.samples import sample
from simulator.explore.talk import NONSENSE, Talk
from simulator.explore.terms import Values, source
from simulator.stubs import failure_outputs

HANG_UP, ANSWERED, SILENCE = "hang up", "answered", "silence"
ENTERED = "digits"
_TRANSFERS = frozenset(
    """
    transferToAcd transferToUser transferToGroup transferToNumber transferToVoicemail transferToFlow
    transferToFlowSecure returnToAgent
    """.split()
)
_WITHOUT_VALUES = frozenset(
    "failure timeout notFound error invalid conditionsNotMet maxNoInputs maxNoMatches noIntent noInput".split()
)
_QUESTIONS = frozenset("askForSlot askForBoolean askForIntent loopAnythingElse digitalMenu waitForInput".split())
_ANYTHING = "sample"
_ADDED = {"extension": "dialByExtension", "enqueue": "transferToAcd"}
_ANY_EXTENSION = "4711"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can happen: a ``label`` for people, the event, and the sources that the answer gives values to."""

    label: str
    event: type[Any]
    fields: Mapping[str, Any] = field(default_factory=dict)
    gives: tuple[tuple[str, Node], ...] = ()
    """(output, source) of each value; ``digits`` is what the caller enters, ``speech`` what they say to a bot."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    """By source name."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A flow that waits: who waits, for what, and what can happen."""

    element: str
    key: str
    """The key of the action that waits, the one whose service is asked where the compiler has added the wait."""

    command: Command | None
    choices: tuple[Choice, ...]


def situation(index: Index, state: State, commands: tuple[Command, ...], number: int) -> Situation:
    """The situation after a step; ``number`` tells its sources from those of others on the path."""
    waiting = state.waiting
    assert waiting is not None
    command = next((c for c in reversed(commands) if getattr(c, "id", None) == waiting.id), None)
    site = index.program.wait_sites.get(waiting.block, -1)
    item = index.item(site)
    element = index.program.sites[site].place if site >= 0 else ""
    if waiting.kind == "menu":
        element = index.program.menus[state.menus[-1][0]].element
    found = [*_choices(index, state, waiting.kind, command, item, number)]
    if index.program.type in _WITH_CALLER and waiting.kind in ("say", "collect", "menu", "pause", "listen"):
        if index.program.type == "inqueueCall":
            found.append(Choice(ANSWERED, Connected))
        found.append(Choice(HANG_UP, HungUp, {"by": "caller"}))
    key = item.action.key if item is not None else _ADDED.get(getattr(command, "operation", ""), "")
    return Situation(element, key, command, tuple(found))


_WITH_CALLER = frozenset({"inboundCall", "outboundCall", "secureCall", "inqueueCall", "voicemail"})


def event_of(choice: Choice, state: State, command: Command | None, at: int, values: Values) -> Event | None:
    """The event of a choice with these values; None where no caller could bring them about."""
    identity = state.waiting.id if state.waiting is not None else ""
    fields = {**choice.fields, "seq": state.seq + 1, "at": at}
    if choice.event in (HungUp, Connected, Continued):
        return choice.event(**fields)  # type: ignore[no-any-return]  # one of the events
    fields["id"] = identity
    if choice.event is Reply:
        given = {name: values.get(leaf.name or "") for name, leaf in choice.gives}
        kind = "failure" if "failure" in choice.fields else "outputs"
        fields[kind] = {**choice.fields.get(kind, {}), **given}
    elif choice.gives and isinstance(command, Collect):
        value = values.get(choice.gives[0][1].name or "")
        entered = entry(command, value) if choice.gives[0][0] == ENTERED else spoken(value)
        if entered is None:
            return None
        fields.update(entered)
    return choice.event(**fields)  # type: ignore[no-any-return]


def entry(command: Collect, digits: Any) -> dict[str, Any] | None:
    """How a caller enters these digits (telephony.md §4.3); None where that cannot be."""
    if not isinstance(digits, str) or not digits:
        return None
    if digits in command.accept_bare:
        return {"digits": digits, "why": "term"}
    keys = set(command.allowed) - set("*#")
    if not set(digits) <= keys or not command.min <= len(digits) <= command.max:
        return None
    if len(digits) == command.max:
        return {"digits": digits, "why": "max"}
    if "#" in command.term_keys:
        return {"digits": digits, "why": "term", "key": "#"}
    return {"digits": digits, "why": "inter_timeout"}


def spoken(text: Any) -> dict[str, Any] | None:
    """How somebody says or writes this text; None where there is nothing to say."""
    if not isinstance(text, str) or not text.strip():
        return None
    return {"digits": "", "why": "term", "speech": text, "confidence": 1.0}


# By kind of wait.


def _choices(
    index: Index, state: State, kind: str, command: Command | None, item: Guarded | None, number: int
) -> Iterator[Choice]:
    action = item.action if item is not None else None
    if kind == "say":
        yield Choice("done", PromptDone, {"how": "done"})
        if action is not None and action.key == "playAudioOnSilence":
            yield Choice("interrupted", PromptDone, {"how": "interrupted"})
    elif kind == "collect" and isinstance(command, Collect):
        if item is not None and item.action.key in _QUESTIONS:
            yield from _told(index, state, item, number)
        else:
            yield from _collected(command, number)
    elif kind == "menu" and isinstance(command, Menu):
        yield from _chosen(index, state, command)
    elif kind == "listen":
        yield Choice("quiet", SilenceDone, {"how": "silence"})
        yield Choice("noise", SilenceDone, {"how": "timeout"})
    elif kind == "record":
        yield Choice("recorded", RecordingDone, {"uri": "", "ms": 0, "why": "stopped"})
    elif kind == "continue":
        yield Choice("go on", Continued)
    elif kind == "request" and isinstance(command, Request):
        yield from _answered(index, item, number)
    else:
        yield Choice("time passes", TimerFired)


def _told(index: Index, state: State, item: Guarded, number: int) -> Iterator[Choice]:
    """What somebody says to a bot: to its question, or where it asks back."""
    waiting = state.waiting
    assert waiting is not None
    talk = Talk(index.program.bots.get(item.prefix, Bot()), state.language)
    slot = str(item.action.settings.get("slot") or "").removeprefix("Slot.")
    key = item.action.key
    texts: list[str] = []
    asks_back = index.program.phases.get(waiting.block, "").endswith(("#confirm", "#escalate"))
    if asks_back or key == "askForBoolean":
        texts = [*talk.agreement(), NONSENSE]
    elif key == "askForSlot":
        values = [_ANYTHING] if talk.is_free(slot) else list(talk.values(slot))
        if values and slot not in index.listed_slots(item.prefix):
            leaf = source(f"{number}.{SAID}", Type("str"))
            yield Choice(SAID, Input, gives=((SAID, leaf),), defaults={leaf.name or "": values.pop(0)})
        texts = [*values, *([] if talk.is_free(slot) else [NONSENSE])]
    else:
        names = [output.path for output in item.action.outputs if output.path not in _WITHOUT_VALUES]
        more = talk.agreement() if key == "loopAnythingElse" else ()
        texts = [*more, *talk.intents(names), *([NONSENSE] if talk.means_nothing(names) else [])]
    for text in dict.fromkeys([*texts, *(() if asks_back else talk.wishes())]):
        if (said := spoken(text)) is not None:  # a bot may list values that nobody can say
            yield Choice(f'say "{text}"', Input, said)
    yield Choice(SILENCE, Input, {"digits": "", "why": "no_input"})


def _collected(command: Collect, number: int) -> Iterator[Choice]:
    if command.allowed == "12" and command.max == 1:
        yield from (Choice(f"press {key}", Input, {"digits": key, "why": "max"}) for key in "12")
    else:
        leaf = source(f"{number}.digits", Type("str"))
        typical = "".join(sorted(set(command.allowed) - set("*#0"))) or "1"
        least = max(command.min, 1)
        digits = (typical * (least // len(typical) + 1))[:least]
        yield Choice(ENTERED, Input, gives=((ENTERED, leaf),), defaults={leaf.name or "": digits})
    yield Choice(SILENCE, Input, {"digits": "", "why": "no_input"})


def _chosen(index: Index, state: State, command: Menu) -> Iterator[Choice]:
    table = index.program.menus[state.menus[-1][0]]
    why = "inter_timeout" if command.extension_delay else "max"
    pressed = [key for key in command.choices if len(key) == 1]
    for choice in table.choices:
        terms = command.choices.get(choice.key, ())
        if len(choice.key) == 1:
            yield Choice(f"press {choice.key}", Input, {"digits": choice.key, "why": why})
        elif terms:
            said = {"digits": "", "why": "term", "speech": terms[0], "confidence": 1.0}
            yield Choice(f"say {terms[0]}", Input, said)
    yield Choice(SILENCE, Input, {"digits": "", "why": "no_input"})
    wrong = next((key for key in "9876543210" if key not in pressed), None)
    if wrong is not None:
        yield Choice(f"press {wrong}", Input, {"digits": wrong, "why": why})
    if table.extension is not None and command.extension_delay:
        yield Choice(f"dial {_ANY_EXTENSION}", Input, {"digits": _ANY_EXTENSION, "why": "inter_timeout"})


def _answered(index: Index, item: Guarded | None, number: int) -> Iterator[Choice]:
    action = item.action if item is not None else None
    if item is None or action is None or action.key == "dialByExtension" or action.key in _TRANSFERS:
        yield Choice("accepted", Reply, {"path": "accepted"})
        failure = {"errorType": "InvalidTarget", "errorMessage": "the target does not take the call"}
        yield Choice("refused", Reply, {"path": "refused", "failure": failure})
        if action is None or action.key == "dialByExtension":
            yield Choice("timeout", TimerFired)
        return
    if action.key in _QUESTIONS:
        leaf = source(f"{number}.answer", Type("str"))
        yield Choice("knowledge", Reply, {"path": "knowledge"}, (("answer", leaf),), {leaf.name or "": _ANYTHING})
        yield Choice("nothing known", Reply, {"path": "notFound"})
        return
    spec = index.spec(action)
    known = spec.outputs if spec is not None else ()
    written = tuple(o.path for o in action.outputs) if spec is not None and spec.open_outputs else ()
    for path in dict.fromkeys([*known, *written]) or ("success",):
        if path in written and path not in known:
            yield _succeeded(index, item, path, number)
        elif path == "timeout":
            yield Choice("timeout", TimerFired)
        elif path == "failure":
            yield _failed(index, item, number)
        elif path in _WITHOUT_VALUES:
            yield Choice(path, Reply, {"path": path})
        else:
            yield _succeeded(index, item, path, number)


def _succeeded(index: Index, item: Guarded, path: str, number: int) -> Choice:
    gives, defaults = [], {}
    for target, output in outputs_of(item.action):
        slot = index.slot(target, item.owner)
        type_ = Type(index.program.types[slot]) if slot is not None else Type("any")
        leaf = source(f"{number}.{output}", type_)
        gives.append((output, leaf))
        defaults[leaf.name or ""] = sample(type_)
    return Choice(path, Reply, {"path": path}, tuple(gives), defaults)


def _failed(index: Index, item: Guarded, number: int) -> Choice:
    """A failure, with those of its outputs that the flow looks at as sources."""
    usual = failure_outputs({"status": 500, "errorCode": "internal.server.error"})
    gives, defaults = [], {}
    for target, output in failures_of(item.action):
        slot = index.slot(target, item.owner)
        if slot is not None and output in usual:
            leaf = source(f"{number}.{output}", Type(index.program.types[slot]))
            gives.append((output, leaf))
            defaults[leaf.name or ""] = usual[output]
    return Choice("failure", Reply, {"path": "failure", "failure": usual}, tuple(gives), defaults)
