"""Working out Terraform's expressions as far as the files tell: references, templates, conditions, simple functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright.importing.terraform.configuration import marked, text_of
from callwright.importing.terraform.functions import FUNCTIONS, UNKNOWN
from connectors.format import HclReader
from dsl.source import Key, Map, Node, Scalar, Seq, Source, Span, plain
from dsl.source.tree import Plain

if TYPE_CHECKING:
    from callwright.importing.terraform.configuration import Configuration

_REFERENCE = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w*-]+|\[[^\[\]]*\])*\Z")
_STEP = re.compile(r"\.?([\w*-]+)|\[\"?([^\[\]\"]*)\"?\]")
_TEMPLATE = re.compile(r"(?<!\$)\$\{")


class Evaluator(HclReader):
    """Values of one file, with the whole configuration behind them."""

    def __init__(self, source: Source, configuration: Configuration) -> None:
        super().__init__(source, {})
        self.configuration = configuration

    # What the file consists of.

    def top_blocks(self, tree: Any) -> Iterator[tuple[list[str], Any, Span]]:
        """Labels and body of the blocks at the top, and where their heads stand."""
        top = next((child for child in tree.children if _kind(child) == "body"), tree)
        for block in top.children:
            if _kind(block) == "block":
                head = [part for part in block.children if _kind(part) in ("identifier", "string", "keyword")]
                body = next((part for part in block.children if _kind(part) == "body"), None)
                if head and body is not None:
                    place = self.source.span(self.offsets(head[0])[0], self.offsets(head[-1])[1])
                    yield [self.label(part) for part in head], body, place

    def attributes(self, body: Any) -> Iterator[tuple[str, Any]]:
        """Names and unworked expressions of a body."""
        for child in body.children:
            if _kind(child) == "attribute":
                name, *_, value = child.children
                yield self.label(name), value

    # Values.

    def placeholder(self, node: Any) -> Scalar:
        """What an expression gives; a placeholder where the files do not tell."""
        found = self._worked_out(node)
        if found is UNKNOWN:
            return super().placeholder(node)
        made = node_from(found, self.span(node))
        return made if isinstance(made, Scalar) else _Holder.wrap(made)

    def value(self, node: Any) -> Node:
        found = super().value(node)
        return found.inner if isinstance(found, _Holder) else found

    def _worked_out(self, node: Any) -> Any:
        while _kind(node) == "expr_term" and len(_parts(node)) == 1:
            node = _parts(node)[0]
        kind = _kind(node)
        if kind == "function_call":
            return self._call(node)
        if kind == "conditional":
            condition, yes, no = _parts(node)[:3]
            truth = self._plain(condition)
            return UNKNOWN if truth is UNKNOWN else self._plain(yes if truth in (True, "true") else no)
        if kind == "unary_op":
            inner = self._plain(_parts(node)[-1])
            sign = next((str(part) for part in node.children if not hasattr(part, "data")), "").strip()
            if inner is UNKNOWN or not isinstance(inner, bool | int | float):
                return UNKNOWN
            return (not inner) if sign == "!" else -inner
        if kind in ("string", "object", "tuple", "literal_value", "int_lit", "float_lit") or kind.startswith("heredoc"):
            return plain(self.value(node))
        try:
            text = re.sub(r"\s+", "", self.source.text[slice(*self.offsets(node))])
        except (AttributeError, TypeError):
            return UNKNOWN
        return self._reference(text.removeprefix("${").removesuffix("}"))

    def _plain(self, node: Any) -> Any:
        found = plain(self.value(node))
        return UNKNOWN if isinstance(found, str) and re.fullmatch(r"<[^<>]+>", found) else found

    def _call(self, node: Any) -> Any:
        name = self.label(node.children[0])
        listed = next((child for child in node.children if _kind(child) == "arguments"), None)
        function = FUNCTIONS.get(name)
        if function is None:
            return UNKNOWN
        arguments = [self._plain(part) for part in _parts(listed)] if listed is not None else []
        if any(argument is UNKNOWN for argument in arguments) and name not in ("try", "coalesce"):
            return UNKNOWN
        try:
            return function([a for a in arguments if a is not UNKNOWN], Path(self.source.path).parent)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError):
            return UNKNOWN

    def _reference(self, text: str) -> Any:
        if not _REFERENCE.match(text):
            return UNKNOWN
        steps = [first or second for first, second in _STEP.findall(text)]
        configuration = self.configuration
        if steps[0] == "path":
            return str(Path(self.source.path).parent) or "."
        if steps[0] in ("var", "local") and len(steps) > 1:
            node = configuration.variable(steps[1]) if steps[0] == "var" else configuration.local(steps[1])
            return UNKNOWN if node is None else _walk(plain(node), steps[2:])
        is_data = steps[0] == "data"
        kind, label, *rest = (*steps[is_data:], "", "")
        resource = configuration.resource(f"{'data.' if is_data else ''}{kind}.{label}")
        if resource is None:
            return UNKNOWN
        rest = [step for step in rest if step and not (step.isdigit() or step == "*")]
        if not rest or rest[0] == "id":
            return marked(resource.address)
        node = configuration.attribute(resource, rest[0])
        return UNKNOWN if node is None else _walk(plain(node), rest[1:])

    # Terraform's JSON form: texts are templates.

    def json_value(self, node: Node) -> Node:
        """A node of the JSON form with its templates worked out."""
        if isinstance(node, Map):
            return Map(tuple((key, self.json_value(value)) for key, value in node), node.span)
        if isinstance(node, Seq):
            return Seq(tuple(self.json_value(item) for item in node), node.span)
        if isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value:
            return self._template(node, node.value)
        return node

    def _template(self, node: Scalar, text: str) -> Node:
        if not _TEMPLATE.search(text):
            plain_text = text.replace("$${", "${")
            return Scalar(plain_text, plain_text, node.style, node.span)
        whole = re.fullmatch(r"\$\{(.*)\}", text, re.DOTALL)
        alone = whole is not None and text.count("${") == 1
        inner = Source(
            self.source.path, f"x = {whole.group(1) if alone and whole else json.dumps(text, ensure_ascii=False)}\n"
        )
        from hcl2 import parses_to_tree
        from lark.exceptions import LarkError

        try:
            tree: Any = parses_to_tree(inner.text)
        except (LarkError, RecursionError):
            return node
        evaluator = self.configuration.evaluator(inner)
        raw = dict(evaluator.attributes(next(iter(tree.find_data("body"))))).get("x")
        return node_from(plain(evaluator.value(raw)), node.span) if raw is not None else node


class _Holder(Scalar, frozen=True, kw_only=True):
    """A list or object where the reader expects a scalar: taken out again at once by ``value``."""

    inner: Node

    @classmethod
    def wrap(cls, node: Node) -> _Holder:
        text = text_of(plain(node))
        return cls(text, text, "plain", node.span, inner=node)


def node_from(value: Plain, span: Span) -> Node:
    """Plain values as nodes that all stand at one place."""
    if isinstance(value, dict):
        return Map(tuple((Key(str(name), span), node_from(inner, span)) for name, inner in value.items()), span)
    if isinstance(value, list):
        return Seq(tuple(node_from(item, span) for item in value), span)
    return Scalar(value, text_of(value), "double" if isinstance(value, str) else "plain", span)


def _walk(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return UNKNOWN
    return value


def _kind(node: Any) -> str:
    return str(getattr(node, "data", ""))


def _parts(node: Any) -> list[Any]:
    return [child for child in node.children if hasattr(child, "data") and child.data != "new_line_or_comment"]
