"""A whole flow file: root, variables, containers, menus, settings (flow-format.md §2, §5, §6, §7, §10.1, §12)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dsl.actions import FLOW_TYPES
from dsl.expressions import Scope
from dsl.expressions.types import Type
from dsl.include import EXTERNAL
from dsl.inventory import NOTHING_KNOWN, Inventory
from dsl.load.actions import read_actions
from dsl.load.binding import entries
from dsl.load.bots import bot_settings
from dsl.load.errors import read_error_handling
from dsl.load.menus import Menus
from dsl.load.reader import Reader
from dsl.load.settings import read_settings
from dsl.load.structure import CONTAINER_KEYS, OUTPUT_PATHS, SETTINGS, tell_strangers
from dsl.load.values import read_value
from dsl.load.variables import declare_outputs, read_variables
from dsl.model import (
    Action,
    Choice,
    Container,
    Flow,
    Menu,
    Origin,
)
from dsl.source import Diagnostic, Key, Map, Node, Note, Scalar, Source, did_you_mean, nearest

ROOT_KEYS = (
    "name description division defaultLanguage supportedLanguages startUpRef startUpTaskActions startUpTaskVariables "
    "variables initialGreeting tasks menus states bots worktype mutedUtterances settingsErrorHandling settingsPrompts "
    "settingsActionDefaults settingsMenu settingsSpeechRec settingsInQueueCall settingsOutboundCall settingsBotFlow "
    "settingsUserInput settingsKnowledge settingsNaturalLanguageUnderstanding settingsVirtualAgent "
    "settingsCommonModule settingsInboundEmailHandling referencedObjects"
).split()
"""``referencedObjects`` is what newer exports tell of the flows and objects that they refer to; it decides nothing."""
_OF_FAMILIES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("menus", "initialGreeting", "settingsMenu", "settingsSpeechRec"), frozenset({"voice"})),
    **dict.fromkeys(("bots", "mutedUtterances", "settingsBotFlow", "settingsUserInput"), frozenset({"bot"})),
    **dict.fromkeys(("settingsKnowledge", "settingsVirtualAgent"), frozenset({"bot"})),
    "settingsNaturalLanguageUnderstanding": frozenset({"bot"}),
    "settingsInQueueCall": frozenset({"inqueueCall"}),
    "settingsOutboundCall": frozenset({"outboundCall"}),
    "settingsCommonModule": frozenset({"commonModule"}),
    "settingsInboundEmailHandling": frozenset({"inboundEmail"}),
    "worktype": frozenset({"workitem"}),
    **dict.fromkeys(("startUpRef", "states"), frozenset(FLOW_TYPES.values()) - {"module"}),
}
"""Keys that only some flows have, by family or type (flow-format.md §2)."""
_ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("commonModule", "startUpRef"): 'a module begins with its list "startUpTaskActions"',
    ("commonModule", "states"): 'put its actions below "startUpTaskActions", further ones into "tasks"',
}
"""Where a flow has what it cannot have under this key, by type and key."""
_DEBUG = "-debug"
_TAG = re.compile(r"none\Z|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_COLLECTIONS = (("tasks", "task"), ("states", "state"), ("bots", "bot"))


def load_flow(
    tree: Node,
    source: Source,
    *,
    inventory: Inventory = NOTHING_KNOWN,
    origins: Mapping[int, Origin] | None = None,
    others: Sequence[Source] = (),
) -> tuple[Flow | None, list[Diagnostic]]:
    """The model of a flow file and what is wrong with it; None when it is no flow at all.

    ``others`` are the files that parts of the tree come from.
    """
    reader = Reader(source, inventory, "", origins or {}, others={other.path: other for other in others})
    root = _root(tree, reader)
    if root is None:
        return None, reader.findings
    key, flow_type, body = root
    reader.flow_type = flow_type
    reader.scope = Scope({}, flow_type, prompts=_folded(inventory.known("prompt")))
    return _Loader(reader, key, flow_type, body).load(), reader.findings


def _folded(names: frozenset[str] | None) -> Mapping[str, str] | None:
    return None if names is None else {name.casefold(): name for name in names}


def _belongs(key: str, flow_type: str) -> bool:
    """Whether a flow of this type may have the key; of types that are not known by heart, all may."""
    owners, family = _OF_FAMILIES.get(key), FLOW_TYPES[flow_type]
    return owners is None or family == "unknown" or not owners.isdisjoint((family, flow_type))


def _root(tree: Node, reader: Reader) -> tuple[Key, str, Map] | None:
    if not isinstance(tree, Map):
        reader.report("wrong-kind", "a flow file is a mapping with one key, the flow type", tree.span)
        return None
    known = {flow_type.casefold(): flow_type for flow_type in FLOW_TYPES}
    types = [(key, node) for key, node in tree if key.text.casefold() in known]
    if not types:
        key = tree.items[0][0] if len(tree) else None
        span = key.span if key else tree.span
        help_ = did_you_mean(key.text, FLOW_TYPES) if key else None
        name = f'"{key.text}"' if key else "nothing"
        reader.report("unknown-flow-type", f"{name} is no flow type", span, help_)
        return None
    if len(tree) > 1:
        keys = ", ".join(f'"{key.text}"' for key, _ in tree)
        reader.report("ambiguous-flow-type", f"a flow file has one root key, this one has {keys}", tree.span)
    key, node = types[0]
    flow_type = known[key.text.casefold()]
    if key.text != flow_type:
        reader.report("refid-case", f'the flow type is written "{flow_type}"', key.span)
    if FLOW_TYPES[flow_type] == "unknown":
        message = f"flows of type {flow_type} are loaded and checked, but not run yet"
        reader.report("flow-type-not-executable", message, key.span)
    body = node if isinstance(node, Map) else Map((), node.span)
    return key, flow_type, body


class _Loader:
    def __init__(self, reader: Reader, key: Key, flow_type: str, body: Map) -> None:
        self.reader, self.key, self.flow_type, self.body = reader, key, flow_type, body
        self.element = f"/{key.text}"
        self.references: dict[str, str] = {}

    def load(self) -> Flow:
        reader, body = self.reader, self.body
        self.check_keys()
        variables = read_variables(body.get("variables"), "flow", reader)
        declare_outputs(body, reader)
        settings = read_settings(body, reader)
        for group, part in SETTINGS.items():
            node = body.get(group)
            if node is not None:
                tell_strangers(node, part, f'"{group}"', reader, values=True)
        containers = tuple(self.containers())
        menus = tuple(Menus(reader, self.references).menus(body.get("menus"), f"{self.element}/menus"))
        greeting = read_value(body.get("initialGreeting"), Type("aud"), reader, '"initialGreeting"')
        errors = read_error_handling(body.get("settingsErrorHandling"), self.flow_type, reader)
        start = self.start(containers)
        settings = {**settings, **bot_settings(body, reader, containers, self.resolve)}
        containers = tuple(replace(c, actions=self.resolved(c.actions)) for c in containers)
        menus = tuple(self.resolved_menu(menu) for menu in menus)
        if errors is not None and errors.target:
            kind = {"menu": "menu", "task": "task", "state": "state"}.get(errors.kind, "task")
            errors = replace(errors, target=self.resolve(errors.target, kind, errors.span or body.span))
        return Flow(
            type=self.flow_type,
            name=reader.name(body) or reader.source.path,
            path=reader.source.path,
            span=self.key.span,
            start=start,
            variables=variables,
            containers=containers,
            menus=menus,
            initial_greeting=greeting,
            default_language=self.language(body.get("defaultLanguage")),
            languages=self.languages(),
            settings=settings,
            error_handling=errors,
            division=self.division(body.get("division")),
            description=reader.text(body.get("description"), '"description"') or "",
            references=self.references,
            tree=body,
        )

    def check_keys(self) -> None:
        own = [key for key in ROOT_KEYS if _belongs(key, self.flow_type)]
        self.reader.known_keys(self.body, ROOT_KEYS, self.flow_type, own)
        for key, _ in self.body:
            if key.text in ROOT_KEYS and key.text not in own:
                message = f'"{key.text}" does not belong into {self.flow_type}'
                self.reader.report("unknown-key", message, key.span, _ELSEWHERE.get((self.flow_type, key.text)))
        if "name" not in self.body:
            self.reader.report("missing-parameter", 'a flow needs a "name"', self.key.span)
        self.check_name(self.body.get("name"))
        given = [key for key in ("startUpRef", "startUpTaskActions") if key in self.body]
        if not given and FLOW_TYPES[self.flow_type] != "unknown":
            message = "the flow has no start: neither startUpRef nor startUpTaskActions"
            self.reader.report("missing-parameter", message, self.key.span)
        elif len(given) > 1:
            self.reader.report("bad-value", "the flow has two starts: startUpRef and startUpTaskActions", self.key.span)

    def check_name(self, node: Node | None) -> None:
        """What Architect lets no flow be called (flow-format.md §2)."""
        name = node.text if isinstance(node, Scalar) else ""
        if node is not None and "/" in name:
            message = f'a flow cannot be called "{name}": its name has a "/"'
            self.reader.report("bad-literal", message, node.span, f"write {name.replace('/', '-')}")
        elif node is not None and name.casefold().endswith(_DEBUG):
            message = (
                f'a flow cannot be called "{name}": names on "{_DEBUG}" are kept for flows that are being debugged'
            )
            self.reader.report("bad-literal", message, node.span, f"write {name[: -len(_DEBUG)]}")

    def division(self, node: Node | None) -> str:
        name = self.reader.text(node, '"division"') or "Home"
        known = self.reader.inventory.known("division")
        if node is not None and known and name.casefold() not in {one.casefold() for one in known}:
            help_ = did_you_mean(name, known)
            self.reader.report("unknown-division", f'unknown division "{name}"', node.span, help_)
        return name

    def language(self, node: Node | None) -> str | None:
        text = self.reader.text(node, '"defaultLanguage"') if node else None
        return text.lower() if text else None

    def languages(self) -> Mapping[str, Any]:
        node = self.body.get("supportedLanguages")
        if not isinstance(node, Map) or "noValue" in node:
            return {}
        for key, _ in node:
            if not _TAG.match(key.text):
                message, help_ = (
                    f'"{key.text}" is no language',
                    "a language is written as en-us; what belongs to it, below",
                )
                self.reader.report("unknown-key", message, key.span, help_)
        return {key.text.lower(): self.language_settings(value) for key, value in node}

    def language_settings(self, node: Node) -> Mapping[str, Any]:
        if not isinstance(node, Map):
            return {}
        skill = node.get("defaultLanguageSkill")
        if skill is None:
            return {}
        return {"skill": read_value(skill, Type("lac"), self.reader, '"defaultLanguageSkill"')}

    # Containers.

    def containers(self) -> Iterator[Container]:
        for collection, kind in _COLLECTIONS:
            seen: dict[str, Any] = {}
            for key, body, item in entries(self.body.get(collection), self.reader, f'"{collection}"'):
                details = self.reader.mapping(body, f"a {kind}")
                if details is not None:
                    yield self.container(kind, details, item, f"{self.element}/{collection}", seen)
                self.reader.belongs(key, item, collection, kind)
        if "startUpTaskActions" in self.body:
            yield self.start_task()

    def container(self, kind: str, body: Map, item: Map, parent: str, seen: dict[str, Any]) -> Container:
        reader = self.reader
        reader.known_keys(body, CONTAINER_KEYS, f"a {kind}")
        name = reader.text(body.get("name"), '"name"') or kind
        ref_id = (reader.text(body.get("refId"), '"refId"') if "refId" in body else None) or name
        if ref_id in seen:
            note = Note(seen[ref_id], "the first one")
            reader.report("duplicate-refid", f'the refId "{ref_id}" stands here twice', item.span, notes=(note,))
        seen[ref_id] = item.items[0][0].span
        element = f"{parent}/{kind}[{ref_id}]"
        self.references.setdefault(f"{kind}:{ref_id}", element)
        outer = reader.scope
        reader.element = element
        variables = read_variables(body.get("variables"), kind, reader)
        actions_ = read_actions(body.get("actions"), f"{element}/actions", reader)
        reader.element = ""
        reader.scope = outer
        if "outputPaths" in body:
            tell_strangers(body.get("outputPaths") or body, OUTPUT_PATHS, '"outputPaths"', reader)
        paths = tuple(
            path
            for _, inner, _ in entries(body.get("outputPaths"), reader, '"outputPaths"')
            if isinstance(inner, Map) and (path := reader.text(inner.get("name"), '"name"'))
        )
        return Container(kind, name, ref_id, element, item.items[0][0].span, actions_, variables, paths)

    def start_task(self) -> Container:
        element = f"{self.element}/startUpTaskActions"
        outer = self.reader.scope
        variables = read_variables(self.body.get("startUpTaskVariables"), "task", self.reader)
        key = self.body.key("startUpTaskActions")
        actions_ = read_actions(self.body.get("startUpTaskActions"), element, self.reader)
        self.reader.scope = outer
        span = key.span if key else self.key.span
        return Container("task", "Start", "startUpTaskActions", element, span, actions_, variables)

    def start(self, containers: tuple[Container, ...]) -> str | None:
        if "startUpTaskActions" in self.body:
            return f"{self.element}/startUpTaskActions"
        node = self.body.get("startUpRef")
        reference = self.reader.text(node, '"startUpRef"') if node else None
        if reference is None or node is None:
            return None
        kind = next((kind for kind in ("menu", "state", "bot", "task") if f"{kind}[" in reference), None)
        if kind is None and f"task:{reference}" not in self.references and not EXTERNAL.match(reference):
            self.no_reference(reference, node.span)
            return None
        return self.resolve(reference, kind or "task", node.span)

    def no_reference(self, reference: str, span: Any) -> None:
        """A start that is only named, or that stops before the name: say how the one that is meant is written."""
        *_, last = reference.split("/")
        known = {name.partition(":")[2]: name.partition(":")[0] for name in self.references}
        of_kind = [name for name, kind in known.items() if kind == last]
        meant = nearest(last, known) or (of_kind[0] if len(of_kind) == 1 else None) or next(iter(known), "...")
        kind = known.get(meant, "task")
        help_ = f"write {self.element}/{kind}s/{kind}[{meant}]"
        code = f"unknown-{kind}" if kind in ("task", "menu", "state") else "unknown-task"
        self.reader.report(code, f'"{reference}" is no reference to a {kind}', span, help_)

    # References.

    def resolve(self, reference: str, kind: str, span: Any) -> str | None:
        """The element that a reference names (flow-format.md §1.3); what names nothing is a finding."""
        if EXTERNAL.match(reference):
            return None
        inside, closed, _ = reference.rpartition("]")
        before, opened, ref_id = inside.rpartition("[")
        if closed and opened:
            kind = before.rpartition("/")[2] or kind
        else:
            ref_id = reference
        found = self.references.get(f"{kind}:{ref_id}")
        if found is not None:
            return found
        folded = f"{kind}:{ref_id}".casefold()
        for known, element in self.references.items():
            if known.casefold() == folded:
                message = f'"{ref_id}" matches "{known.partition(":")[2]}" only without regard to case'
                self.reader.report("refid-case", message, span)
                return element
        names = [name.partition(":")[2] for name in self.references if name.startswith(kind + ":")]
        code = f"unknown-{kind}" if kind in ("task", "menu", "state") else "unknown-task"
        self.reader.report(code, f'there is no {kind} "{ref_id}"', span, did_you_mean(ref_id, names))
        return None

    def resolved(self, listed: tuple[Action, ...]) -> tuple[Action, ...]:
        return tuple(self.resolved_action(action) for action in listed)

    def resolved_action(self, action: Action) -> Action:
        outputs = tuple(replace(output, actions=self.resolved(output.actions)) for output in action.outputs)
        if action.target is None:
            return replace(action, outputs=outputs) if outputs else action
        kind = "menu" if "Menu" in action.key else "state" if action.key == "changeState" else "task"
        self.reader.element = action.element
        target = self.resolve(action.target, kind, self.place_of_target(action))
        self.reader.element = ""
        return replace(action, outputs=outputs, target=target)

    def place_of_target(self, action: Action) -> Any:
        for name in ("targetTaskRef", "targetMenuRef", "targetStateRef", "targetTask", "targetMenu", "targetState"):
            node = action.extra.get(name) if action.extra is not None else None
            if node is not None:
                return node.span
        return action.span

    def resolved_menu(self, menu: Menu) -> Menu:
        return replace(menu, choices=tuple(self.resolved_choice(choice) for choice in menu.choices))

    def resolved_choice(self, choice: Choice) -> Choice:
        body = replace(choice.body, actions=self.resolved(choice.body.actions)) if choice.body else None
        submenu = self.resolved_menu(choice.submenu) if choice.submenu else None
        return replace(choice, action=self.resolved_action(choice.action), body=body, submenu=submenu)
