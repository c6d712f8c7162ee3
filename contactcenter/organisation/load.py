"""Reading organisation files: one file or a folder of them, with positions and nearest names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contactcenter.organisation.kinds import COMMON_KEYS, KINDS, OTHER_SECTIONS, Kind
from contactcenter.organisation.organisation import Organisation, Thing
from dsl.source import (
    Diagnostic,
    Map,
    Node,
    Note,
    Scalar,
    Seq,
    Severity,
    Source,
    Span,
    did_you_mean,
    finding,
    nearest,
    plain,
    read_yaml,
)

_REFERENCES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("queues", ("members",), "users"),
    ("queues", ("wrapupCodes",), "wrapupCodes"),
    ("users", ("skills",), "skills"),
    ("users", ("languages",), "languages"),
    ("users", ("groups",), "groups"),
    ("users", ("roles",), "roles"),
    ("groups", ("members",), "users"),
    ("scheduleGroups", ("openSchedules",), "schedules"),
    ("scheduleGroups", ("closedSchedules",), "schedules"),
    ("scheduleGroups", ("holidaySchedules",), "schedules"),
)
"""Which lists of names refer to which section."""
_BUILT_IN = {"roles": ("agent", "supervisor", "administrator", "designer"), "divisions": ("Home",)}


def derived_id(section: str, name: str) -> str:
    """The id of a thing that has none of its own: the same on every machine and at every start."""
    return str(uuid5(NAMESPACE_URL, f"callwright:{section}:{name.casefold()}"))


def load_organisation(sources: Sequence[Source]) -> tuple[Organisation, list[Diagnostic]]:
    """The organisation of one or more files, and everything that is wrong with them."""
    loader = _Loader()
    for source in sources:
        tree, findings = read_yaml(source, {})
        loader.findings.extend(findings)
        if tree is not None:
            loader.read(tree)
    loader.check_references()
    return Organisation(loader.things, loader.others), loader.findings


@dataclass(slots=True)
class _Loader:
    findings: list[Diagnostic] = field(default_factory=list)
    things: dict[str, dict[str, Thing]] = field(default_factory=lambda: {section: {} for section in KINDS})
    others: dict[str, Any] = field(default_factory=dict)
    nodes: list[tuple[str, Map]] = field(default_factory=list)

    def report(self, code: str, message: str, span: Span, help: str | None = None, **how: Any) -> None:  # noqa: A002
        self.findings.append(finding(code, message, span, help=help, **how))

    def read(self, tree: Node) -> None:
        if not isinstance(tree, Map):
            self.report("wrong-kind", "an organisation file is a mapping of sections", tree.span)
            return
        sections = (*KINDS, *OTHER_SECTIONS)
        for key, node in tree:
            if key.text in KINDS:
                self.section(KINDS[key.text], node)
            elif key.text in OTHER_SECTIONS:
                self.others[key.text] = node
            else:
                help_ = did_you_mean(key.text, sections)
                self.report("unknown-key", f'an organisation has no section "{key.text}"', key.span, help_)

    def section(self, kind: Kind, node: Node) -> None:
        if not isinstance(node, Seq):
            self.report("wrong-kind", f'"{kind.section}" must be a list', node.span)
            return
        for item in node.items:
            if not isinstance(item, Map):
                self.report("wrong-kind", f'an entry of "{kind.section}" must be a mapping', item.span, "{name: ...}")
                continue
            self.thing(kind, item)

    def thing(self, kind: Kind, item: Map) -> None:
        name_node = item.get(kind.name_key) or (item.get("email") if kind.name_key == "username" else None)
        if not isinstance(name_node, Scalar) or not name_node.text:
            self.report("missing-parameter", f'an entry of "{kind.section}" needs "{kind.name_key}"', item.span)
            return
        self.check_keys(kind, item)
        name = name_node.text
        previous = self.things[kind.section].get(name.casefold())
        if previous is not None:
            note = Note(previous.span, "the first one")
            message = f'"{name}" stands in "{kind.section}" twice'
            self.report("duplicate-key", message, name_node.span, notes=[note])
            return
        id_node = item.get("id")
        given = id_node.text if isinstance(id_node, Scalar) else None
        settings = plain(item)
        assert isinstance(settings, dict)
        shown = item.get("name")
        made = Thing(
            kind=kind.code,
            section=kind.section,
            id=given or derived_id(kind.section, name),
            name=shown.text if isinstance(shown, Scalar) else name,
            username=name if kind.name_key == "username" else None,
            settings=settings,
            span=name_node.span,
        )
        self.things[kind.section][name.casefold()] = made
        self.nodes.append((kind.section, item))

    def check_keys(self, kind: Kind, item: Map) -> None:
        known = {*kind.keys, *COMMON_KEYS, kind.name_key}
        for key, _ in item:
            if key.text not in known:
                match = nearest(key.text, known)
                severity = Severity.WARNING if match else Severity.INFO
                message = f'"{kind.section}" has no key "{key.text}"'
                help_ = f'did you mean "{match}"?' if match else "it is kept as it is"
                self.report("unknown-key", message, key.span, help_, severity=severity)

    def check_references(self) -> None:
        for section, item in self.nodes:
            for owner, path, target in _REFERENCES:
                node = item.get(path[0]) if owner == section else None
                for name in self.names_in(node):
                    self.check_name(target, name)
            if section in ("queues", "users", "scheduleGroups") and isinstance(node := item.get("division"), Scalar):
                self.check_name("divisions", node)

    def names_in(self, node: Node | None) -> list[Scalar]:
        found = []
        for entry in node.items if isinstance(node, Seq) else ():
            inner: Node | None = entry
            if isinstance(entry, Map):
                inner = entry.get("name") or entry.get("username") or entry.get("user")
                if isinstance(inner, Map):
                    inner = inner.get("username") or inner.get("name")
            if isinstance(inner, Scalar):
                found.append(inner)
        return found

    def check_name(self, section: str, name: Scalar) -> None:
        known = self.things[section]
        built_in = _BUILT_IN.get(section, ())
        if name.text.casefold() in known or name.text in built_in:
            return
        code = "unknown-key" if section == "roles" else f"unknown-{KINDS[section].inventory}"
        names = [thing.username or thing.name for thing in known.values()]
        word = KINDS[section].inventory.replace("-", " ")
        help_ = did_you_mean(name.text, [*names, *built_in])
        self.report(code, f'unknown {word} "{name.text}"', name.span, help_, severity=Severity.ERROR)
