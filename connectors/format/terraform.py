"""The Terraform twin of an export (data-actions.md §2.2): read into the same document, positions kept.

``resource "genesyscloud_integration_action"`` and its relatives hold the fields in snake case, ``${`` escaped
as ``$${``, contracts as ``jsonencode(...)`` or JSON text. What only Terraform can resolve (``var.x``,
``local.x``, other resources) is taken from ``variables``, else from the file's own defaults, else it becomes a
named placeholder: ``<var.x>``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from connectors.format.export import from_tree
from connectors.model import DataAction
from dsl.source import Diagnostic, Key, Map, Node, Scalar, Seq, Source, Span, finding
from dsl.source.tree import Plain

if TYPE_CHECKING:
    from lark import Token, Tree

RESOURCES = (
    "genesyscloud_integration_action",
    "genesyscloud_integration_action_draft",
    "genesyscloud_integration_custom_auth_action",
)
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(["\\nrt]))')
_PLACEHOLDER = re.compile(r"<[^<>\s]+>\Z")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_BY_URL = (
    (r"arn:aws:lambda|<.*lambda.*>", "aws-lambda-data-actions"),
    (r"/services/(data|apexrest)", "salesforce-datadip"),
    (r"/api/data/v", "microsoft-dynamics-data-actions"),
    (r"/api/v2/[a-z_/]+(\.json|/search\.json)", "zendesk-data-actions"),
    (r"/api/v\d|/platform/api", "purecloud-data-actions"),
)


def read_terraform(
    source: Source, *, named: bool = True, variables: Mapping[str, Plain] | None = None
) -> tuple[list[DataAction], list[Diagnostic]]:
    """Every data action of a Terraform file. A file that was only met in a folder and has none gives nothing."""
    from hcl2 import parses_to_tree
    from lark.exceptions import LarkError, UnexpectedInput

    if not named and not any(name in source.text for name in RESOURCES):
        return [], []
    try:
        tree: Any = parses_to_tree(source.text)
    except (LarkError, RecursionError) as error:
        at = getattr(error, "pos_in_stream", 0) if isinstance(error, UnexpectedInput) else 0
        place = source.span(at or 0, (at or 0) + 1)
        return [], [finding("syntax-data-action", "this Terraform file cannot be read", place)]
    reader = HclReader(source, variables or {})
    reader.defaults(tree)
    actions, findings = _actions(reader.resources(tree), source)
    if not actions and not findings and named:
        message = "this Terraform file holds no data action"
        findings.append(finding("syntax-data-action", message, Span.whole_file(source.path)))
    return actions, findings


def read_terraform_json(source: Source, tree: Map) -> tuple[list[DataAction], list[Diagnostic]]:
    """The same from Terraform's JSON form (``.tf.json``)."""
    kinds = tree.get("resource")
    bodies = []
    for key, entries in kinds if isinstance(kinds, Map) else ():
        if key.text in RESOURCES and isinstance(entries, Map):
            bodies += [(key.text, _unescaped(body)) for _, body in entries if isinstance(body, Map)]
    return _actions(((kind, body) for kind, body in bodies if isinstance(body, Map)), source)


def read_resource(kind: str, body: Map, source: Source) -> tuple[list[DataAction], list[Diagnostic]]:
    """The data action of one resource whose body has been read already, and what is wrong with it."""
    return _actions(iter([(kind, body)]), source)


def _actions(resources: Iterator[tuple[str, Map]], source: Source) -> tuple[list[DataAction], list[Diagnostic]]:
    actions: list[DataAction] = []
    findings: list[Diagnostic] = []
    for kind, body in resources:
        document = _export_of(kind, body, findings)
        action, _ = from_tree(document, findings, source.path)
        if action is not None:
            actions.append(action)
    return actions, findings


def _export_of(kind: str, body: Map, findings: list[Diagnostic]) -> Map:
    """A resource as the document that the export reader knows."""
    request, response = _block(body, "config_request"), _block(body, "config_response")
    is_login = kind.endswith("custom_auth_action")
    config: list[tuple[str, Node]] = [
        ("request", _renamed(request, {"request_url_template": "requestUrlTemplate", "request_type": "requestType",
                                       "request_template": "requestTemplate", "headers": "headers"})),
        ("response", _renamed(response, {"translation_map": "translationMap", "success_template": "successTemplate",
                                         "translation_map_defaults": "translationMapDefaults"})),
    ]  # fmt: skip
    timeout = body.get("config_timeout_seconds")
    if timeout is not None:
        config.append(("timeoutSeconds", timeout))
    url = request.get("request_url_template")
    text = url.text if isinstance(url, Scalar) else ""
    integration_type = next((name for pattern, name in _BY_URL if re.match(pattern, text)), "custom-rest-actions")
    found: list[tuple[str, Node]] = [
        ("name", body.get("name") or _text("", body.span)),
        ("integrationType", _text(integration_type, body.span)),
        ("actionType", _text("customAuth" if is_login else "custom", body.span)),
        ("secure", body.get("secure") or Scalar(False, "false", "plain", body.span)),
        ("config", _map(config, body.span)),
        ("contract", _map([("input", _contract(body, "contract_input", "inputSchema", findings)),
                           ("output", _contract(body, "contract_output", "successSchema", findings))], body.span)),
    ]  # fmt: skip
    category = body.get("category")
    if category is not None:
        found.append(("category", category))
    return _map(found, body.span)


def _contract(body: Map, name: str, schema: str, findings: list[Diagnostic]) -> Map:
    node = body.get(name)
    if node is None:
        node = _map([("type", _text("object", body.span))], body.span)
    elif isinstance(node, Scalar) and _PLACEHOLDER.match(node.text):
        node = _map([("type", _text("object", node.span))], node.span)
    elif isinstance(node, Scalar):
        try:
            node = _placed(json.loads(node.text), node.span)
        except ValueError:
            message = f'"{name}" is neither jsonencode(...) nor JSON text'
            findings.append(finding("syntax-data-action", message, node.span))
            node = _map([], node.span)
    return _map([(schema, node)], body.span)


def _block(body: Map, name: str) -> Map:
    """A nested block: the only one, whether it came alone or in a list."""
    found = body.get(name)
    if isinstance(found, Seq) and len(found):
        found = found.items[0]
    return found if isinstance(found, Map) else Map((), body.span)


def _renamed(block: Map, names: Mapping[str, str]) -> Map:
    items = [(Key(names.get(key.text, key.text), key.span), value) for key, value in block]
    if "successTemplate" in names.values() and not any(key.text == "successTemplate" for key, _ in items):
        items.append((Key("successTemplate", block.span), _text("${rawResult}", block.span)))
    return Map(tuple(items), block.span)


def _map(items: Sequence[tuple[str, Node]], span: Span) -> Map:
    return Map(tuple((Key(name, node.span), node) for name, node in items), span)


def _text(value: str, span: Span) -> Scalar:
    return Scalar(value, value, "plain", span)


def _placed(value: Any, span: Span) -> Node:
    """Plain values as nodes that all stand at one place."""
    if isinstance(value, dict):
        return Map(tuple((Key(str(name), span), _placed(inner, span)) for name, inner in value.items()), span)
    if isinstance(value, list):
        return Seq(tuple(_placed(item, span) for item in value), span)
    return Scalar(value, value if isinstance(value, str) else json.dumps(value), "plain", span)


def _unescaped(node: Node) -> Node:
    """A node of Terraform's JSON form with ``$${`` as ``${``."""
    if isinstance(node, Map):
        return Map(tuple((key, _unescaped(value)) for key, value in node), node.span)
    if isinstance(node, Seq):
        return Seq(tuple(_unescaped(item) for item in node), node.span)
    if isinstance(node.value, str):
        text = node.value.replace("$${", "${")
        return Scalar(text, text, "plain", node.span)
    return node


class HclReader:
    """Turns the parsed file into positioned nodes; whoever knows more than this file says it in ``placeholder``."""

    def __init__(self, source: Source, variables: Mapping[str, Plain]) -> None:
        self.source = source
        self.variables = dict(variables)

    def defaults(self, tree: Tree[Token]) -> None:
        """Defaults of the file's own ``variable`` blocks, for variables that nobody gave."""
        for labels, body in self.blocks(tree):
            if labels[0] == "variable" and len(labels) > 1:
                node = self.body(body).get("default")
                if isinstance(node, Scalar) and labels[1] not in self.variables:
                    self.variables[labels[1]] = node.value

    def resources(self, tree: Tree[Token]) -> Iterator[tuple[str, Map]]:
        """Kind and body of each data-action resource."""
        for labels, body in self.blocks(tree):
            if labels[0] == "resource" and len(labels) > 1 and labels[1] in RESOURCES:
                yield labels[1], self.body(body)

    def blocks(self, tree: Tree[Token]) -> Iterator[tuple[list[str], Tree[Token]]]:
        """Labels and body of each block at the top."""
        for block in tree.find_data("block"):
            labels = [self.label(child) for child in block.children if _is(child, "identifier", "string")]
            body = next((child for child in block.children if _is(child, "body")), None)
            if body is not None and labels:
                yield labels, body

    def label(self, node: Any) -> str:
        return "".join(str(token) for token in node.scan_values(lambda token: token.type != "DBLQUOTE"))

    def body(self, tree: Tree[Token]) -> Map:
        items: list[tuple[Key, Node]] = []
        for child in tree.children:
            if _is(child, "attribute"):
                name, *_, value = child.children
                items.append((Key(self.label(name), self.span(name)), self.value(value)))
            elif _is(child, "block"):
                labels = [part for part in child.children if _is(part, "identifier", "string")]
                inner = next(part for part in child.children if _is(part, "body"))
                items.append((Key(self.label(labels[0]), self.span(labels[0])), self.body(inner)))
        return Map(tuple(items), self.span(tree))

    def value(self, node: Any) -> Node:
        """An expression as a node; what cannot be known here as its placeholder."""
        while _is(node, "expr_term") and len(_trees(node)) == 1 and len(node.children) == 1:
            node = node.children[0]
        kind = str(getattr(node, "data", ""))
        if kind == "string":
            return self.string(node)
        if kind == "object":
            pairs = [child.children for child in node.children if _is(child, "object_elem")]
            return Map(tuple((self.key(pair[0]), self.value(pair[-1])) for pair in pairs), self.span(node))
        if kind == "tuple":
            return Seq(tuple(self.value(child) for child in _trees(node)), self.span(node))
        if kind in ("literal_value", "int_lit", "float_lit") or not kind:
            return self.literal(node)
        if kind == "function_call" and self.label(node.children[0]) == "jsonencode":
            arguments = next(child for child in node.children if _is(child, "arguments"))
            return self.value(next(iter(_trees(arguments))))
        if kind.startswith("heredoc"):
            return self.heredoc(node)
        return self.placeholder(node)

    def key(self, node: Any) -> Key:
        text = self.value(node.children[0])
        name = text.text if isinstance(text, Scalar) and _has(node, "string") else self.label(node)
        return Key(name.strip("()"), self.span(node))

    def literal(self, node: Any) -> Scalar:
        text = self.label(node) if hasattr(node, "data") else str(node)
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        return Scalar(value, text, "plain", self.span(node))

    def string(self, node: Any) -> Scalar:
        """A text with the place of each of its characters."""
        characters: list[tuple[str, int]] = []
        for part in node.children:
            if not _is(part, "string_part"):
                continue
            inner: Any = part.children[0]
            if hasattr(inner, "data"):
                at = self.span(inner).start.offset
                text = self.placeholder(inner.children[1]).text
                characters += [(char, at) for char in text]
            else:
                characters += _unescape(str(inner), inner.start_pos)
        text = "".join(char for char, _ in characters)
        return Scalar(text, text, "double", self.span(node), tuple(at for _, at in characters))

    def heredoc(self, node: Any) -> Scalar:
        """``<<EOT`` and ``<<-EOT``: the lines between the markers."""
        raw = self.label(node)
        first, _, rest = raw.partition("\n")
        marker = first.lstrip("<-").strip()
        lines = rest.rstrip().removesuffix(marker).rstrip(" \t").split("\n")[:-1]
        if first.startswith("<<-"):
            margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
            lines = [line[margin:] for line in lines]
        text = "".join(line + "\n" for line in lines).replace("$${", "${")
        return Scalar(text, text, "literal", self.span(node))

    def placeholder(self, node: Any) -> Scalar:
        text = (
            re.sub(r"\s+", "", self.source.text[slice(*self.offsets(node))])
            .strip('"')
            .removeprefix("${")
            .removesuffix("}")
        )
        name = text.removeprefix("var.")
        span = self.span(node)
        if text.startswith("var.") and name in self.variables:
            value = self.variables[name]
            if value is None or isinstance(value, bool | int | float | str):
                return Scalar(value, value if isinstance(value, str) else json.dumps(value), "plain", span)
        return Scalar(f"<{text}>", f"<{text}>", "plain", span)

    def offsets(self, node: Any) -> tuple[int, int]:
        place = node.meta if hasattr(node, "data") else node
        return int(place.start_pos), int(place.end_pos)

    def span(self, node: Any) -> Span:
        try:
            return self.source.span(*self.offsets(node))
        except (AttributeError, TypeError):  # an empty tree has no place
            return Span.whole_file(self.source.path)


def _is(node: Any, *kinds: str) -> TypeGuard[Tree[Token]]:
    return str(getattr(node, "data", "")) in kinds


def _has(node: Any, kind: str) -> bool:
    return next(iter(node.find_data(kind)), None) is not None


def _trees(node: Any) -> list[Any]:
    return [child for child in node.children if hasattr(child, "data") and child.data != "new_line_or_comment"]


def _unescape(raw: str, at: int) -> list[tuple[str, int]]:
    """Characters of a quoted text with their offsets, escapes resolved and ``$${`` as ``${``."""
    found = []
    index = 0
    while index < len(raw):
        match = _ESCAPE.match(raw, index)
        if match is None:
            index += raw.startswith("$${", index)
            found.append((raw[index], at + index))
            index += 1
            continue
        code = match.group(1) or match.group(2)
        found.append((chr(int(code, 16)) if code else _LETTERS[match.group(3)], at + index))
        index = match.end()
    return found
