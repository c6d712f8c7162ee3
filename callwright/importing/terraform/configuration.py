"""All Terraform files of an import as one configuration: resources, data sources, variables and locals.

Files are read first and values worked out afterwards, so that a resource may refer to one in another file. What
stands for the id of another resource becomes a mark with that resource's address; whoever uses it asks for the
name. What only a run of Terraform could tell stays a placeholder such as ``<var.region>``, and is reported where
it is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Severity, Source, Span, finding

if TYPE_CHECKING:
    from callwright.importing.terraform.evaluation import Evaluator

_BLOCK = re.compile(r"^\s*(resource|data|variable|locals|module|provider|terraform|output)\b[^\n=]*\{", re.MULTILINE)
MARK = re.compile("\ue000([^\ue001]*)\ue001")
"""The id of a resource, as its address between two private characters."""

PLACEHOLDER = re.compile(r"<[A-Za-z_][^<>\s]*>")


@dataclass(slots=True)
class Resource:
    """A resource or data source: its address, where it stands, and its body once it has been worked out."""

    kind: str
    label: str
    is_data: bool
    source: Source
    span: Span
    raw: Any
    worked_out: Map | None = None
    busy: bool = False

    @property
    def address(self) -> str:
        """``genesyscloud_routing_queue.support``."""
        return f"{'data.' if self.is_data else ''}{self.kind}.{self.label}"


@dataclass(slots=True)
class Configuration:
    """What the files say together."""

    resources: dict[str, Resource] = field(default_factory=dict)
    variables: dict[str, tuple[Source, Any]] = field(default_factory=dict)
    given: dict[str, tuple[Source, Any]] = field(default_factory=dict)
    local_values: dict[str, tuple[Source, Any]] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    """What is called otherwise than its resource says: a flow by the name in its file."""

    roots: list[Path] = field(default_factory=list)
    """Folders that the import was given; nothing outside of them is read."""

    @staticmethod
    def looks_like(source: Source) -> bool:
        """Whether a text has Terraform's blocks."""
        return _BLOCK.search(source.text) is not None

    def read(self, source: Source, findings: list[Diagnostic]) -> None:
        """Take in one HCL file (``.tf``, or ``.tfvars`` with values of variables)."""
        from hcl2 import parses_to_tree
        from lark.exceptions import LarkError, UnexpectedInput

        try:
            tree: Any = parses_to_tree(source.text if source.text.endswith("\n") else source.text + "\n")
        except (LarkError, RecursionError) as error:
            at = (getattr(error, "pos_in_stream", 0) or 0) if isinstance(error, UnexpectedInput) else 0
            message = "this Terraform file cannot be read: something here is no HCL"
            findings.append(finding("syntax-terraform", message, source.span(at, at + 1)))
            return
        reader = self.evaluator(source)
        if source.path.endswith(".tfvars"):
            for name, value in reader.attributes(next(iter(tree.find_data("body")))):
                self.given.setdefault(name, (source, value))
            return
        for labels, body, place in reader.top_blocks(tree):
            if labels[0] in ("resource", "data") and len(labels) > 2:
                self._add(Resource(labels[1], labels[2], labels[0] == "data", source, place, body))
            elif labels[0] == "variable" and len(labels) > 1:
                self.variables[labels[1]] = (source, dict(reader.attributes(body)).get("default"))
            elif labels[0] == "locals":
                for name, value in reader.attributes(body):
                    self.local_values[name] = (source, value)
            elif labels[0] == "module":
                message = f'the module "{labels[1]}" is not followed; name its files, too, to import what they hold'
                findings.append(finding("not-imported", message, place, severity=Severity.INFO))

    def read_json(self, source: Source, tree: Map, findings: list[Diagnostic]) -> None:
        """Take in one file in Terraform's JSON form."""
        for section in ("resource", "data"):
            for kind, entries in _maps(tree.get(section)):
                for label, node in _maps(entries):
                    body = node.items[0] if isinstance(node, Seq) and len(node) else node
                    if isinstance(body, Map):
                        self._add(Resource(kind, label, section == "data", source, body.span, body))
        for name, node in _maps(tree.get("variable")):
            body = node.items[0] if isinstance(node, Seq) and len(node) else node
            self.variables[name] = (source, body.get("default") if isinstance(body, Map) else None)
        for name, node in _maps(tree.get("locals")):
            self.local_values[name] = (source, node)

    def give(self, name: str, text: str) -> None:
        """The value of a variable from outside of the files."""
        source = Source("<variable>", text)
        self.given[name] = (source, Scalar(text, text, "double", source.span(0, len(text))))

    def _add(self, resource: Resource) -> None:
        self.resources.setdefault(resource.address, resource)

    def evaluator(self, source: Source) -> Evaluator:
        """What works out values of one file."""
        from callwright.importing.terraform.evaluation import Evaluator

        return Evaluator(source, self)

    # Values.

    def work_out(self, source: Source, raw: Any) -> Node | None:
        """The value of an expression: a parsed one (HCL) or a node (JSON)."""
        if raw is None:
            return None
        evaluator = self.evaluator(source)
        return evaluator.json_value(raw) if isinstance(raw, Map | Seq | Scalar) else evaluator.value(raw)

    def body(self, resource: Resource) -> Map:
        """A resource's body with every value worked out."""
        if resource.worked_out is None and not resource.busy:
            resource.busy = True
            evaluator = self.evaluator(resource.source)
            found = (
                evaluator.json_value(resource.raw) if isinstance(resource.raw, Map) else evaluator.body(resource.raw)
            )
            resource.worked_out = found if isinstance(found, Map) else Map((), resource.span)
            resource.busy = False
        return resource.worked_out or Map((), resource.span)

    def attribute(self, resource: Resource, name: str) -> Node | None:
        """One attribute, without the rest of the body where that is being worked out."""
        if resource.worked_out is not None or isinstance(resource.raw, Map):
            body = resource.worked_out or resource.raw
            node = body.get(name)
            return self.evaluator(resource.source).json_value(node) if node is not None else None
        reader = self.evaluator(resource.source)
        key = f"{resource.address}.{name}"
        raw = dict(reader.attributes(resource.raw)).get(name)
        return self._once(key, resource.source, raw)

    def variable(self, name: str) -> Node | None:
        """A variable: what a ``.tfvars`` gives, else its default."""
        source, raw = self.given.get(name) or self.variables.get(name) or (None, None)
        return self._once(f"var.{name}", source, raw) if source is not None else None

    def local(self, name: str) -> Node | None:
        """A local value."""
        source, raw = self.local_values.get(name, (None, None))
        return self._once(f"local.{name}", source, raw) if source is not None else None

    def _once(self, key: str, source: Source, raw: Any) -> Node | None:
        """A value that is not worked out inside itself."""
        if raw is None or key in self.busy:
            return None
        self.busy.add(key)
        try:
            return self.work_out(source, raw)
        finally:
            self.busy.discard(key)

    # Names.

    def resource(self, address: str) -> Resource | None:
        """The resource at an address."""
        return self.resources.get(address)

    def name(self, address: str) -> str | None:
        """What the thing at an address is called in the project; None where nothing is there."""
        resource = self.resource(address)
        if resource is None:
            return None
        if address in self.names:
            return self.names[address]
        for attribute in _NAMES.get(resource.kind, ("name",)):
            node = self.attribute(resource, attribute)
            if isinstance(node, Map | Seq):
                inner = node.items[0] if isinstance(node, Seq) and len(node) else node
                node = inner.get("name") if isinstance(inner, Map) else None
            if isinstance(node, Scalar) and node.text and not PLACEHOLDER.search(node.text):
                return self.plain_text(node.text)
        if resource.kind == "genesyscloud_integration":
            config = self.body(resource).get("config")
            node = config.get("name") if isinstance(config, Map) else None
            if isinstance(node, Scalar) and node.text:
                return self.plain_text(node.text)
        return resource.label.replace("_", " ")

    def plain_text(self, text: str) -> str:
        """A text with the marks in it replaced by names."""
        return MARK.sub(lambda match: self.name(match.group(1)) or match.group(1), text)


_NAMES: Mapping[str, tuple[str, ...]] = {
    "genesyscloud_user": ("email",),
    "genesyscloud_script": ("script_name", "name"),
    "genesyscloud_integration": ("config",),
}


def _maps(node: Node | None) -> list[tuple[str, Node]]:
    """Entries of an object; Terraform's JSON also allows a list of objects."""
    listed = node.items if isinstance(node, Seq) else (node,)
    return [(key.text, value) for item in listed if isinstance(item, Map) for key, value in item]


def marked(address: str) -> str:
    """The mark that stands for a resource's id."""
    return f"\ue000{address}\ue001"


def text_of(value: object) -> str:
    """A plain value as Terraform writes it into a text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
