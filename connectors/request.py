"""From an action and its values to the request that goes out (data-actions.md §3 steps 3-4, §3.1, §3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from connectors.http import HttpRequest
from connectors.model import FORBIDDEN_HEADERS, FUNCTIONS, DataAction
from connectors.templates import Reference, RenderError, TemplateSyntaxError, parse, render
from connectors.templates.tree import Block, Literal
from connectors.transport.egress import BadUrlError, final_url, target_of

MAX_HEADER = 8192
MAX_BODY = 1_048_576
"""Bytes of one header and of a request body (data-actions.md §3)."""

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_LINE_END = re.compile(r"[\r\n\x00]")
_WHOLE_HOST = re.compile(r"https?://[^/?#]+[/?#]")


NOWHERE = "https://function.invalid"
"""Where a function without an address stands: good enough to be shown and recognised, never to be sent to."""


class BadRequestError(Exception):
    """The request cannot be built; the message names the part and no value."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Built:
    """A request ready to go, and the origins that its author, not its inputs, chose."""

    request: HttpRequest
    permitted: frozenset[str]


def build(
    action: DataAction,
    context: Mapping[str, Any],
    origin: str,
    correlation_id: str = "",
    functions: Mapping[str, str] = MappingProxyType({}),
) -> Built:
    """Render the request; ``functions`` are the addresses of functions by their names. Raises ``BadRequestError``."""
    url_template = _parsed(action.request.url.value, "URL")
    try:
        rendered = _rendered(url_template, context, "URL")
        is_function = action.integration_type in FUNCTIONS and not rendered.startswith(("/", "https://"))
        if is_function:
            rendered = functions.get(rendered) or f"{NOWHERE}/{quote(rendered, safe='')}"
        url = final_url(rendered, origin)
        target = target_of(url)
    except BadUrlError as error:
        raise BadRequestError(error.message) from None
    is_fixed = is_function or host_is_fixed(url_template, context)
    permitted = frozenset({target.origin}) if is_fixed else frozenset[str]()
    body = _body(action, context)
    headers, private = _headers(action, context)
    names = {name.lower() for name in headers}
    if body and "content-type" not in names:
        headers["Content-Type"] = "application/json"
    if "accept" not in names:
        headers["Accept"] = "application/json"
    if correlation_id:
        headers["X-Correlation-Id"] = correlation_id
    return Built(HttpRequest(action.request.method, url, headers, body, action.reads_only, private), permitted)


def host_is_fixed(template: Block, context: Mapping[str, Any]) -> bool:
    """Whether scheme, host and port of an absolute URL come from the author and the credentials alone."""
    prefix = ""
    for item in template.items:
        if isinstance(item, Literal):
            prefix += item.text
        elif isinstance(item, Reference) and item.root == "credentials":
            prefix += render(Block((item,)), context)
        else:
            return _WHOLE_HOST.match(prefix) is not None
    return prefix.startswith("http")


def _body(action: DataAction, context: Mapping[str, Any]) -> bytes:
    if action.request.body is None or action.request.method in ("GET", "HEAD"):
        return b""
    text = _rendered(_parsed(action.request.body.value, "body"), context, "body")
    body = text.encode()
    if len(body) > MAX_BODY:
        raise BadRequestError(f"the request body has more than {MAX_BODY:,} bytes")
    return body


def _headers(action: DataAction, context: Mapping[str, Any]) -> tuple[dict[str, str], frozenset[str]]:
    headers: dict[str, str] = {}
    private = set()
    for header in action.request.headers:
        what = f'header "{header.name}"'
        if FORBIDDEN_HEADERS.match(header.name) or not _HEADER_NAME.match(header.name):
            raise BadRequestError(f"the {what} may not be set")
        template = _parsed(header.value.value, what)
        value = _rendered(template, context, what).strip(" \t")
        if _LINE_END.search(value):
            raise BadRequestError(f"the {what} holds a line break")
        if len(value.encode()) > MAX_HEADER:
            raise BadRequestError(f"the {what} has more than {MAX_HEADER:,} bytes")
        if any(word in header.value.value for word in ("credentials", "authResponse")):
            private.add(header.name.lower())
        if header.name.lower() != "transfer-encoding":  # "buffered" is a flag of the vendor's: length, not chunks
            headers[header.name] = value
    return headers, frozenset(private)


def _parsed(text: str, what: str) -> Block:
    try:
        return parse(text)
    except TemplateSyntaxError as error:
        raise BadRequestError(f"the template of the {what} does not parse: {error.message}") from None


def _rendered(template: Block, context: Mapping[str, Any], what: str) -> str:
    try:
        return render(template, context)
    except RenderError as error:
        raise BadRequestError(f"the template of the {what} cannot be rendered: {error.message}") from None
