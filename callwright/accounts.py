"""Who may log in: the users of the organisation, with passwords that are kept in the store."""

from __future__ import annotations

import json
import secrets

from contactcenter.organisation import Organisation
from contactcenter.organisation import User as Person
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
        person = self._organisation.user(username)
        document = self._store.load(KIND, person.id) if person is not None else None
        encoded = json.loads(document.body)["hash"] if document is not None else None
        if not is_password(encoded, password) or person is None:
            return None
        return self._user(person)

    def user(self, identity: str) -> User | None:
        """A user by id."""
        person = self._organisation.user(identity)
        return self._user(person) if person is not None else None

    def set_password(self, username: str, password: str) -> User | None:
        """Give a user of the organisation a password; None when there is no such user."""
        person = self._organisation.user(username)
        if person is None:
            return None
        known = self._store.load(KIND, person.id)
        rev = known.rev if known is not None else 0
        body = json.dumps({"hash": hash_password(password)}).encode()
        self._store.commit(Save(KIND, person.id, rev, rev + 1, body)).result()
        return self._user(person)

    def has_password(self, username: str) -> bool:
        """Whether a user may log in already."""
        person = self._organisation.user(username)
        return person is not None and self._store.load(KIND, person.id) is not None

    def _user(self, person: Person) -> User:
        roles = (self._organisation.role(role) for role, _ in person.roles)
        return User(person.id, person.username, person.name, frozenset(role.name for role in roles if role))


def random_password() -> str:
    """A password that can be read out: four groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
