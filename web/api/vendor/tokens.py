"""OAuth clients and their tokens: client credentials, as the vendor's SDKs and data actions log in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import uuid4

from store import Delete, Save, Store
from web.security import hash_password, is_password

KIND = "oauth-client"
TOKEN_KIND = "oauth-token"
LIVES_MS = 86_400_000
BELIEVED_MS = 30_000
"""For how long a token is believed without looking it up: so long a node may not know that a client is gone."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program that may log in, with the names of its roles; ``everything`` needs none of them."""

    id: str
    name: str
    roles: tuple[str, ...] = ()
    everything: bool = False


INTERNAL = Client("callwright", "data actions of this node", everything=True)
"""The flows of this node themselves: what their data actions may do is the flow designer's decision."""


class OAuthError(Exception):
    """A refused log-in: the OAuth code and a sentence."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(slots=True)
class Clients:
    """The clients of a store and their tokens, which every node on it takes and which survive a restart. Kept of a
    token is its fingerprint."""

    store: Store
    now: Callable[[], int]
    _believed: dict[str, tuple[Client, int]] = field(default_factory=dict)

    def add(self, name: str, roles: Iterable[str]) -> tuple[Client, str]:
        """A new client and its secret, which is shown this once."""
        client, secret = Client(str(uuid4()), name, tuple(roles)), secrets.token_urlsafe(32)
        document = {"name": client.name, "roles": list(client.roles), "hash": hash_password(secret)}
        self.store.commit(Save(KIND, client.id, 0, 1, json.dumps(document).encode())).result()
        return client, secret

    def all(self) -> list[Client]:
        """Every client by name."""
        found = (_client(one.id, json.loads(one.body)) for one in self.store.documents(KIND))
        return sorted(found, key=lambda client: client.name.casefold())

    def remove(self, identity: str) -> bool:
        """Take a client away; its tokens end with it. False when there is none."""
        known = self.store.load(KIND, identity)
        if known is None:
            return False
        tokens = (one.id for one in self.store.documents(TOKEN_KIND) if json.loads(one.body)["client"] == identity)
        self.store.commit(Delete(KIND, identity), *(Delete(TOKEN_KIND, one) for one in tokens)).result()
        self._believed = {token: held for token, held in self._believed.items() if held[0].id != identity}
        return True

    def log_in(self, authorization: str, body: bytes) -> dict[str, Any]:
        """The answer of ``/oauth/token``; raises ``OAuthError``. Slow on purpose, so that it belongs into a thread."""
        form = dict(parse_qsl(body.decode("latin-1")))
        if form.get("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials")
        identity, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        known = self.store.load(KIND, identity) if identity else None
        document: Mapping[str, Any] = json.loads(known.body) if known is not None else {}
        if not is_password(document.get("hash"), secret):
            raise OAuthError("invalid_client", "client not found or invalid client secret", 401)
        token, now = secrets.token_urlsafe(48), self.now()
        over = (one.id for one in self.store.documents(TOKEN_KIND) if json.loads(one.body)["ends"] <= now)
        held = json.dumps({"client": identity, "ends": now + LIVES_MS}).encode()
        kept = Save(TOKEN_KIND, _fingerprint(token), 0, 1, held)
        self.store.commit(kept, *(Delete(TOKEN_KIND, one) for one in over)).result()
        self._believed = {key: believed for key, believed in self._believed.items() if believed[1] > now}
        return {"access_token": token, "token_type": "bearer", "expires_in": LIVES_MS // 1000 - 1}

    def of(self, authorization: str) -> Client | None:
        """Whose token an ``Authorization`` header carries."""
        scheme, _, token = authorization.partition(" ")
        if scheme.casefold() != "bearer" or not token.strip():
            return None
        fingerprint, now = _fingerprint(token.strip()), self.now()
        client, until = self._believed.get(fingerprint, (None, 0))
        if client is not None and now < until:
            return client
        self._believed.pop(fingerprint, None)
        return self._looked_up(fingerprint, now)

    def _looked_up(self, fingerprint: str, now: int) -> Client | None:
        token = self.store.load(TOKEN_KIND, fingerprint)
        held: Mapping[str, Any] = json.loads(token.body) if token is not None else {"ends": 0}
        known = self.store.load(KIND, held["client"]) if held["ends"] > now else None
        if known is None:
            return None
        client = _client(known.id, json.loads(known.body))
        self._believed[fingerprint] = (client, min(held["ends"], now + BELIEVED_MS))
        return client


def _client(identity: str, document: Mapping[str, Any]) -> Client:
    return Client(identity, document["name"], tuple(document["roles"]))


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _basic(authorization: str) -> tuple[str, str] | None:
    """User and password of a Basic header; both are form-encoded in OAuth (RFC 6749 §2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(user), unquote_plus(password)
