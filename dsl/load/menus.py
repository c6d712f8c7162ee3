"""Menus and what stands behind their keys (flow-format.md §10.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsl.actions import CHOICE_KEYS, MENU_CHOICES, RENAMED_CHOICE_KEYS, actions
from dsl.expressions.types import Type
from dsl.load.actions import read_actions, read_parameter
from dsl.load.binding import entries
from dsl.load.reader import Reader
from dsl.load.settings import read_menu
from dsl.load.shapes import phone_key
from dsl.load.structure import CONTAINER_KEYS, MENU_KEYS, TERMS, tell_strangers
from dsl.load.values import read_value
from dsl.load.variables import is_set, read_variables
from dsl.model import Action, Choice, Container, Menu
from dsl.source import Map, Node, Note, Scalar, Seq, Span, did_you_mean

_GLOBAL_TERMS = ("globalSpeechRecTerms", "speechRecTermsAreGlobal")


@dataclass(slots=True)
class Menus:
    """Reads menus; ``references`` learns what they and the tasks in them are called."""

    reader: Reader
    references: dict[str, str]

    def menus(self, node: Node | None, parent: str) -> Iterator[Menu]:
        """The menus of a list, below an element."""
        seen: dict[str, Any] = {}
        for key, body, item in entries(node, self.reader, '"menus"'):
            self.reader.belongs(key, item, "menus", "menu")
            details = self.reader.mapping(body, "a menu")
            if details is not None:
                self.reader.known_keys(details, MENU_KEYS, "a menu")
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
        self.check_ids_of(choices, body.get("choices"))
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
                help_ = did_you_mean(kind, MENU_CHOICES) or f"a choice is one of {', '.join(sorted(MENU_CHOICES))}"
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
            reader.known_keys(inner, CONTAINER_KEYS, '"task"')
            reader.known_keys(body, ("task", *CHOICE_KEYS), kind)
            task = self.inline_task(inner, element, name, span)
            if "task" not in body:
                reader.report("missing-parameter", f'{kind} needs "task"', span)
        elif kind == "menuSubMenu":
            reader.known_keys(body, (*MENU_KEYS, *CHOICE_KEYS), kind)
            submenu = self.menu(body, item, element, {})
        elif not MENU_CHOICES[kind]:
            reader.known_keys(body, CHOICE_KEYS, kind)
        reader.element = outer
        return Choice(
            kind=kind,
            name=name,
            ref_id=ref_id,
            element=element,
            span=span,
            dtmf=dtmf,
            action=self.choice_action(kind, body, element, name, span),
            is_global=is_set(body, "globalDtmf", reader) or is_set(body, "dtmfIsGlobal", reader),
            terms=self.terms(body.get("speechRecTerms")),
            global_terms=is_set(body, "globalSpeechRecTerms", reader)
            or is_set(body, "speechRecTermsAreGlobal", reader),
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
        variables = read_variables(body.get("variables"), "task", self.reader)
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
        for parameter in spec.parameters.values() if spec else ():
            if parameter.required and parameter.name not in settings and parameter.name not in body:
                self.reader.report("missing-parameter", f'{kind} needs "{parameter.name}"', span)
        target = next((settings[n] for n in ("targetTaskRef", "targetMenuRef") if n in settings), None)
        return Action(spec.key if spec else kind, name, element, span, settings, target=target, extra=body)

    def check_keys_of(self, choices: tuple[Choice, ...]) -> None:
        seen: dict[str, Span] = {}
        for choice in choices:
            given = choice.action.extra.get("dtmf") if choice.action.extra is not None else None
            place = choice.span if given is None else given.span
            if choice.dtmf and choice.dtmf in seen:
                note = Note(seen[choice.dtmf], "the first one")
                message = f'two choices have the key "{choice.dtmf}"'
                self.reader.report("duplicate-dtmf", message, place, notes=(note,))
            elif choice.dtmf:
                seen[choice.dtmf] = place

    def check_ids_of(self, choices: tuple[Choice, ...], listed: Node | None) -> None:
        """A refId that two choices have; those without one may well have the same name."""
        seen: dict[str, Node] = {}
        for item in listed.items if isinstance(listed, Seq) else ():
            body = item.items[0][1] if isinstance(item, Map) and len(item) else None
            node = body.get("refId") if isinstance(body, Map) else None
            if isinstance(node, Scalar) and node.text in seen:
                note = Note(seen[node.text].span, "the first one")
                message = f'the refId "{node.text}" stands here twice'
                self.reader.report("duplicate-refid", message, node.span, notes=(note,))
            elif isinstance(node, Scalar):
                seen[node.text] = node
