"""A resource as the converters see it: typed access, names instead of ids, and what was left unread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callwright.importing.terraform.configuration import MARK, PLACEHOLDER, Configuration, Resource
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Severity, Span, finding, plain

if TYPE_CHECKING:
    from callwright.importing.plan import Plan

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)
_META = frozenset({"depends_on", "lifecycle", "provider", "count", "provisioner", "file_content_hash", "id"})
"""What steers Terraform and says nothing about the thing."""


class View:
    """One resource or one of its blocks."""

    def __init__(self, body: Map, resource: Resource, configuration: Configuration, findings: list[Diagnostic]) -> None:
        self.node, self.resource, self.configuration, self.findings = body, resource, configuration, findings
        self.read: set[str] = set()

    def get(self, name: str) -> Node | None:
        """A value; null is absent."""
        self.read.add(name)
        node = self.node.get(name)
        return None if isinstance(node, Scalar) and node.value is None else node

    def text(self, name: str) -> str:
        """A text, marks replaced by names; empty when absent. A placeholder is reported."""
        node = self.get(name)
        if not isinstance(node, Scalar):
            return ""
        text = self.configuration.plain_text(node.text)
        unknown = PLACEHOLDER.search(text)
        if unknown:
            self.report(f'"{name}" needs {unknown.group(0)}, which these files do not tell', node.span, _REMEDY)
        return text

    def number(self, name: str) -> float | int | None:
        """A number, also where it was written as a text."""
        node = self.get(name)
        if not isinstance(node, Scalar) or isinstance(node.value, bool):
            return None
        try:
            value = float(node.text)
        except ValueError:
            self.report(f'"{name}" is no number: {node.text}', node.span)
            return None
        return int(value) if value.is_integer() else value

    def flag(self, name: str) -> bool | None:
        """A truth; None when absent."""
        node = self.get(name)
        return node.text.casefold() == "true" if isinstance(node, Scalar) else None

    def plain(self, name: str) -> object:
        """Whatever stands there, as plain values."""
        node = self.get(name)
        return None if node is None else plain(node)

    def name_of(self, name: str) -> str:
        """The name of the thing that an attribute refers to; empty, and reported, where nobody knows it."""
        node = self.get(name)
        return self._name(node, name) if isinstance(node, Scalar) else ""

    def names_of(self, name: str) -> list[str]:
        """The names of the things that a list refers to."""
        node = self.get(name)
        items = node.items if isinstance(node, Seq) else (node,) if isinstance(node, Scalar) else ()
        found = (self._name(item, name) for item in items if isinstance(item, Scalar))
        return [text for text in found if text]

    def named(self, name: str) -> dict[str, str]:
        """The names of the things that a mapping refers to, by its keys."""
        node = self.get(name)
        items = node.items if isinstance(node, Map) else ()
        found = {key.text: self._name(item, name) for key, item in items if isinstance(item, Scalar)}
        return {key: text for key, text in found.items() if text}

    def _name(self, node: Scalar, what: str) -> str:
        mark = MARK.fullmatch(node.text)
        if mark:
            return self.configuration.name(mark.group(1)) or ""
        if PLACEHOLDER.fullmatch(node.text):
            self.report(f'"{what}" refers to {node.text}, which is not in these files', node.span, _REMEDY)
            return ""
        if _ID.match(node.text):
            message = f'"{what}" refers to the id {node.text}; what has it is not in these files'
            self.report(message, node.span, "name its file, too, or add it to the project by hand")
            return ""
        return self.configuration.plain_text(node.text)

    def blocks(self, name: str) -> list[View]:
        """Nested blocks of a name, whether repeated, in a list, or alone."""
        self.read.add(name)
        found: list[Map] = []
        for key, node in self.node:
            if key.text == name:
                items = node.items if isinstance(node, Seq) else (node,)
                found += [item for item in items if isinstance(item, Map)]
        return [View(body, self.resource, self.configuration, self.findings) for body in found]

    def block(self, name: str) -> View:
        """The only block of a name; an empty one when absent."""
        found = self.blocks(name)
        return found[0] if found else View(Map((), self.node.span), self.resource, self.configuration, self.findings)

    def skip(self, *names: str) -> None:
        """What has no meaning in a project, or is said elsewhere."""
        self.read.update(names)

    def report(self, message: str, span: Span | None = None, help_: str | None = None) -> None:
        """Something that is not carried over as it stands."""
        text = f"{self.resource.address}: {message}"
        self.findings.append(finding("not-imported", text, span or self.resource.span, help=help_))

    def leave_rest(self) -> None:
        """Report what nobody asked for."""
        for key, node in self.node:
            if key.text in self.read or key.text in _META or _says_nothing(node):
                continue
            message = f'{self.resource.address}: "{key.text}" has no place in the project'
            self.findings.append(finding("not-imported", message, key.span, severity=Severity.INFO))


_REMEDY = "say --tf-var NAME=VALUE, or name the file that tells it, too"


def _says_nothing(node: Node) -> bool:
    if isinstance(node, Scalar):
        return node.value in (None, "", False)
    return len(node) == 0


def views(configuration: Configuration, plan: Plan) -> list[View]:
    """Every resource, each with its body worked out."""
    resources = [resource for resource in configuration.resources.values() if not resource.is_data]
    return [View(configuration.body(r), r, configuration, plan.findings) for r in resources]
