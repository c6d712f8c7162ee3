"""Logging in: one class for every outgoing request (data-actions.md §5).

A token source is a function; around it stand one lock per connection, so that any number of requests on an
expired token cause one token request, the expiry with its skew, the repetition after a 401, and a short memory
of refusals, so that a bad secret does not hammer the identity provider.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.connections import Auth, Connection
from connectors.http import HttpRequest
from connectors.secrets import MASK, Redactor, Secret, SecretMissingError, is_reference, resolve
from connectors.transport.egress import host_is_allowed, target_of
from connectors.transport.exchange import Exchange, loop_time

SKEW = 60.0
"""Seconds before its expiry in which a token is no longer used; for short-lived ones half of their life."""

REFUSAL_KEPT = 5.0
"""Seconds for which a refused token request is remembered."""

ASSERTION_LIVES = 240
"""Seconds; Salesforce allows at most 300."""


class AuthError(Exception):
    """The identity provider refused, or a secret is missing; the message holds no secret."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; ``expires`` on the loop's clock, None until a 401 says so, ``skew`` seconds earlier it is no
    longer used; ``raw`` is the whole answer."""

    value: Secret
    expires: float | None = None
    origin: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    skew: float = SKEW

    @property
    def until(self) -> float:
        """When it is used for the last time."""
        return math.inf if self.expires is None else self.expires - self.skew


Source = Callable[[float], Awaitable[Token]]
"""``await source(deadline)`` gives a new token or raises ``AuthError``."""


class Tokens:
    """The token of one connection: fetched once however many ask, kept until it expires or is refused."""

    def __init__(self, source: Source, now: Callable[[], float]) -> None:
        self._source, self._now = source, now
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._refused: tuple[float, AuthError] | None = None

    async def get(self, deadline: float) -> Token:
        """A usable token; raises ``AuthError``."""
        async with self._lock:
            now = self._now()
            if self._token is not None and now < self._token.until:
                return self._token
            if self._refused is not None and now < self._refused[0] + REFUSAL_KEPT:
                raise self._refused[1]
            try:
                self._token = await self._source(deadline)
            except AuthError as error:
                self._refused = (self._now(), error)
                raise
            self._refused = None
            return self._token

    def discard(self, token: Token) -> None:
        """A 401 came for this token; a newer one stays."""
        if self._token is token:
            self._token = None


class Authenticator:
    """How the requests of one connection log in."""

    def __init__(self, connection: Connection, exchange: Exchange, redactor: Redactor) -> None:
        self._connection, self._exchange, self._redactor = connection, exchange, redactor
        source = _SOURCES.get(connection.auth.kind)
        self.tokens = Tokens(lambda deadline: source(self, deadline), loop_time) if source else None
        self._refresh_token: str | None = None

    def secret(self, name: str) -> str:
        """A setting of ``auth``, revealed and from now on masked everywhere; raises ``AuthError``."""
        try:
            secret = resolve(self._connection.auth.settings.get(name, ""))
        except SecretMissingError as error:
            raise AuthError(str(error)) from None
        self._redactor.learn(secret)
        return secret.reveal()

    def credentials(self) -> dict[str, str]:
        """``credentials`` of the templates, revealed; raises ``AuthError``."""
        found = {}
        for name, reference in self._connection.credentials.items():
            try:
                secret = resolve(reference)
            except SecretMissingError as error:
                raise AuthError(str(error)) from None
            if reference != secret.reveal() or _is_secret(name):
                self._redactor.learn(secret)
            found[name] = secret.reveal()
        return found

    def shown_credentials(self) -> dict[str, str]:
        """The same fit to be seen: what stands in the file itself, and a mask for every reference and secret."""
        given = self._connection.credentials
        return {name: MASK if is_reference(text) or _is_secret(name) else text for name, text in given.items()}

    async def token(self, deadline: float) -> Token | None:
        """The token for a request, None for connections that need none."""
        return await self.tokens.get(deadline) if self.tokens else None

    def headers(self, token: Token | None, url: str) -> dict[str, str]:
        """What proves who we are, for a request to the connection's own origin and to no other."""
        auth = self._connection.auth
        if not self.belongs(url, token):
            return {}
        if token is not None:
            return {"Authorization": f"Bearer {token.value.reveal()}"}
        if auth.kind in ("basic", "zendesk_token"):
            user = self.secret("user") if auth.kind == "basic" else self.secret("email") + "/token"
            password = self.secret("password" if auth.kind == "basic" else "token")
            encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._redactor.learn(encoded)
            return {"Authorization": f"Basic {encoded}"}
        if auth.kind == "bearer":
            return {"Authorization": f"Bearer {self.secret('token')}"}
        if auth.kind == "header":
            return {auth.settings.get("name", "X-API-Key"): self.secret("value")}
        return {}

    def header_names(self) -> tuple[str, ...]:
        """The headers that ``headers`` would give, by name."""
        kind = self._connection.auth.kind
        if kind == "header":
            return (self._connection.auth.settings.get("name", "X-API-Key"),)
        return () if kind in ("none", "user_defined_oauth") else ("Authorization",)

    def belongs(self, url: str, token: Token | None) -> bool:
        """Whether a URL is at the origin that the credentials are bound to; without one, at a listed host."""
        target = target_of(url)
        origin = (token.origin if token else "") or self._connection.origin
        if origin:
            return target_of(origin).origin == target.origin
        return host_is_allowed(target.host, self._connection.rules.hosts)

    async def client_credentials(self, deadline: float) -> Token:
        """OAuth 2 client credentials."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.secret("client_id"),
            "client_secret": self.secret("client_secret"),
        }
        return await self._fetch(form, deadline)

    async def password(self, deadline: float) -> Token:
        """OAuth 2 resource owner password."""
        form = {"grant_type": "password", "username": self.secret("username"), "password": self.secret("password")}
        return await self._fetch({**form, **self._client()}, deadline)

    async def refresh(self, deadline: float) -> Token:
        """OAuth 2 refresh token. Where the provider gives a new one with each token, that one counts from now on; it
        lives in memory, so that such a provider needs a new reference after a restart."""
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token or self.secret("refresh_token")}
        token = await self._fetch({**form, **self._client()}, deadline)
        rotated = token.raw.get("refresh_token")
        if isinstance(rotated, str) and rotated:
            self._redactor.learn(rotated)
            self._refresh_token = rotated
        return token

    def _client(self) -> dict[str, str]:
        """The client's id and, where there is one, its secret."""
        settings = self._connection.auth.settings
        return {name: self.secret(name) for name in ("client_id", "client_secret") if settings.get(name)}

    async def jwt_bearer(self, deadline: float) -> Token:
        """OAuth 2 JWT bearer: an assertion signed with RS256 (crm-apis.md §4)."""
        auth = self._connection.auth
        import time

        claims = {
            "iss": self.secret("client_id"),
            "sub": auth.settings.get("subject", ""),
            "aud": auth.settings.get("audience") or target_of(auth.settings.get("token_url", "")).origin,
            "exp": int(time.time()) + ASSERTION_LIVES,
        }
        assertion = signed_assertion(claims, self.secret("private_key"))
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return await self._fetch({"grant_type": grant, "assertion": assertion}, deadline)

    async def _fetch(self, form: Mapping[str, str], deadline: float) -> Token:
        url = self._connection.auth.settings.get("token_url", "")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if "assertion" not in form:  # there scope and audience are claims
            settings = self._connection.auth.settings
            form = {**form, **{name: settings[name] for name in ("scope", "audience") if settings.get(name)}}
        request = HttpRequest("POST", url, headers, urlencode(form).encode(), idempotent=True)
        response = await self._exchange.send(request, deadline, frozenset({target_of(url).origin}))
        if not 200 <= response.status < 300:
            raise AuthError(f"the token request was refused with status {response.status}{_reason(response.text)}")
        return self.token_of(response.text)

    def token_of(self, text: str) -> Token:
        """The token in a token response; raises ``AuthError``."""
        try:
            raw = json.loads(text)
        except ValueError:
            raw = None
        if not isinstance(raw, dict) or not isinstance(raw.get("access_token"), str):
            raise AuthError("the token response holds no access_token")
        self._redactor.learn(raw["access_token"])
        origin = raw.get("instance_url") if isinstance(raw.get("instance_url"), str) else ""
        if origin and not host_is_allowed(target_of(origin).host, self._connection.rules.allowed_hosts):
            raise AuthError("the token response names an instance that is not among the allowed hosts")
        return new_token(raw["access_token"], origin.rstrip("/") if origin else "", raw)


_SOURCES: Mapping[str, Callable[[Authenticator, float], Awaitable[Token]]] = {
    "oauth2_client_credentials": Authenticator.client_credentials,
    "oauth2_password": Authenticator.password,
    "oauth2_refresh_token": Authenticator.refresh,
    "oauth2_jwt_bearer": Authenticator.jwt_bearer,
}


def new_token(value: str, origin: str, raw: Mapping[str, Any]) -> Token:
    """A token that was just given; ``expires_in`` of the answer, a number or its text, says how long it lives."""
    lives = raw.get("expires_in")
    if isinstance(lives, bool) or not isinstance(lives, int | float | str) or not _is_number(lives):
        return Token(Secret(value), None, origin, raw)
    seconds = float(lives)
    return Token(Secret(value), loop_time() + seconds, origin, raw, min(SKEW, seconds / 2))


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in ("secret", "password", "token", "key"))


def _is_number(value: int | float | str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _reason(text: str) -> str:
    """The OAuth error code of a refusal; its description may say too much."""
    try:
        code = json.loads(text).get("error")
    except (ValueError, AttributeError):
        return ""
    return f" ({code})" if isinstance(code, str) and len(code) < 60 else ""


def signed_assertion(claims: Mapping[str, Any], private_key: str) -> str:
    """A JWT signed with RS256; raises ``AuthError`` where the key is no RSA key in PEM form."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: the key asks for a password
        raise AuthError("the private key cannot be read: it is a PEM text without a password") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise AuthError("the private key is no RSA key")
    header = {"alg": "RS256", "typ": "JWT"}
    signed = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def needs_custom_auth(auth: Auth) -> bool:
    """Whether the integration's customAuth action does the log-in."""
    return auth.kind == "user_defined_oauth"
