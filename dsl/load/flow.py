"""A whole flow file: root, variables, containers, menus, settings (flow-format.md §2, §5, §6, §7, §10.1, §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dsl.actions import CHOICE_KEYS, FLOW_TYPES, MENU_CHOICES, RENAMED_CHOICE_KEYS, actions
from dsl.expressions import Declared, Scope
from dsl.expressions.types import ANY, Type, type_of_variable
from dsl.include import EXTERNAL
from dsl.inventory import NOTHING_KNOWN, Inventory
from dsl.load.actions import read_actions, read_parameter
from dsl.load.bots import bot_settings
from dsl.load.errors import read_error_handling
from dsl.load.reader import Reader
from dsl.load.settings import read_menu, read_settings
from dsl.load.shapes import entries, flag, phone_key
from dsl.load.structure import OUTPUT_PATHS, SETTINGS, TERMS, tell_strangers
from dsl.load.values import read_value
from dsl.load.variable_types import check_name, is_variable_type, read_type
from dsl.model import (
    Action,
    Choice,
    Container,
    Flow,
    Menu,
    Origin,
    Variable,
)
from dsl.source import Diagnostic, Key, Map, Node, Note, Scalar, Seq, Severity, Source, did_you_mean

ROOT_KEYS = (
    "name description division defaultLanguage supportedLanguages startUpRef startUpTaskActions startUpTaskVariables "
    "variables initialGreeting tasks menus states bots worktype mutedUtterances settingsErrorHandling settingsPrompts "
    "settingsActionDefaults settingsMenu settingsSpeechRec settingsInQueueCall settingsOutboundCall settingsBotFlow "
    "settingsUserInput settingsKnowledge settingsNaturalLanguageUnderstanding settingsVirtualAgent "
    "settingsCommonModule settingsInboundEmailHandling referencedObjects"
).split()
"""``referencedObjects`` is what newer exports tell of the flows and objects that they refer to; it decides nothing."""
_DEBUG = "-debug"
_CONTAINER_KEYS = ("name", "refId", "description", "trackingId", "variables", "actions", "outputPaths")
_MENU_KEYS = (
    "name refId description trackingId audio choices defaultChildMenuRef settingsMenu settingsSpeechRec"
).split()
_VARIABLE_KEYS = ("name", "description", "initialValue", "isInput", "isOutput", "isSecure")
_COLLECTIONS = (("tasks", "task"), ("states", "state"), ("bots", "bot"))
_SCOPE_OF_CONTAINER = {"task": "task", "state": "state", "bot": "bot"}


def load_flow(
    tree: Node,
    source: Source,
    *,
    inventory: Inventory = NOTHING_KNOWN,
    origins: Mapping[int, Origin] | None = None,
    named: bool = True,
    others: Sequence[Source] = (),
) -> tuple[Flow | None, list[Diagnostic]]:
    """The model of a flow file and what is wrong with it; None when it is no flow at all.

    ``others`` are the files that parts of the tree come from; ``named`` is false for a file that was found in a
    folder: an unknown root key is then an info.
    """
    reader = Reader(source, inventory, "", origins or {}, others={other.path: other for other in others})
    root = _root(tree, reader, named=named)
    if root is None:
        return None, reader.findings
    key, flow_type, body = root
    reader.flow_type = flow_type
    reader.scope = Scope({}, flow_type, prompts=_folded(inventory.known("prompt")))
    return _Loader(reader, key, flow_type, body).load(), reader.findings


def _folded(names: frozenset[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(name.casefold() for name in names)


def _root(tree: Node, reader: Reader, *, named: bool) -> tuple[Key, str, Map] | None:
    if not isinstance(tree, Map):
        reader.report("wrong-kind", "a flow file is a mapping with one key, the flow type", tree.span)
        return None
    known = {flow_type.casefold(): flow_type for flow_type in FLOW_TYPES}
    types = [(key, node) for key, node in tree if key.text.casefold() in known]
    if not types:
        key = tree.items[0][0] if len(tree) else None
        severity = None if named else Severity.INFO
        span = key.span if key else tree.span
        help_ = did_you_mean(key.text, FLOW_TYPES) if key else None
        name = f'"{key.text}"' if key else "nothing"
        reader.report("unknown-flow-type", f"{name} is no flow type", span, help_, severity=severity)
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
        variables = self.variables(body.get("variables"), "flow")
        self.declare_outputs()
        settings = read_settings(body, reader)
        for group, part in SETTINGS.items():
            node = body.get(group)
            if node is not None:
                tell_strangers(node, part, f'"{group}"', reader, values=True)
        containers = tuple(self.containers())
        menus = tuple(self.menus(body.get("menus"), f"{self.element}/menus"))
        greeting = read_value(body.get("initialGreeting"), Type("aud"), reader, '"initialGreeting"')
        errors = read_error_handling(body.get("settingsErrorHandling"), self.flow_type, reader)
        start = self.start(containers)
        settings = {**settings, **bot_settings(body, reader, containers, self.resolve)}
        containers = tuple(replace(c, actions=self.resolved(c.actions)) for c in containers)
        menus = tuple(self.resolved_menu(menu) for menu in menus)
        if errors is not None and errors.target:
            place = body.get("settingsErrorHandling")
            kind = {"menu": "menu", "task": "task", "state": "state"}.get(errors.kind, "task")
            errors = replace(errors, target=self.resolve(errors.target, kind, (place or body).span))
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
            division=reader.text(body.get("division"), '"division"') or "Home",
            description=reader.text(body.get("description"), '"description"') or "",
            references=self.references,
            tree=body,
        )

    def check_keys(self) -> None:
        self.reader.known_keys(self.body, ROOT_KEYS, self.flow_type)
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

    def language(self, node: Node | None) -> str | None:
        text = self.reader.text(node, '"defaultLanguage"') if node else None
        return text.lower() if text else None

    def languages(self) -> Mapping[str, Any]:
        node = self.body.get("supportedLanguages")
        if not isinstance(node, Map) or "noValue" in node:
            return {}
        return {key.text.lower(): self.language_settings(value) for key, value in node}

    def language_settings(self, node: Node) -> Mapping[str, Any]:
        if not isinstance(node, Map):
            return {}
        skill = node.get("defaultLanguageSkill")
        if skill is None:
            return {}
        return {"skill": read_value(skill, Type("lac"), self.reader, '"defaultLanguageSkill"')}

    # Variables.

    def variables(self, node: Node | None, scope: str) -> tuple[Variable, ...]:
        reader = self.reader
        found: dict[str, Variable] = {}
        for _, body, item in entries(node, reader, '"variables"'):
            type_ = read_type(item.items[0][0], "variable", reader, "Variable")
            details = reader.mapping(body, "a variable")
            if details is None:
                continue
            reader.known_keys(details, _VARIABLE_KEYS, "a variable")
            place = details.get("name")
            if place is None:
                reader.report("missing-parameter", 'a variable needs a "name"', item.items[0][0].span)
                place = reader.misspelt(details, "name", _VARIABLE_KEYS)
            name = reader.text(place, "a variable's name")
            if not name or place is None:
                continue
            check_name(name, scope, place, reader)
            previous = found.get(name.lower())
            if previous is not None:
                note = Note(previous.span, "first declared here")
                message = f'the variable "{name}" is declared twice'
                reader.report("duplicate-key", message, item.span, notes=(note,))
            initial = read_value(details.get("initialValue"), type_, reader, '"initialValue"')
            flags = {part: self.is_set(details, part) for part in ("isInput", "isOutput", "isSecure")}
            found[name.lower()] = Variable(
                name, type_, place.span, initial, flags["isInput"], flags["isOutput"], flags["isSecure"]
            )
        reader.declare({key: Declared(v.name, v.type, v.is_secure) for key, v in found.items()})
        return tuple(found.values())

    def is_set(self, body: Map, name: str) -> bool:
        node = body.get(name)
        return node is not None and flag(node, self.reader, f'"{name}"') is True

    def declare_outputs(self) -> None:
        """Names that only outputs write exist all the same; they are declared as they are met (expressions.md
        §3.1)."""
        found: dict[str, Declared] = {}
        for name, type_ in _written_names(self.body):
            lowered = name.lower()
            scope = lowered.partition(".")[0]
            if "." not in name or scope not in (
                "flow",
                "task",
                "state",
                "slot",
                "common",
                "session",
                "bot",
                "workflow",
            ):
                continue
            if self.reader.scope.variable(name) is None and (lowered not in found or found[lowered].type == ANY):
                found[lowered] = Declared(name, type_)
        declared_locally = _declared_names(self.body) if found else set()
        created = {key: value for key, value in found.items() if key not in declared_locally}
        self.reader.declare(created)
        self.reader.created = frozenset(created)
        self.reader.undeclared = {key for key in created if not key.startswith(("slot.", "session."))}

    # Containers.

    def containers(self) -> Iterator[Container]:
        for collection, kind in _COLLECTIONS:
            seen: dict[str, Any] = {}
            for key, body, item in entries(self.body.get(collection), self.reader, f'"{collection}"'):
                details = self.reader.mapping(body, f"a {kind}")
                if details is not None:
                    yield self.container(kind, details, item, f"{self.element}/{collection}", seen)
                self.belongs(key, item, collection, kind)
        if "startUpTaskActions" in self.body:
            yield self.start_task()

    def belongs(self, key: str, item: Map, collection: str, kind: str) -> None:
        if key != kind:
            message = f'"{key}" does not belong into "{collection}"'
            self.reader.report("unknown-key", message, item.items[0][0].span, f'write "{kind}"')

    def container(self, kind: str, body: Map, item: Map, parent: str, seen: dict[str, Any]) -> Container:
        reader = self.reader
        reader.known_keys(body, _CONTAINER_KEYS, f"a {kind}")
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
        variables = self.variables(body.get("variables"), _SCOPE_OF_CONTAINER[kind])
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
        variables = self.variables(self.body.get("startUpTaskVariables"), "task")
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
        kind = next((kind for kind in ("menu", "state", "bot", "task") if f"{kind}[" in reference), "task")
        return self.resolve(reference, kind, node.span)

    # Menus.

    def menus(self, node: Node | None, parent: str) -> Iterator[Menu]:
        seen: dict[str, Any] = {}
        for key, body, item in entries(node, self.reader, '"menus"'):
            self.belongs(key, item, "menus", "menu")
            details = self.reader.mapping(body, "a menu")
            if details is not None:
                self.reader.known_keys(details, _MENU_KEYS, "a menu")
                yield self.menu(details, item, parent, seen)

    def menu(self, body: Map, item: Map, parent: str, seen: dict[str, Any]) -> Menu:
        reader = self.reader
        name = reader.text(body.get("name"), '"name"') or "Menu"
        ref_id = (reader.text(body.get("refId"), '"refId"') if "refId" in body else None) or name
        if ref_id in seen:
            note = Note(seen[ref_id], "the first one")
            reader.report("duplicate-refid", f'the refId "{ref_id}" stands here twice', item.span, notes=(note,))
        seen[ref_id] = item.items[0][0].span
        element = f"{parent}/menu[{ref_id}]"
        self.references.setdefault(f"menu:{ref_id}", element)
        reader.element = element
        choices = tuple(self.choices(body.get("choices"), element))
        self.check_keys_of(choices)
        default = body.get("defaultChildMenuRef")
        reference = reader.text(default, '"defaultChildMenuRef"') if default is not None else None
        chosen = None
        if reference is not None and default is not None:
            ref = reference.rpartition("[")[2].rstrip("]")
            chosen = next((c.element for c in choices if c.ref_id == ref or c.name == ref), None)
            if chosen is None:
                names = [c.ref_id for c in choices]
                reader.report("unknown-menu", f'the menu has no choice "{ref}"', default.span, did_you_mean(ref, names))
        settings = read_menu(body, reader)
        audio = read_value(body.get("audio"), Type("aud"), reader, '"audio"')
        reader.element = ""
        return Menu(name, ref_id, element, item.items[0][0].span, audio, choices, chosen, settings)

    def choices(self, node: Node | None, parent: str) -> Iterator[Choice]:
        reader = self.reader
        for index, (kind, body, item) in enumerate(entries(node, reader, '"choices"')):
            if kind not in MENU_CHOICES:
                help_ = did_you_mean(kind, MENU_CHOICES)
                reader.report("unknown-action", f'unknown menu choice "{kind}"', item.items[0][0].span, help_)
                continue
            details = reader.mapping(body, f'"{kind}"') or Map((), item.span)
            yield self.choice(kind, details, item, f"{parent}/choices[{index}]")

    def choice(self, kind: str, body: Map, item: Map, element: str) -> Choice:
        reader = self.reader
        outer = reader.element
        reader.element = element
        span = item.items[0][0].span
        name = reader.text(body.get("name"), '"name"') or kind
        ref_id = (reader.text(body.get("refId"), '"refId"') if "refId" in body else None) or name
        key = body.get("dtmf")
        dtmf = phone_key(key, reader) if key is not None else None
        for given, node in body:
            if given.text in CHOICE_KEYS:
                reader.bare(node, f'"{given.text}"')
            if proper := RENAMED_CHOICE_KEYS.get(given.text):
                message = f'"{given.text}" is called "{proper}" here'
                reader.report("renamed-parameter", message, given.span, f'write "{proper}"')
        task = submenu = None
        if kind == "menuTask":
            inner = reader.mapping(body.get("task"), '"task"') or Map((), span)
            reader.known_keys(inner, _CONTAINER_KEYS, '"task"')
            reader.known_keys(body, ("task", *CHOICE_KEYS), kind)
            task = self.inline_task(inner, element, name, span)
        elif kind == "menuSubMenu":
            reader.known_keys(body, (*_MENU_KEYS, *CHOICE_KEYS), kind)
            submenu = self.menu(body, item, element, {})
        reader.element = outer
        return Choice(
            kind=kind,
            name=name,
            ref_id=ref_id,
            element=element,
            span=span,
            dtmf=dtmf,
            action=self.choice_action(kind, body, element, name, span),
            is_global=self.is_set(body, "globalDtmf") or self.is_set(body, "dtmfIsGlobal"),
            terms=self.terms(body.get("speechRecTerms")),
            global_terms=self.is_set(body, "globalSpeechRecTerms") or self.is_set(body, "speechRecTermsAreGlobal"),
            body=task,
            submenu=submenu,
        )

    def terms(self, node: Node | None) -> Mapping[str, tuple[str, ...]]:
        """What a caller may say for a choice, by language."""
        if node is None:
            return {}
        tell_strangers(node, TERMS, '"speechRecTerms"', self.reader)
        found = {}
        for key, body in node if isinstance(node, Map) else ():
            listed = body.get("terms") if isinstance(body, Map) else None
            if isinstance(listed, Seq):
                found[key.text.lower()] = tuple(item.text for item in listed.items if isinstance(item, Scalar))
        return found

    def inline_task(self, body: Map, parent: str, name: str, span: Any) -> Container:
        element = f"{parent}/task"
        outer = self.reader.scope
        variables = self.variables(body.get("variables"), "task")
        actions_ = read_actions(body.get("actions"), f"{element}/actions", self.reader)
        self.reader.scope = outer
        ref_id = (self.reader.text(body.get("refId"), '"refId"') if "refId" in body else None) or name
        self.references.setdefault(f"task:{ref_id}", element)
        return Container("task", name, ref_id, element, span, actions_, variables)

    def choice_action(self, kind: str, body: Map, element: str, name: str, span: Any) -> Action:
        """What a choice does, as the ordinary action it stands for; the menu's own moves have the choice's
        key."""
        spec = actions().get(MENU_CHOICES[kind])
        settings: dict[str, Any] = {}
        for key, node in body if spec is not None else ():
            if key.text in CHOICE_KEYS:
                continue
            proper = spec.renamed_from(key.text) if spec else None
            parameter = spec.parameters.get(proper or key.text) if spec else None
            if parameter is None:
                help_ = did_you_mean(key.text, (*(spec.parameters if spec else ()), *CHOICE_KEYS))
                self.reader.report("unknown-parameter", f'{kind} has no parameter "{key.text}"', key.span, help_)
                continue
            setting = read_parameter(parameter, node, self.reader)
            if setting is not None:
                settings[parameter.name] = setting
        target = next((settings[n] for n in ("targetTaskRef", "targetMenuRef") if n in settings), None)
        return Action(spec.key if spec else kind, name, element, span, settings, target=target, extra=body)

    def check_keys_of(self, choices: tuple[Choice, ...]) -> None:
        seen: dict[str, Choice] = {}
        for choice in choices:
            if choice.dtmf and choice.dtmf in seen:
                note = Note(seen[choice.dtmf].span, "the first one")
                message = f'two choices have the key "{choice.dtmf}"'
                self.reader.report("duplicate-dtmf", message, choice.span, notes=(note,))
            elif choice.dtmf:
                seen[choice.dtmf] = choice

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


def _written_names(node: Node) -> list[tuple[str, Type]]:
    """Every variable that an output binding or a statement writes, with the statement's type where there is
    one."""
    found: list[tuple[str, Type]] = []
    _collect_written(node, found)
    return found


def _collect_written(node: Node, found: list[tuple[str, Type]]) -> None:
    if isinstance(node, Map):
        for key, value in node.items:
            if isinstance(value, Scalar):
                if key.text == "var":
                    found.append((value.text.strip(), ANY))
                continue
            if isinstance(value, Map) and isinstance(target := value.get("variable"), Scalar):
                type_ = type_of_variable(key.text) if is_variable_type(key.text) else ANY
                found.append((target.text.strip(), type_))
            _collect_written(value, found)
    elif isinstance(node, Seq):
        for item in node.items:
            if not isinstance(item, Scalar):
                _collect_written(item, found)


def _declared_names(node: Node) -> set[str]:
    """Names that are declared anywhere below, in lower case."""
    found: set[str] = set()
    left = [node]
    while left:
        part = left.pop()
        if isinstance(part, Seq):
            left.extend(item for item in part.items if not isinstance(item, Scalar))
            continue
        for key, value in part.items if isinstance(part, Map) else ():
            if isinstance(value, Scalar):
                continue
            left.append(value)
            if key.text.endswith("Variable") and isinstance(value, Map):
                name = value.get("name")
                if isinstance(name, Scalar):
                    found.add(name.text.lower())
    return found
