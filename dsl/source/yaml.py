"""The positioned YAML reader (authoring.md §4).

Built on libyaml's events, iteratively: no depth of nesting can exhaust a stack. Scalars follow the YAML 1.2
core set, so ``yes:``/``no:`` stay texts and ``010`` is ten. Duplicate keys, merge keys, foreign tags, several
documents, alias loops and over-large files are findings; nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import yaml

from dsl.source.align import value_offsets
from dsl.source.diagnostics import Diagnostic, Note, Severity, finding
from dsl.source.indentation import odd_line
from dsl.source.substitute import Substituted, substitute
from dsl.source.text import Position, Source, Span
from dsl.source.tree import Key, Map, Node, Scalar, Seq, Stretch

MAX_CHARACTERS = 10_000_000
VENDOR_MAX_BYTES = 6_170_000
MAX_DEPTH = 200
MAX_EXPANDED_NODES = 100_000

_CORE_TAGS = {None, "!"} | {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "bool", "null", "float", "map", "seq")
}
_STYLES = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL_FLOATS = {
    sign + word: float(sign + word[1:])
    for word in (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN")
    for sign in ("", "+", "-")
    if not (sign and word.casefold() == ".nan")
}
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def core_value(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar in the YAML 1.2 core set (authoring.md §4)."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.match(text):
        return int(text) if len(text) < 4000 else text
    if _OCTAL.match(text):
        return int(text[2:], 8)
    if _HEX.match(text):
        return int(text[2:], 16)
    if text in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[text]
    return float(text) if _FLOAT.match(text) else text


def read_yaml(source: Source, substitutions: Mapping[str, str] | None = None) -> tuple[Node | None, list[Diagnostic]]:
    """Read one YAML document: its tree (None when it cannot be read) and the findings.

    Placeholders ``{{name}}`` are replaced first; pass a mapping, even an empty one, to have unknown names
    reported.
    """
    if len(source.text) > MAX_CHARACTERS:
        return None, [_too_large(source, f"the file has more than {MAX_CHARACTERS:,} characters")]
    substituted, findings = substitute(source, substitutions)
    if len(source.text) > VENDOR_MAX_BYTES:
        message = "the file is over 6.17 MB, which the vendor refuses to publish"
        findings.append(finding("too-large", message, source.span(0, 0), severity=Severity.INFO))
    builder = _Builder(source, substituted, findings)
    return builder.read(), findings


def _too_large(source: Source, message: str) -> Diagnostic:
    return finding("too-large", message, source.span(0, 0), help="split it into modules or included files")


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read yet."""

    is_map: bool
    start: Any
    """The mark of its beginning."""

    anchor: str | None
    last: Node | None = None
    """What ends last in it."""

    items: list[Any] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)
    pending: Key | None = None
    skip_value: bool = False
    nodes: int = 1


class _Stop(Exception):  # noqa: N818  (control flow, never seen outside)
    """The document cannot be read any further; the finding has been made."""


class _Builder:
    """Turns the event stream into the tree."""

    def __init__(self, source: Source, substituted: Substituted, findings: list[Diagnostic]) -> None:
        self.source = source
        self.text = substituted.text
        self.substituted = substituted
        self.is_as_written = substituted.is_identity
        self.findings = findings
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.root_nodes = 0
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.AliasEvent: self.alias,
            yaml.MappingStartEvent: lambda event: self.open(event, is_map=True),
            yaml.SequenceStartEvent: lambda event: self.open(event, is_map=False),
            yaml.MappingEndEvent: self.close,
            yaml.SequenceEndEvent: self.close,
            yaml.DocumentStartEvent: self.document,
        }

    def read(self) -> Node | None:
        try:
            for event in yaml.parse(self.text, Loader=_Loader):
                handler = self.handlers.get(type(event))
                if handler is not None:
                    handler(event)
        except _Stop:
            return self.root if not self.stack else None
        except yaml.YAMLError as error:
            self.findings.append(self.syntax_error(error))
            return None
        if self.root is None:
            self.report("syntax-yaml", "the file is empty", self.source.span(0, 0), "a flow file has one root key")
        return self.root

    # Places.

    def place(self, start: Any, end: Any) -> Stretch:
        """Between two marks."""
        return Stretch(self.substituted, self.source, start.index, end.index)

    def block(self, start: Any, end: Any) -> Stretch:
        """The same of a literal or folded text, which ends with its last character."""
        length = len(self.text[start.index : end.index].rstrip())
        return Stretch(self.substituted, self.source, start.index, start.index + length)

    def span(self, event: Any) -> Span:
        return self.place(event.start_mark, event.end_mark).span()

    def report(self, code: str, message: str, span: Span, help: str | None = None) -> None:  # noqa: A002
        self.findings.append(finding(code, message, span, help=help))

    # Events.

    def document(self, event: Any) -> None:
        if self.root is not None:
            self.report(
                "several-documents",
                "the file holds more than one YAML document",
                self.span(event),
                "keep one flow in one file; remove the line ---",
            )
            raise _Stop

    def scalar(self, event: Any) -> None:
        style = _STYLES[event.style]
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.is_map and frame.pending is None:
            frame.pending = self.key(event, style)
            return
        self.check_tag(event)
        text: str = event.value if event.tag in _CORE_TAGS else " ".join(filter(None, (event.tag, event.value)))
        value = core_value(text) if style == "plain" and event.tag in (None, "!") else text
        if event.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"):
            value = core_value(text)
        place = (self.block if style in ("literal", "folded") else self.place)(event.start_mark, event.end_mark)
        self.add(Scalar(value, text, style, place, self.align(event, style)), 1, event.anchor)

    def align(self, event: Any, style: str) -> Callable[[], tuple[int, ...]] | None:
        start, end = event.start_mark.index, event.end_mark.index
        quote = style in ("single", "double")
        raw = self.text[start + quote : end - quote]
        if raw == event.value and self.is_as_written:
            return None
        return partial(_offsets, self.substituted, event.value, start, end, style)

    def key(self, event: Any, style: str) -> Key:
        frame = self.stack[-1]
        key = Key(event.value, self.place(event.start_mark, event.end_mark))
        first = frame.keys.get(key.text)
        if key.text == "<<" and style == "plain":
            self.report(
                "merge-key",
                'merge keys ("<<") are not supported, nothing was merged',
                key.span,
                "write the keys out, or use an alias for a whole value",
            )
            frame.skip_value = True
        elif first is not None:
            message = f'the key "{key.text}" stands here a second time, the last one counts'
            note = Note(first.span, "first defined here")
            self.findings.append(finding("duplicate-key", message, key.span, notes=[note], help="remove one of them"))
        frame.keys[key.text] = key
        return key

    def alias(self, event: Any) -> None:
        span = self.span(event)
        if self.is_key_position():
            self.report("wrong-kind", "a key must be a plain text, not an alias", span)
            self.stack[-1].pending = Key(f"*{event.anchor}", span)
            return
        if any(frame.anchor == event.anchor for frame in self.stack):
            self.report("alias-loop", f'the alias "*{event.anchor}" contains itself', span, "write the value out once")
            self.add(Scalar(None, "", "plain", span), 1, None)
            return
        if event.anchor not in self.anchors:
            self.report(
                "syntax-yaml", f'the alias "*{event.anchor}" has no anchor before it', span, "define it with & first"
            )
            self.add(Scalar(None, "", "plain", span), 1, None)
            return
        self.add(*self.anchors[event.anchor], None)

    def open(self, event: Any, *, is_map: bool) -> None:
        if self.is_key_position():
            self.report("wrong-kind", "a key must be a plain text", self.span(event), "quote the key")
            raise _Stop
        self.check_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self.report("too-large", f"values are nested deeper than {MAX_DEPTH} levels", self.span(event))
            raise _Stop
        self.stack.append(_Open(is_map, event.start_mark, event.anchor))

    def close(self, event: Any) -> None:
        frame = self.stack.pop()
        # A block collection ends where the next token begins: it is shown up to its last item instead.
        last = frame.last if event.start_mark.index == event.end_mark.index else None
        place = Stretch(self.substituted, self.source, frame.start.index, last or event.end_mark.index)
        node: Node = Map(tuple(frame.items), place) if frame.is_map else Seq(tuple(frame.items), place)
        self.add(node, frame.nodes, frame.anchor, last)

    # The tree.

    def is_key_position(self) -> bool:
        return bool(self.stack) and self.stack[-1].is_map and self.stack[-1].pending is None

    def add(self, node: Node, nodes: int, anchor: str | None, last: Node | None = None) -> None:
        """Add a node, which ends where ``last`` does."""
        if anchor is not None:
            self.anchors[anchor] = (node, nodes)
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        frame.nodes += nodes
        if frame.nodes > MAX_EXPANDED_NODES and self.anchors:
            message = f"aliases expand to more than {MAX_EXPANDED_NODES:,} values"
            self.report("alias-loop", message, node.span, "write out what differs, drop the aliases")
            raise _Stop
        if not frame.is_map:
            frame.items.append(node)
            frame.last = last or node
            return
        key, frame.pending = frame.pending, None
        if frame.skip_value:
            frame.skip_value = False
            return
        frame.items.append((key, node))
        frame.last = last or node

    def check_tag(self, event: Any) -> None:
        if event.tag not in _CORE_TAGS:
            help_ = "remove the tag; a value that begins with ! stands in quotes"
            self.report("wrong-kind", f'the tag "{event.tag}" means nothing here', self.span(event), help_)

    def odd_one(self, refused: Position) -> Position:
        """Where the indentation has to be mended."""
        lines = self.source.text.split("\n")
        number = odd_line(lines, refused.line - 1)
        if number == refused.line - 1:
            return refused
        before = sum(len(line) + 1 for line in lines[:number])
        return self.source.position(before + len(lines[number]) - len(lines[number].lstrip()))

    def syntax_error(self, error: yaml.YAMLError) -> Diagnostic:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "")
        index = mark.index if mark is not None else int(getattr(error, "position", 0) or 0)
        is_within = mark is None or index < len(self.text)
        start = self.source.position(self.substituted.original(index) if is_within else len(self.source.text))
        opened = None if mark is None else _open_quote(self.text, mark)
        if opened is not None:
            problem = "unexpected end of stream"
            start = self.source.position(self.substituted.original(opened.index))
        elif any(words in problem for words in _UNPLACED):
            start = self.odd_one(start)
        span = Span(self.source.path, start, self.source.position(start.offset + 1))
        if "flow level" in str(getattr(error, "context", "")) or "depth" in problem:
            return finding("too-large", f"values are nested deeper than {MAX_DEPTH} levels", span)
        message, remedy = explain_problem(problem, self.source.line(start.line))
        return finding("syntax-yaml", message, span, help=remedy)


def _open_quote(text: str, refused: Any) -> Any:
    """Where a text in quotes begins that ends lines later, at the next quote, just before what was refused."""
    found = None
    try:
        for token in yaml.scan(text, Loader=_Loader):
            quoted = isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            if quoted and token.start_mark.line < token.end_mark.line == refused.line:
                found = token.start_mark
    except yaml.YAMLError:
        pass  # it has been met before
    return found


def _offsets(substituted: Substituted, value: str, start: int, end: int, style: str) -> tuple[int, ...]:
    found = value_offsets(value, substituted.text, start, end, style)
    return tuple(substituted.original(offset) for offset in found)


_UNPLACED = ("expected key", "expected <block end>", "expected '-' indicator")
"""How libyaml says that a line fits nowhere."""

_PROBLEMS: tuple[tuple[str, str, str], ...] = (
    ("cannot start any token", "this character cannot begin a value", "put quotes around the text"),
    (
        "mapping values are not allowed",
        "a second colon makes no sense here",
        "put quotes around a text that holds ': '",
    ),
    (
        "could not find expected ':'",
        "a colon is missing after this key",
        "write 'key: value', with a blank after the colon",
    ),
    ("expected key", "the indentation does not fit its neighbours", "align keys of one mapping in one column"),
    ("expected <block end>", "the indentation does not fit its neighbours", "align keys of one mapping in one column"),
    ("expected '-' indicator", "a list item must begin with a dash here", "align the dashes of one list in one column"),
    ("unexpected end of stream", "a text in quotes is not closed", "add the closing quote"),
    ("expected ',' or", "a list or mapping in brackets is not closed", "add a comma or the closing bracket"),
    (
        "unknown escape character",
        "this escape is not known in double quotes",
        "use single quotes, or \\\\ for a backslash",
    ),
    ("special characters are not allowed", "the file holds a control character here", "remove the character"),
    ("undefined tag handle", "this tag is not known", "remove the tag"),
)


def explain_problem(problem: str, line: str) -> tuple[str, str]:
    """Libyaml's words in ours, the same for the C and the pure parser, and what to do about it."""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation:
        return "a tab is not allowed in the indentation", "indent with blanks"
    folded = problem.casefold()
    for words, message, remedy in _PROBLEMS:
        if words in folded:
            return message, remedy
    return "this cannot be read as YAML", "look at quotes, colons and indentation around here"
