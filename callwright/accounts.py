"""Who may log in: the users of the organisation, with passwords that are kept in the store."""

from __future__ import annotations

import json
import secrets

from contactcenter.organisation import Organisation, Thing
from store import Save, Store
from web.security import hash_password, is_password
from web.services import User

KIND = "password"


class OrganisationAccounts:
    """``web.services.Accounts`` over an organisation and a store."""

    def __init__(self, organisation: Organisation, store: Store) -> None:
        self._organisation = organisation
        self._store = store

    def authenticate(self, username: str, password: str) -> User | None:
        """The user, if the password is right; it takes as long when there is no such user."""
        thing = self._organisation.thing("usr", username)
        document = self._store.load(KIND, thing.id) if thing is not None else None
        encoded = json.loads(document.body)["hash"] if document is not None else None
        if not is_password(encoded, password) or thing is None:
            return None
        return _user(thing)

    def user(self, identity: str) -> User | None:
        """A user by id."""
        thing = next((t for t in self._organisation.section("users") if t.id == identity), None)
        return _user(thing) if thing is not None else None

    def set_password(self, username: str, password: str) -> User | None:
        """Give a user of the organisation a password; None when there is no such user."""
        thing = self._organisation.thing("usr", username)
        if thing is None:
            return None
        known = self._store.load(KIND, thing.id)
        rev = known.rev if known is not None else 0
        body = json.dumps({"hash": hash_password(password)}).encode()
        self._store.commit(Save(KIND, thing.id, rev, rev + 1, body)).result()
        return _user(thing)

    def has_password(self, username: str) -> bool:
        """Whether a user may log in already."""
        thing = self._organisation.thing("usr", username)
        return thing is not None and self._store.load(KIND, thing.id) is not None


def random_password() -> str:
    """A password that can be read out: four groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _user(thing: Thing) -> User:
    roles = thing.settings.get("roles") or ()
    return User(thing.id, thing.username or thing.name, thing.name, frozenset(map(str, roles)))
