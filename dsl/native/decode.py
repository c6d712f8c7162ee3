"""The outer layers of a native export: base64 of percent-encoded JSON, or the JSON itself.

Architect's own export (``.i3InboundFlow`` and its siblings) is the flow's JSON, percent-encoded and then base64;
the API's configuration of a flow is the same JSON bare. A file is known by what it holds, never by its name.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from dsl.source import Diagnostic, Map, Source, finding, read_json

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*\Z")


def decode_native(source: Source) -> tuple[Source, Map] | None:
    """The JSON text and tree of a native flow; None when the file is something else.

    Positions in the JSON of an encoded file are places in the decoded text, whose name says so.
    """
    decoded = _json_text(source.text)
    if decoded is None:
        return None
    inner = source if decoded is source.text else Source(f"{source.path}#json", decoded)
    tree, _ = read_json(inner)
    return (inner, tree) if isinstance(tree, Map) and is_native(tree) else None


def is_native(tree: Map) -> bool:
    """Whether a JSON document is a flow in the native form."""
    return "flowSequenceItemList" in tree and "type" in tree


def _json_text(text: str) -> str | None:
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith("{"):
        return text
    if stripped.startswith("%7B"):
        return unquote(stripped.strip())
    if len(stripped) < 8 or not _BASE64.match(stripped):
        return None
    try:
        inner = base64.b64decode("".join(stripped.split()), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(inner) if inner.lstrip().startswith(("%7B", "{")) else None


def unreadable(source: Source) -> Diagnostic:
    """The finding for a file that is no native flow."""
    message = "this file is no Architect export: neither base64 of percent-encoded JSON nor a flow's JSON"
    return finding("unknown-export", message, source.span(0, 1))
