"""The one writer of YAML: a tree as Archy YAML, the same text for the same tree.

Collections that fit on a line are written in flow style, all others in block style. Texts stay plain where
YAML 1.1 and 1.2 readers both give the same text back; output keys such as ``yes`` are quoted for readers of
the older kind.
"""

from __future__ import annotations

import re

from dsl.source.tree import Map, Node, Scalar, Seq
from dsl.source.yaml import core_value

_WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z_./$][^\x00-\x1f\x7f]*\Z")
_YAML_11_WORDS = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false", "null"})
_UNSAFE_INSIDE = re.compile(r": |:\Z| #|[\n\t]|\s\Z")
_UNSAFE_IN_FLOW = re.compile(r"[\[\]{},?]")


def to_yaml(node: Node) -> str:
    """The document, with a line break at its end."""
    return "\n".join(_block(node, 0)) + "\n"


def _block(node: Node, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(node, Map) and node.items:
        return [line for key, value in node.items for line in _entry(f"{pad}{_key(key.text)}:", value, indent)]
    if isinstance(node, Seq) and node.items:
        return [line for item in node.items for line in _item(item, indent)]
    return [pad + _flow(node)]


def _entry(head: str, value: Node, indent: int) -> list[str]:
    if isinstance(value, Scalar) and _is_text(value) and _reads_as_lines(value.text):
        return [f"{head} |{_chomping(value.text)}", *_literal(value.text, indent + 2)]
    if _is_short(value, len(head) + 1):
        return [f"{head} {_flow(value, inside=isinstance(value, (Map, Seq)))}"]
    return [head, *_block(value, indent if isinstance(value, Seq) else indent + 2)]


def _item(item: Node, indent: int) -> list[str]:
    pad = " " * indent
    if _is_short(item, indent + 2):
        return [f"{pad}- {_flow(item, inside=isinstance(item, (Map, Seq)))}"]
    lines = _block(item, indent + 2)
    return [f"{pad}- {lines[0].lstrip()}", *lines[1:]]


def _is_short(node: Node, column: int) -> bool:
    if isinstance(node, Scalar) or not node.items:
        return True
    if _depth(node) > 3 or _has_line_break(node):
        return False
    return column + len(_flow(node, inside=True)) <= _WIDTH


def _depth(node: Node) -> int:
    """Levels of collections, one-entry mappings and lists counted as part of what they hold."""
    if isinstance(node, Scalar) or not node.items:
        return 0
    children = node.items if isinstance(node, Seq) else tuple(value for _, value in node.items)
    return max(map(_depth, children)) + (len(children) > 1 or isinstance(children[0], Scalar))


def _has_line_break(node: Node) -> bool:
    if isinstance(node, Scalar):
        return "\n" in node.text
    children = node.items if isinstance(node, Seq) else tuple(value for _, value in node.items)
    return any(map(_has_line_break, children))


def _flow(node: Node, *, inside: bool = False) -> str:
    if isinstance(node, Scalar):
        return _scalar(node, inside=inside)
    if isinstance(node, Seq):
        return "[" + ", ".join(_flow(item, inside=True) for item in node.items) + "]"
    return "{" + ", ".join(f"{_key(key.text)}: {_flow(value, inside=True)}" for key, value in node.items) + "}"


def _key(text: str) -> str:
    return _text(text, inside=True)


def _is_text(scalar: Scalar) -> bool:
    return scalar.style != "plain" or isinstance(scalar.value, str)


def _scalar(scalar: Scalar, *, inside: bool) -> str:
    if _is_text(scalar):
        return _text(scalar.text, inside=inside)
    return scalar.text or "null"


def _text(text: str, *, inside: bool) -> str:
    fits = (
        text.isprintable()
        and _PLAIN.match(text)
        and not _UNSAFE_INSIDE.search(text)
        and text.casefold() not in _YAML_11_WORDS
        and isinstance(core_value(text), str)
    )
    if fits and not (inside and _UNSAFE_IN_FLOW.search(text)):
        return text
    if "\n" in text or "\t" in text or not text.isprintable():
        return _double(text)
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    pieces = [escapes.get(char) or (char if char.isprintable() else f"\\U{ord(char):08x}") for char in text]
    return '"' + "".join(pieces) + '"'


def _reads_as_lines(text: str) -> bool:
    """Whether a literal block gives the text back: it has lines, one of them not empty, and nothing to escape."""
    return "\n" in text and text.strip("\n") != "" and text.replace("\n", "").isprintable()


def _chomping(text: str) -> str:
    trailing = len(text) - len(text.rstrip("\n"))
    lead = "2" if text.startswith((" ", "\n")) else ""
    return lead + ("-" if trailing == 0 else "" if trailing == 1 else "+")


def _literal(text: str, indent: int) -> list[str]:
    pad = " " * indent
    body = text[:-1] if text.endswith("\n") else text
    return [pad + line if line else "" for line in body.split("\n")]
