"""Rules about secrets that stand in an action instead of in its connection (data-actions.md §9)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.check.uses import Facts
from connectors.secrets import SENSITIVE_NAMES, is_sensitive_header
from dsl.source import Diagnostic, finding

_SCHEME = re.compile(r"(?i)\s*(bearer|basic|token|apikey|key)\b[:\s]*")
_QUERY_VALUE = re.compile(r"[?&]([A-Za-z_-]+)=([^&#]*)")
_FROM_CONNECTION = re.compile(r"\$!?\{?(credentials|authResponse)\b")


def secrets(facts: Facts) -> Iterator[Diagnostic]:
    """Secrets as literals or inputs in log-in headers, and keys in the URL."""
    for header in facts.action.request.headers:
        if not is_sensitive_header(header.name) or _FROM_CONNECTION.search(header.value.value):
            continue
        if _SCHEME.sub("", header.value.value, count=1).strip():
            message = f'the header "{header.name}" carries a secret that does not come from the connection'
            help_ = "use ${credentials.NAME}, or let the connection log in"
            yield finding("literal-secret", message, header.value.span, help=help_, element=header.value.pointer)
    url = facts.action.request.url
    for match in _QUERY_VALUE.finditer(url.value):
        name, value = match.group(1).lower(), match.group(2)
        is_literal = bool(value) and "$" not in value and name not in ("code", "key")
        if name in SENSITIVE_NAMES and (is_literal or "credentials" in value):
            message = f'the URL carries the secret "{match.group(1)}", where logs and proxies see it'
            place = url.part(match.start(1), match.end())
            yield finding("secret-in-url", message, place, help="send it in a header", element=url.pointer)
