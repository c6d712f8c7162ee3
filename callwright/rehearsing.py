"""Playing one call of a flow in virtual time: what ``run`` with a scripted caller does.

Data actions answer from stubs; those of the built-in CRM that have none really run, against the project's contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from callwright.actions import CassettePlayer
from callwright.loading import Loaded, executable_of
from callwright.numbers import uri
from callwright.rehearsed_crm import RehearsedCrm
from callwright.story import CallStory, Line
from dsl.source import Diagnostic, Map, Node, Scalar, finding, read_file, read_yaml
from interpreter.clock import VirtualClock
from interpreter.ports import RequestPort
from simulator.caller import Line as TranscriptLine
from simulator.caller import VirtualCaller
from simulator.opening import NOTHING_GIVEN, Opening, facts_of, first_message, opening_text
from simulator.script import Press, Step, read_script
from simulator.services import ScriptedServices, ServiceLines, read_services
from simulator.session import AcceptedQueues, NothingFound, Rehearsal, WillingConversation, rehearse
from simulator.stubs import StubbedActions, StubLine, read_stubs

if TYPE_CHECKING:
    from connectors import DataActions
    from simulator.actions import VirtualDataActions

Ports = Mapping[str, Callable[[VirtualClock, Rehearsal], RequestPort]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, where, when, and what they do."""

    number: str = "anonymous"
    dialled: str = "+49301234567"
    at: int = 0
    language: str | None = None
    steps: Sequence[Step] = ()
    opening: Opening = NOTHING_GIVEN


@dataclass(slots=True)
class Played:
    """What came of a call, what its stubs saw, and what was wrong with the data that it ran on."""

    rehearsal: Rehearsal
    caller: VirtualCaller
    actions: StubbedActions
    findings: Sequence[Diagnostic] = ()


@dataclass(slots=True)
class Stage:
    """The services of a rehearsed call; ``extra`` ports stand in front of the scripted ones.

    ``crm`` outlives the call when it is given; otherwise every call has one of its own.
    """

    stubs: Mapping[str, Sequence[StubLine]] = field(default_factory=dict)
    refusing: frozenset[str] = frozenset()
    extra: Ports = field(default_factory=dict)
    crm: RehearsedCrm | None = None
    services: ServiceLines = field(default_factory=dict)


def call_id(loaded: Loaded, caller: Caller) -> str:
    """The id of a rehearsed call: the same call has the same id."""
    flow = loaded.flow.name if loaded.flow else ""
    return str(uuid5(NAMESPACE_URL, f"callwright:rehearsal:{flow}:{caller.number}:{caller.dialled}:{caller.at}"))


def play(
    loaded: Loaded,
    caller: Caller,
    stage: Stage,
    *,
    on_line: Callable[[TranscriptLine], None] | None = None,
    on_played: Callable[[int, str, bool], None] | None = None,
    on_trace: Callable[[dict[str, Any]], None] | None = None,
) -> Played:
    """Play the call from its beginning to its end. Raises ``WrongInput`` for a value that the flow cannot take."""
    executable = executable_of(loaded)
    message, steps = first_message(executable.program, caller.opening, caller.steps)
    facts = facts_of(executable.program, caller.opening, message, caller.number, caller.dialled, caller.at)
    made: list[StubbedActions] = []
    running: list[VirtualDataActions] = []
    crm = stage.crm or RehearsedCrm(loaded)

    def actions(clock: VirtualClock, rehearsal: Rehearsal) -> RequestPort:
        crm.now = clock.now
        elsewhere = crm.answering(lambda actions: run_in(clock, actions))
        player = CassettePlayer(loaded.around.project, lambda actions: run_in(clock, actions))
        made.append(StubbedActions(clock, stage.stubs, elsewhere, player))
        return made[-1]

    def run_in(clock: VirtualClock, actions: DataActions) -> RequestPort:
        from simulator.actions import VirtualDataActions

        running.append(VirtualDataActions(actions, clock))
        return running[-1]

    makers: dict[str, Callable[[VirtualClock, Rehearsal], RequestPort]] = {
        "data_actions": actions,
        "routing": lambda clock, rehearsal: AcceptedQueues(rehearsal, stage.refusing, _queues(loaded)),
        "conversation": lambda clock, rehearsal: WillingConversation(rehearsal, known_flows(loaded)),
        "lookups": lambda clock, rehearsal: _lookups(loaded, clock),
        "customers": lambda clock, rehearsal: crm if crm.exists else NothingFound("customers"),
        "workitems": lambda clock, rehearsal: NothingFound("workitems"),
        **stage.extra,
    }
    ports = {name: _scripted(name, make, stage.services) for name, make in makers.items()}
    try:
        rehearsal, virtual = rehearse(
            executable,
            steps,
            requests=ports,
            at=caller.at,
            on_line=on_line,
            on_played=on_played,
            on_trace=on_trace,
            conversation=call_id(loaded, caller),
            ani=uri(caller.number),
            dnis=uri(caller.dialled),
            language=caller.language,
            opened=opening_text(caller.opening, message),
            **facts,
        )
        findings = tuple(crm.findings)
    finally:
        for port in running:
            port.close()
        if stage.crm is None:
            crm.close()
    return Played(rehearsal, virtual, made[0] if made else StubbedActions(VirtualClock(), {}), findings)


def _scripted(
    name: str, make: Callable[[VirtualClock, Rehearsal], RequestPort], lines: ServiceLines
) -> Callable[[VirtualClock, Rehearsal], RequestPort]:
    """A port with the scripted answers in front of it."""
    return lambda clock, rehearsal: ScriptedServices(name, clock, lines, make(clock, rehearsal))


def _queues(loaded: Loaded) -> frozenset[str] | None:
    organisation = loaded.around.organisation
    return None if organisation is None else frozenset(q.name.casefold() for q in organisation.section("queues"))


def known_flows(loaded: Loaded) -> frozenset[str] | None:
    """Names of the project's flows, case-folded; None where nobody knows them."""
    known = loaded.around.inventory.flows
    return None if known is None else frozenset(interface.name.casefold() for interface in known.values())


def _lookups(loaded: Loaded, clock: VirtualClock) -> RequestPort:
    if loaded.around.organisation is None:
        return NothingFound()
    from contactcenter.organisation import Lookups

    return Lookups(loaded.around.organisation, clock.now)


def tell_story(loaded: Loaded, caller: Caller, tell: Callable[[Line], None], *, verbose: bool = True) -> CallStory:
    """A story for ``play``'s trace that has told of the call's beginning."""
    story = CallStory(call_id(loaded, caller), tell, verbose)
    flow = loaded.flow.name if loaded.flow else None
    story.line("call.received", caller.at, **{"from": caller.number, "to": caller.dialled, "flow": flow})
    return story


def tell_end(story: CallStory, played: Rehearsal) -> None:
    """The last line of a call's story."""
    story.line(
        "call.ended",
        played.finished,
        end=played.how,
        by=played.by,
        duration_ms=played.finished - played.started,
    )


# Files that a run may be given.


def read_script_file(path: Path, case: str | None = None) -> tuple[list[Step], list[Diagnostic]]:
    """The steps of a script file (one key ``script``) or of a case of a test file."""
    tree, findings = _read(path)
    if tree is None:
        return [], findings
    node = tree.get("script")
    if node is None and "calls" in tree:
        node = _case(tree, case, findings)
    elif node is None:
        findings.append(finding("missing-parameter", 'a script file has the key "script"', tree.span))
    steps, found = read_script(node)
    return steps, [*findings, *found]


def _case(tree: Map, name: str | None, findings: list[Diagnostic]) -> Node | None:
    cases = tree.get("calls")
    for item in getattr(cases, "items", ()):
        title = item.get("name") if isinstance(item, Map) else None
        if isinstance(item, Map) and isinstance(title, Scalar) and name in (None, title.text):
            return item.get("script")
    findings.append(finding("missing-parameter", f'the test file has no case "{name}"', tree.span))
    return None


def read_stub_file(path: Path) -> tuple[Stage, list[Diagnostic]]:
    """The answers of a file: under ``actions`` and ``services`` as in tests; data actions also without a heading."""
    tree, findings = _read(path)
    if tree is None:
        return Stage(), findings
    headed = any(key in tree for key in ("calls", "actions", "services"))
    stubs, found = read_stubs(tree.get("actions") if headed else tree)
    services, more = read_services(tree.get("services"))
    return Stage(stubs, services=services), [*findings, *found, *more]


def _read(path: Path) -> tuple[Map | None, list[Diagnostic]]:
    source, findings = read_file(path)
    if source is None:
        return None, findings
    tree, found = read_yaml(source, {})
    findings = [*findings, *found]
    if tree is not None and not isinstance(tree, Map):
        findings.append(finding("wrong-kind", "the file must be a mapping", tree.span))
        return None, findings
    return tree, findings


def presses(keys: str) -> list[Step]:
    """``1,2,#`` as steps: one after the other."""
    from dsl.source import Span

    nowhere = Span.whole_file("--press")
    return [Press(group.strip(), 120, nowhere) for group in keys.split(",") if group.strip()]
