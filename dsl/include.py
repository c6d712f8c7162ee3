"""Tasks, menus and states that lie in another file: ``./shared.yaml#/common/tasks/task[start]`` (flow-format.md §1.3).

What a reference names is taken into the flow's own tree under a name of its own, so that whatever comes later sees one
flow. Each item is taken once, however many references lead to it; so files that lead to each other come to an end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import dirname, normpath
from posixpath import join as join_path

from dsl.source import Diagnostic, Key, Map, Node, Scalar, Seq, Source, Span, did_you_mean, finding, read_yaml

Include = Callable[[str], Source | None]
"""Reads a file by its path as seen from the flow's file; None where there is none, or where it may not be read."""

REFERENCES = frozenset(
    "startUpRef targetTaskRef targetMenuRef targetStateRef targetTask targetMenu targetState".split()
)
COLLECTIONS = {"task": "tasks", "menu": "menus", "state": "states", "bot": "bots"}
EXTERNAL = re.compile(r"([^\[#]+\.ya?ml)#(/.*)\Z")
"""A reference into another file; what is left of them in the tree names nothing, and that has been reported."""
_SEGMENT = re.compile(r"/([^/\[\]]+)(?:\[(.*?)\](?=/|\Z))?")


@dataclass(frozen=True, slots=True)
class Included:
    """The tree with everything it refers to in it, the other files that were read, and what was found."""

    tree: Map
    sources: tuple[Source, ...] = ()
    findings: tuple[Diagnostic, ...] = ()


def included(tree: Map, include: Include | None, substitutions: Mapping[str, str]) -> Included:
    """Follow references into other files, which ``include`` reads by their path as seen from the flow's file."""
    if len(tree) != 1 or not any(EXTERNAL.match(node.text) for node in _references(tree)):
        return Included(tree)
    return _Includer(tree, include or (lambda path: None), substitutions).run()


@dataclass(slots=True)
class _Includer:
    tree: Map
    include: Include
    substitutions: Mapping[str, str]
    trees: dict[str, Map | None] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    names: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """The reference to each item that was taken in, by file and path; None for one that is not there."""
    items: dict[str, list[Map]] = field(default_factory=dict)
    waiting: list[tuple[str, str, Map]] = field(default_factory=list)

    def run(self) -> Included:
        root, body = self.tree.items[0]
        body = _rewritten(body, lambda reference: self.own(reference, "", root.text))
        while self.waiting:
            path, kind, item = self.waiting.pop(0)
            home = self.trees[path]
            assert home is not None
            top = home.items[0][0].text

            def foreign(reference: Scalar, path: str = path, top: str = top) -> Scalar:
                return self.own(reference, path, top)

            taken = _rewritten(item, foreign)
            assert isinstance(taken, Map)
            self.items.setdefault(kind, []).append(taken)
        if isinstance(body, Map):
            body = self.with_items(body)
        return Included(Map(((root, body),), self.tree.span), tuple(self.sources), tuple(self.findings))

    def own(self, reference: Scalar, path: str, top: str) -> Scalar:
        """The reference as the whole flow understands it; ``path`` is the file that it stands in, empty for the
        flow's own."""
        match = EXTERNAL.match(reference.text)
        if match is not None:
            target, within = normpath(join_path(dirname(path), match[1].strip())), match[2]
        elif path:
            text = reference.text
            target, within = path, text if text.startswith("/") else f"/{top}/{text.lstrip('./')}"
        else:
            return reference
        name = self.take(target, within, reference.span) or f"{target}#{within}"
        return Scalar(name, name, reference.style, reference.span)

    def take(self, path: str, within: str, span: Span) -> str | None:
        """A reference to an item of another file, which is taken in when it is met first."""
        if (path, within) not in self.names:
            self.names[path, within] = None
            home = self.read(path, span)
            found = self.find(home, path, within, span) if home is not None else None
            if found is not None:
                kind, ref_id, item = found
                name = f"{path}#{ref_id}"
                self.names[path, within] = f"./{COLLECTIONS[kind]}/{kind}[{name}]"
                self.waiting.append((path, kind, _named(item, kind, name)))
        return self.names[path, within]

    def read(self, path: str, span: Span) -> Map | None:
        if path not in self.trees:
            self.trees[path] = None
            source = self.include(path)
            if source is None:
                help_ = "paths are seen from the file that names them, and lead nowhere out of the project's folder"
                message = f'the file "{path}" is not there'
                self.findings.append(finding("unknown-include", message, span, help=help_))
                return None
            tree, findings = read_yaml(source, self.substitutions)
            self.sources.append(source)
            self.findings.extend(findings)
            if isinstance(tree, Map) and len(tree):
                self.trees[path] = tree
            elif tree is not None:
                self.findings.append(finding("wrong-kind", "an included file is a mapping with one key", tree.span))
        return self.trees[path]

    def find(self, home: Map, path: str, within: str, span: Span) -> tuple[str, str, Map] | None:
        """Kind, refId and item that a path names."""
        node: Node | None = home
        kind, ref_id = "", ""
        for segment in _SEGMENT.finditer(within):
            kind, ref_id = segment[1], segment[2] or ""
            if segment[2] is None:
                node = node.get(kind) if isinstance(node, Map) else None
            else:
                node = _item(node, kind, ref_id)
        if isinstance(node, Map) and kind in COLLECTIONS and ref_id:
            return kind, ref_id, node
        code = f"unknown-{kind}" if kind in ("task", "menu", "state") else "unknown-include"
        listed = [name for one in COLLECTIONS.values() for name in _ref_ids(home.items[0][1], one)]
        help_ = did_you_mean(ref_id, listed) if ref_id else "name a task, menu or state: /inboundCall/tasks/task[main]"
        self.findings.append(finding(code, f'"{path}" has no "{within}"', span, help=help_))
        return None

    def with_items(self, body: Map) -> Map:
        """The flow's body with what was taken in at the end of its lists."""
        entries = list(body.items)
        for kind, items in self.items.items():
            collection = COLLECTIONS[kind]
            index = next((i for i, (key, _) in enumerate(entries) if key.text == collection), None)
            key, listed = entries[index] if index is not None else (Key(collection, body.span), Seq((), body.span))
            own = listed.items if isinstance(listed, Seq) else ()
            entry = (key, Seq((*own, *items), listed.span))
            if index is None:
                entries.append(entry)
            else:
                entries[index] = entry
        return Map(tuple(entries), body.span)


def _references(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Map):
        for key, value in node:
            if key.text in REFERENCES and isinstance(value, Scalar):
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, Seq):
        for item in node:
            yield from _references(item)


def _rewritten(node: Node, change: Callable[[Scalar], Scalar]) -> Node:
    """The node with every reference changed; what has none stays the same object."""
    if isinstance(node, Map):
        changed = tuple(
            (key, change(value) if key.text in REFERENCES and isinstance(value, Scalar) else _rewritten(value, change))
            for key, value in node
        )
        same = all(new is old for (_, new), (_, old) in zip(changed, node.items, strict=True))
        return node if same else Map(changed, node.span)
    if isinstance(node, Seq):
        items = tuple(_rewritten(item, change) for item in node)
        same = all(new is old for new, old in zip(items, node.items, strict=True))
        return node if same else Seq(items, node.span)
    return node


def _item(node: Node | None, kind: str, ref_id: str) -> Map | None:
    """The entry ``- kind: {refId: ...}`` of a list."""
    for item in node.items if isinstance(node, Seq) else ():
        body = item.get(kind) if isinstance(item, Map) else None
        if isinstance(item, Map) and isinstance(body, Map) and _ref_id(body) == ref_id:
            return item
    return None


def _ref_id(body: Map) -> str | None:
    named = body.get("refId") or body.get("name")
    return named.text if isinstance(named, Scalar) else None


def _ref_ids(node: Node, collection: str) -> Iterator[str]:
    listed = node.get(collection) if isinstance(node, Map) else None
    for item in listed.items if isinstance(listed, Seq) else ():
        body = item.items[0][1] if isinstance(item, Map) and len(item) else None
        if isinstance(body, Map) and (name := _ref_id(body)):
            yield name


def _named(item: Map, kind: str, ref_id: str) -> Map:
    """The item under another refId."""
    key, body = item.items[0]
    assert isinstance(body, Map)
    name = Scalar(ref_id, ref_id, "plain", key.span)
    rest = tuple(entry for entry in body if entry[0].text != "refId")
    return Map(((key, Map(((Key("refId", key.span), name), *rest), body.span)),), item.span)
