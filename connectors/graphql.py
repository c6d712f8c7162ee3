"""GraphQL documents of ``connections.yaml``: checked when they are loaded, without a schema (crm-apis.md §8).

What can be said without the system: whether the document parses, that it holds one operation, and that its variables
are those that are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dsl.source import Diagnostic, Map, Scalar, Source, Span, did_you_mean, finding

if TYPE_CHECKING:
    from graphql import DocumentNode, OperationDefinitionNode


def is_repeatable(document: str) -> bool:
    """Whether a document only asks, so that it may be sent again; one that cannot be read is not."""
    from graphql import GraphQLSyntaxError

    try:
        return all(operation.operation.value == "query" for operation in _operations(_parsed(document)))
    except GraphQLSyntaxError:
        return False


def document_findings(source: Source, connection: Map) -> Iterator[Diagnostic]:
    """What is wrong with the documents of a connection, each at its place in the file."""
    operations = connection.get("operations")
    for _, settings in operations if isinstance(operations, Map) else ():
        query = settings.get("query") if isinstance(settings, Map) else None
        if isinstance(settings, Map) and isinstance(query, Scalar):
            given = settings.get("variables")
            names = {key.text: key.span for key, _ in given} if isinstance(given, Map) else {}
            yield from _Checked(source, query, names).findings()


class _Checked:
    """One document with the variables that it is sent with."""

    def __init__(self, source: Source, query: Scalar, given: Mapping[str, Span]) -> None:
        self.source, self.query, self.given = source, query, given

    def findings(self) -> Iterator[Diagnostic]:
        from graphql import GraphQLSyntaxError

        try:
            document = _parsed(self.query.text)
        except GraphQLSyntaxError as error:
            at = next(iter(error.positions or ()), 0)
            message = error.message.removeprefix("Syntax Error: ").rstrip(".")
            yield finding("syntax-graphql", f"the query cannot be read: {_lower(message)}", self.span(at, at + 1))
            return
        operations = _operations(document)
        if len(operations) != 1:
            help_ = "make an operation of the connection for each"
            message = f"the document holds {len(operations)} operations, and one is sent"
            yield finding("syntax-graphql", message, self.query.span, help=help_)
            return
        if operations[0].operation.value == "subscription":
            yield finding("syntax-graphql", "a subscription has no single answer", self.place(operations[0]))
        yield from self._variables(operations[0], document)
        yield from self._fragments(document)

    def _variables(self, operation: OperationDefinitionNode, document: DocumentNode) -> Iterator[Diagnostic]:
        from graphql import NonNullTypeNode, VariableNode

        declared = {one.variable.name.value: one for one in operation.variable_definitions or ()}
        declarations = {id(one.variable) for one in declared.values()}
        used = [node for node in _all(document, VariableNode) if id(node) not in declarations]
        for node in used:
            if node.name.value not in declared:
                message = f'the operation does not declare the variable "${node.name.value}"'
                help_ = did_you_mean(node.name.value, declared)
                yield finding("syntax-graphql", message, self.place(node), help=help_)
        names = {node.name.value for node in used}
        for name, one in declared.items():
            if name not in names:
                yield finding("syntax-graphql", f'nothing uses the variable "${name}"', self.place(one.variable))
            if name not in self.given and isinstance(one.type, NonNullTypeNode) and one.default_value is None:
                help_ = f"add {name} under variables:"
                message = f'the variable "${name}" is required and not given'
                yield finding("missing-parameter", message, self.place(one.variable), help=help_)
        for name, span in self.given.items():
            if name not in declared:
                message = f'the query declares no variable "${name}"'
                yield finding("unknown-parameter", message, span, help=did_you_mean(name, declared))

    def _fragments(self, document: DocumentNode) -> Iterator[Diagnostic]:
        from graphql import FragmentDefinitionNode, FragmentSpreadNode

        known = [one.name.value for one in _all(document, FragmentDefinitionNode)]
        for node in _all(document, FragmentSpreadNode):
            if node.name.value not in known:
                message = f'there is no fragment "{node.name.value}"'
                yield finding("syntax-graphql", message, self.place(node), help=did_you_mean(node.name.value, known))

    def place(self, node: Any) -> Span:
        """Where a node of the document stands in the file."""
        return self.span(node.loc.start, node.loc.end)

    def span(self, start: int, end: int) -> Span:
        """Characters of the document as a place in the file."""
        return self.source.span(self._offset(start), self._offset(end - 1) + 1)

    def _offset(self, index: int) -> int:
        offsets, last = self.query.offsets, self.query.span.end.offset - 1
        if offsets is not None:
            return offsets[index] if index < len(offsets) else last
        return min(self.query.span.start.offset + (self.query.style in ("single", "double")) + index, last)


def _parsed(document: str) -> DocumentNode:
    from graphql import parse

    return parse(document)


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    from graphql import OperationDefinitionNode

    return [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]


def _all(document: DocumentNode, kind: type) -> list[Any]:
    """All nodes of a kind, in the order of the document."""
    from graphql import Visitor, visit

    found: list[Any] = []

    class Collector(Visitor):
        def enter(self, node: Any, *_: Any) -> None:
            if isinstance(node, kind):
                found.append(node)

    visit(document, Collector())
    return found


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
