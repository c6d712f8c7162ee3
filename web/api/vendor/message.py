"""What handlers of the public API get and give, and the shapes that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from contactcenter.conversations import SharedConversations, Workflows
from contactcenter.customers.routes import Crm
from contactcenter.customers.wire import iso, page_json
from contactcenter.organisation import Organisation, Thing
from contactcenter.organisation.live import LiveOrganisation
from contactcenter.routing import Shards
from store import Store

API = "/api/v2"
MOST_PER_PAGE = 1000
__all__ = ["API", "Answer", "ApiError", "Call", "PublicApi", "error_body", "iso", "page", "reference", "thing_json"]


class ApiError(Exception):
    """A refusal in the vendor's shape: HTTP status, code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def not_found(what: str) -> ApiError:
    """404 for a thing that is not there."""
    return ApiError(404, "not.found", f"There is no {what}.")


def error_body(status: int, code: str, message: str) -> dict[str, Any]:
    """The vendor's error body."""
    return {"message": message, "code": code, "status": status, "messageParams": {}, "details": [], "errors": []}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with another status than 200; ``body`` None sends none."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class PublicApi:
    """What stands behind the API. ``now`` gives UTC ms; ``flows`` the published ones as ``(name, type)``."""

    live: LiveOrganisation
    conversations: SharedConversations
    workflows: Workflows
    routing: Shards
    store: Store
    crm: Crm
    now: Callable[[], int]
    flows: Iterable[tuple[str, str]] = ()

    @property
    def organisation(self) -> Organisation:
        """The organisation as it is now."""
        return self.live.current


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks (``client``, ``allows``), its path and query, and the JSON body (None without one)."""

    method: str
    path: str
    client: str
    allows: Callable[[str], bool]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body as an object; raises ``ApiError``."""
        if not isinstance(self.body, Mapping):
            raise ApiError(400, "bad.request", "The request needs a JSON object as its body.")
        return self.body

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number of the query within limits; raises ``ApiError``."""
        text = self.query.get(name) or str(default)
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ApiError(400, "bad.request", f'"{name}" is a number from {low} to {high}.')
        return int(text)

    def words(self, name: str) -> list[str]:
        """A list of the query, divided by commas."""
        return [word.strip() for word in self.query.get(name, "").split(",") if word.strip()]


def page(call: Call, entities: Iterable[Any]) -> dict[str, Any]:
    """One page of a listing, with the vendor's links."""
    size, number = call.number("pageSize", 25, 1, MOST_PER_PAGE), call.number("pageNumber", 1, 1, 1_000_000)
    everything = list(entities)
    shown = everything[(number - 1) * size : number * size]
    return page_json(shown, len(everything), size, number, call.path)


def named(call: Call, things: Iterable[Thing]) -> Iterable[Thing]:
    """The things that the query's ``name`` (``*`` stands for anything) and ``id`` ask for, in the order of names."""
    pattern, ids = call.query.get("name", "").casefold(), call.words("id")
    kept = (thing for thing in things if not ids or thing.id in ids)
    if pattern:
        kept = (thing for thing in kept if fnmatchcase(thing.name.casefold(), pattern))
    return sorted(kept, key=lambda thing: thing.name.casefold())


def reference(identity: str, path: str, name: str | None = None) -> dict[str, Any]:
    """``{id, name?, selfUri}``."""
    return {"id": identity, **({"name": name} if name is not None else {}), "selfUri": f"{API}/{path}/{identity}"}


def thing_json(api: PublicApi, thing: Thing, path: str) -> dict[str, Any]:
    """What every organisation object has: id, name, division, description."""
    found = reference(thing.id, path, thing.name)
    division = api.organisation.get("division", thing.division) if thing.division else None
    if division is not None:
        found["division"] = reference(division.id, "authorization/divisions", division.name)
    for key in ("description", "dateCreated", "dateModified"):
        if thing.data.get(key) is not None:
            found[key] = thing.data[key]
    return found
