"""Secrets: where they come from, and that they are seen nowhere (data-actions.md §9).

A connection names its secrets by reference, ``env:NAME`` or ``file:/path``. A resolved ``Secret`` shows itself
to nobody; only the auth and render modules reveal it, and from then on the redactor replaces its value, in
every encoding that it may travel in, wherever text leaves callwright.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, quote_plus

MASK = "***"
MIN_LENGTH = 6
"""Shorter values are too common to be replaced in texts."""

SENSITIVE_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey"}
)
SENSITIVE_NAMES = frozenset(
    {
        "key", "api_key", "apikey", "access_key", "token", "access_token", "sig", "code", "password",
        "client_secret", "assertion", "refresh_token",
    }
)  # fmt: skip
"""Query names whose values are never shown."""

_BODY_NAMES = ("access_token", "assertion", "client_secret", "id_token", "password", "refresh_token")
"""The same in a JSON body, where ``key`` and ``code`` are ordinary data."""

_TOKEN_HEADER = re.compile(r"x-.*-token\Z", re.IGNORECASE)
_IN_QUERY = re.compile(r"(?i)((?:^|[?&\s])(?:" + "|".join(sorted(SENSITIVE_NAMES)) + r")=)[^&\s\"',}]+")
_IN_BODY = re.compile(r'(?i)("(?:' + "|".join(_BODY_NAMES) + r')"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[0-9][^\s,}\]]*)')


class SecretMissingError(Exception):
    """A reference that leads nowhere; the message names the place, never a value."""


class Secret:
    """A value that prints as ``***`` and cannot be packed into JSON or a pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value; for the auth and render modules only."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be serialised")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def is_reference(text: str) -> bool:
    """Whether a setting names a secret instead of being one."""
    return text.startswith(("env:", "file:"))


def resolve(text: str, environment: Mapping[str, str] | None = None) -> Secret:
    """The secret that a reference names; any other text is the secret itself. Raises ``SecretMissingError``."""
    kind, _, rest = text.partition(":")
    if kind == "env":
        value = (os.environ if environment is None else environment).get(rest)
        if value is None:
            raise SecretMissingError(f"the environment variable {rest} is not set")
        return Secret(value)
    if kind == "file":
        try:
            return Secret(Path(rest).read_text(encoding="utf-8").strip())
        except OSError as error:
            raise SecretMissingError(f"the file {rest} cannot be read: {error.strerror}") from None
    return Secret(text)


class Redactor:
    """Replaces every secret it was told about, in every encoding, in any text."""

    def __init__(self) -> None:
        self._forms: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: Secret | str) -> None:
        """From now on this value, and what it becomes when it is encoded, is masked."""
        value = secret.reveal() if isinstance(secret, Secret) else secret
        if len(value) < MIN_LENGTH:
            return
        encoded = base64.b64encode(value.encode()).decode()
        forms = [value, encoded, encoded.rstrip("="), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]]
        forms.append(json.dumps(value, ensure_ascii=False)[1:-1])
        new = [form for form in forms if form not in self._forms]
        if new:
            self._forms.update(dict.fromkeys(new))
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))

    def clean(self, text: str) -> str:
        """The text without secrets, known by value or by the name in front of them."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        return _IN_BODY.sub(rf'\1"{MASK}"', _IN_QUERY.sub(rf"\1{MASK}", text))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers fit to be seen."""
        return {name: MASK if is_sensitive_header(name) else self.clean(value) for name, value in headers.items()}


def is_sensitive_header(name: str) -> bool:
    """Whether a header's value is never shown."""
    return name.lower() in SENSITIVE_HEADERS or _TOKEN_HEADER.match(name) is not None
