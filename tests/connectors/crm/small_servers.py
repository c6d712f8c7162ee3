"""Zendesk, ServiceNow, HubSpot and Dataverse as far as their public documentation tells (crm-apis.md §5-§7), over rows
in memory. Each refuses what the real one refuses, and shares its habits: full-text search, ignored conditions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Row = dict[str, Any]


@dataclass
class SmallServer:
    """Rows by type, and every request as (method, path with query, body, headers)."""

    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    log: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    page: int = 100

    def add(self, type_: str, id_: str, **fields: Any) -> str:
        """A record; its id."""
        self.rows.setdefault(type_, {})[id_] = {**fields}
        return id_

    async def seen(self, request: Request) -> Any:
        """The body of a request, which is logged."""
        raw = await request.body()
        body = json.loads(raw) if raw else None
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.log.append((request.method, path, body, dict(request.headers)))
        return body

    def query(self, request: Request, name: str) -> str:
        """A parameter as this server reads it: ``+`` is a blank."""
        return parse_qs(request.url.query, keep_blank_values=True).get(name, [""])[0]


class Zendesk(SmallServer):
    """Users and tickets: search finds words, so it finds too much; tickets have pages with cursors."""

    @property
    def app(self) -> Starlette:
        """The server as an application."""
        v = "/api/v2"
        return Starlette(
            routes=[
                Route(v + "/users/search.json", self.users),
                Route(v + "/search.json", self.tickets),
                Route(v + "/tickets.json", self.by_external_id),
                Route(v + "/users/{id}/tickets/requested.json", self.requested),
                Route(v + "/users/{id}/organizations.json", self.organisations),
                Route(v + "/channels/voice/tickets.json", self.make, methods=["POST"]),
                Route(v + "/channels/voice/agents/{agent}/{type}/{id}/display.json", self.display, methods=["POST"]),
                Route(v + "/custom_objects/{key}/records/search.json", self.search_custom, methods=["POST"]),
                Route(v + "/custom_objects/{key}/records.json", self.make_custom, methods=["POST"]),
                Route(v + "/custom_objects/{key}/records/{id}.json", self.one_custom, methods=["GET", "PATCH"]),
                Route(v + "/{type}.json", self.make, methods=["POST"]),
                Route(v + "/{type}/{id}.json", self.one, methods=["GET", "PUT"]),
            ]
        )

    async def users(self, request: Request) -> Response:
        """Words of one key are any of them; a word matches when its digits, or its text, stand in a field."""
        await self.seen(request)
        words = re.findall(r'(\w+):"([^"]*)"', self.query(request, "query"))
        found = [
            {"id": int(id_), **row}
            for id_, row in self.rows.get("users", {}).items()
            if any(self._is_in(row, name, word) for name, word in words)
        ]
        return JSONResponse({"users": found, "count": len(found), "next_page": None})

    def _is_in(self, row: Row, name: str, word: str) -> bool:
        stored = str(row.get(name) or "")
        if name != "phone":
            return word.casefold() == stored.casefold()
        digits = re.sub(r"\D", "", word)
        return bool(digits) and digits[-6:] in re.sub(r"\D", "", stored)

    async def tickets(self, request: Request) -> Response:
        await self.seen(request)
        text = self.query(request, "query")
        requester = re.search(r"requester:(\d+)", text)
        found = [
            {"id": int(id_), **row}
            for id_, row in self.rows.get("tickets", {}).items()
            if requester and str(row.get("requester_id")) == requester[1]
            if "status<solved" not in text or row.get("status") in ("new", "open", "pending", "hold")
        ]
        return JSONResponse({"results": found, "count": len(found)})

    async def by_external_id(self, request: Request) -> Response:
        await self.seen(request)
        wanted = self.query(request, "external_id")
        rows = self.rows.get("tickets", {}).items()
        return JSONResponse({"tickets": [{"id": int(i), **r} for i, r in rows if r.get("external_id") == wanted]})

    async def requested(self, request: Request) -> Response:
        await self.seen(request)
        rows = [{"id": int(i), **r} for i, r in self.rows.get("tickets", {}).items()]
        rows = [row for row in rows if str(row.get("requester_id")) == request.path_params["id"]]
        start = int(self.query(request, "page[after]") or 0)
        more = start + self.page < len(rows)
        link = f"{request.base_url}api/v2{request.url.path[7:]}?page%5Bafter%5D={start + self.page}"
        return JSONResponse(
            {
                "tickets": rows[start : start + self.page],
                "meta": {"has_more": more},
                "links": {"next": link},
            }
        )

    async def organisations(self, request: Request) -> Response:
        await self.seen(request)
        user = self.rows["users"][request.path_params["id"]]
        rows = self.rows.get("organizations", {}).items()
        return JSONResponse(
            {"organizations": [{"id": int(i), **r} for i, r in rows if int(i) == user["organization_id"]]}
        )

    async def display(self, request: Request) -> Response:
        await self.seen(request)
        known = request.path_params["id"] in self.rows.get(request.path_params["type"], {})
        if known:
            return JSONResponse({})
        return JSONResponse({"error": "RecordNotFound", "description": "Not found"}, 404)

    async def make(self, request: Request) -> Response:
        body = await self.seen(request)
        name, fields = next((key, value) for key, value in body.items() if isinstance(value, dict))
        if name == "user" and not fields.get("name"):
            details = {"name": [{"description": "Name: is too short", "error": "BlankValue"}]}
            return JSONResponse(
                {"error": "RecordInvalid", "description": "Record validation errors", "details": details}, 422
            )
        id_ = str(9007199254740993 + len(self.rows.get(name + "s", {})))
        self.add(name + "s", id_, **fields)
        return JSONResponse({name: {"id": int(id_), **fields}}, 201)

    async def one(self, request: Request) -> Response:
        body = await self.seen(request)
        type_, id_ = request.path_params["type"], request.path_params["id"]
        row = self.rows.get(type_, {}).get(id_)
        if row is None:
            return JSONResponse({"error": "RecordNotFound", "description": "Not found"}, 404)
        if request.method == "PUT":
            row.update(body[type_[:-1]])
        return JSONResponse({type_[:-1]: {"id": int(id_), **row}})

    async def search_custom(self, request: Request) -> Response:
        body = await self.seen(request)
        wanted = [next(iter(one.items())) for one in body["filter"]["$or"]]
        found = [
            {"id": id_, **row}
            for id_, row in self.rows.get(request.path_params["key"], {}).items()
            if any(row["custom_object_fields"].get(name.partition(".")[2]) == test["$eq"] for name, test in wanted)
        ]
        return JSONResponse({"custom_object_records": found, "meta": {"has_more": False}})

    async def make_custom(self, request: Request) -> Response:
        body = await self.seen(request)
        key = request.path_params["key"]
        id_ = f"01HZ{len(self.rows.get(key, {})):022}"
        self.add(key, id_, **body["custom_object_record"])
        return JSONResponse({"custom_object_record": {"id": id_, **self.rows[key][id_]}}, 201)

    async def one_custom(self, request: Request) -> Response:
        body = await self.seen(request)
        row = self.rows.get(request.path_params["key"], {}).get(request.path_params["id"])
        if row is None:
            return JSONResponse({"error": "RecordNotFound", "description": "Not found"}, 404)
        for name, value in ((body or {}).get("custom_object_record") or {}).items():
            row[name] = {**row[name], **value} if isinstance(value, dict) else value
        return JSONResponse({"custom_object_record": {"id": request.path_params["id"], **row}})


class ServiceNow(SmallServer):
    """Tables: a condition on a field that does not exist is ignored, and the rest answers."""

    fields: tuple[str, ...] = (
        "sys_id", "name", "first_name", "last_name", "email", "phone", "mobile_phone", "home_phone", "company",
        "short_description", "number", "state", "active", "caller_id", "correlation_id", "opened_for", "parent",
        "channel", "work_notes", "caller_id.phone", "caller_id.mobile_phone", "caller_id.home_phone",
    )  # fmt: skip

    @property
    def app(self) -> Starlette:
        """The server as an application."""
        base = "/api/now/table/{table}"
        return Starlette(
            routes=[
                Route(base, self.list, methods=["GET", "POST"]),
                Route(base + "/{id}", self.one, methods=["GET", "PATCH"]),
            ]
        )

    async def list(self, request: Request) -> Response:
        body = await self.seen(request)
        table = request.path_params["table"]
        if request.method == "POST":
            id_ = f"{len(self.rows.get(table, {})):032x}"
            self.add(table, id_, **body)
            return JSONResponse({"result": {"sys_id": id_, **body}}, 201)
        holds = self._condition(self.query(request, "sysparm_query"))
        names = self.query(request, "sysparm_fields").split(",")
        rows = [self._joined({"sys_id": id_, **row}) for id_, row in self.rows.get(table, {}).items()]
        limit = int(self.query(request, "sysparm_limit") or 10_000)
        found = [{name: row.get(name, "") for name in names} for row in rows if holds(row)]
        return JSONResponse({"result": found[:limit]})

    def _joined(self, row: Row) -> Row:
        person = self.rows.get("sys_user", {}).get(str(row.get("caller_id")), {})
        return {**row, **{f"caller_id.{name}": value for name, value in person.items()}}

    def _condition(self, query: str) -> Callable[[Row], bool]:
        groups: list[list[Callable[[Row], bool]]] = []
        for part in re.split(r"\^(?!OR(?!DER))", query):
            if part.startswith("ORDERBY"):
                continue
            one = [test for text in part.split("^OR") if (test := self._test(text)) is not None]
            groups += [one] if one else []
        return lambda row: all(any(test(row) for test in group) for group in groups)

    def _test(self, text: str) -> Callable[[Row], bool] | None:
        match = re.match(r"([a-z_.]+?)(=|IN)(.*)\Z", text)
        if match is None or match[1] not in self.fields:
            return None
        name, wanted = match[1], match[3].split(",") if match[2] == "IN" else [match[3]]
        return lambda row: str(row.get(name, "")) in wanted

    async def one(self, request: Request) -> Response:
        body = await self.seen(request)
        row = self.rows.get(request.path_params["table"], {}).get(request.path_params["id"])
        if row is None:
            error = {
                "message": "No Record found",
                "detail": "Record doesn't exist or ACL restricts the record retrieval",
            }
            return JSONResponse({"error": error, "status": "failure"}, 404)
        row.update(body or {})
        return JSONResponse({"result": {"sys_id": request.path_params["id"], **row}})


class HubSpot(SmallServer):
    """Objects with properties: search by groups of filters, pages by a cursor in the body."""

    associations = ("associations.contact", "associations.company")

    @property
    def app(self) -> Starlette:
        """The server as an application."""
        base = "/crm/v3/objects/{type}"
        return Starlette(
            routes=[
                Route(base + "/search", self.search, methods=["POST"]),
                Route(base, self.make, methods=["POST"]),
                Route(base + "/{id}", self.one, methods=["GET", "PATCH"]),
            ]
        )

    async def search(self, request: Request) -> Response:
        body = await self.seen(request)
        groups = body.get("filterGroups", [])
        if len(groups) > 5 or any(len(group["filters"]) > 6 for group in groups):
            return self._refused("too many filters", "VALIDATION_ERROR", 400)
        rows = [
            {"id": id_, "properties": {name: row.get(name) for name in body["properties"]} | {"hs_object_id": id_}}
            for id_, row in self.rows.get(request.path_params["type"], {}).items()
            if any(all(self._holds(one, row) for one in group["filters"]) for group in groups)
        ]
        start, size = int(body.get("after", 0)), min(body.get("limit", 10), self.page)
        answer: Row = {"total": len(rows), "results": rows[start : start + size]}
        if start + size < len(rows):
            answer["paging"] = {"next": {"after": str(start + size)}}
        return JSONResponse(answer)

    def _holds(self, one: Row, row: Row) -> bool:
        value = row.get(one["propertyName"])
        return value in one["values"] if one["operator"] == "IN" else str(value) == one["value"]

    def _refused(self, message: str, category: str, status: int) -> Response:
        return JSONResponse({"status": "error", "message": message, "category": category}, status)

    async def make(self, request: Request) -> Response:
        body = await self.seen(request)
        id_ = str(1000 + len(self.rows.get(request.path_params["type"], {})))
        self.add(request.path_params["type"], id_, **body["properties"])
        return JSONResponse({"id": id_, "properties": body["properties"]}, 201)

    async def one(self, request: Request) -> Response:
        body = await self.seen(request)
        id_ = request.path_params["id"]
        row = self.rows.get(request.path_params["type"], {}).get(id_)
        if row is None:
            return self._refused("resource not found", "OBJECT_NOT_FOUND", 404)
        row.update((body or {}).get("properties", {}))
        return JSONResponse({"id": id_, "properties": {**row, "hs_object_id": id_}})


class Dataverse(SmallServer):
    """Entity sets: ``+`` for a blank is refused in a filter, PATCH makes what is missing unless If-Match says not."""

    keys: tuple[tuple[str, str], ...] = (
        ("contacts", "contactid"), ("accounts", "accountid"), ("incidents", "incidentid"), ("phonecalls", "activityid"),
    )  # fmt: skip

    @property
    def app(self) -> Starlette:
        """The server as an application."""
        base = "/api/data/v9.2/"
        return Starlette(
            routes=[
                Route(base + "{set}({id})", self.one, methods=["GET", "PATCH"]),
                Route(base + "{set}", self.list, methods=["GET", "POST"]),
            ]
        )

    def _raw(self, request: Request, name: str) -> str:
        parts = dict(part.partition("=")[::2] for part in request.url.query.split("&"))
        return parts.get("%24" + name, "")

    def _error(self, status: int, code: str, message: str) -> Response:
        return JSONResponse({"error": {"code": code, "message": message}}, status)

    async def list(self, request: Request) -> Response:
        body = await self.seen(request)
        set_ = request.path_params["set"]
        key = dict(self.keys)[set_]
        if request.method == "POST":
            id_ = f"00000000-0000-4000-8000-{len(self.rows.get(set_, {})):012}"
            self.add(set_, id_, **body)
            return JSONResponse({key: id_, **body}, 201)
        filter_ = self._raw(request, "filter")
        if "+" in filter_:
            return self._error(400, "0x80060888", "Syntax error: expected / or whitespace but + found")
        try:
            holds = _odata(unquote(filter_))
        except ValueError as error:
            return self._error(400, "0x80060888", str(error))
        rows = [self._expanded({key: id_, **row}) for id_, row in self.rows.get(set_, {}).items()]
        found = [{"@odata.etag": 'W/"1"', **row} for row in rows if holds(row)]
        start = int(self._raw(request, "skiptoken") or 0)
        answer: Row = {"@odata.context": "x", "value": found[start : start + self.page]}
        if start + self.page < len(found):
            query = re.sub(r"&?%24skiptoken=\d+", "", request.url.query)
            answer["@odata.nextLink"] = f"{set_}?{query}&%24skiptoken={start + self.page}"
        return JSONResponse(answer)

    def _expanded(self, row: Row) -> Row:
        for set_, name in (("contacts", "customerid_contact"), ("accounts", "customerid_account")):
            owner = self.rows.get(set_, {}).get(str(row.get("_customerid_value")))
            row = {**row, name: owner}
        return row

    async def one(self, request: Request) -> Response:
        body = await self.seen(request)
        set_, id_ = request.path_params["set"], request.path_params["id"]
        row = self.rows.get(set_, {}).get(id_)
        if row is None and (request.method == "GET" or request.headers.get("if-match") == "*"):
            return self._error(404, "0x80040217", f"{set_} With Id = {id_} Does Not Exist")
        if row is None:
            self.add(set_, id_, **body)
        elif request.method == "PATCH":
            row.update(body)
        if request.method == "PATCH" and "return=representation" not in request.headers.get("prefer", ""):
            return Response(status_code=204)
        return JSONResponse({dict(self.keys)[set_]: id_, **self.rows[set_][id_]})


def _odata(text: str) -> Callable[[Row], bool]:
    """The ``eq``, ``or``, ``and`` and brackets of an OData filter; raises ``ValueError``."""
    token = re.compile(r"\s*(?:'((?:''|[^'])*)'|([\w/\-]+)|([()]))")
    tokens: list[tuple[str, str]] = []
    at = 0
    while text[at:].strip():
        match = token.match(text, at)
        if match is None:
            raise ValueError(f"syntax error at position {at}")
        kind = "text" if match[1] is not None else "word" if match[2] else "sign"
        tokens.append((kind, match[1].replace("''", "'") if kind == "text" else match[2] or match[3]))
        at = match.end()

    def take(*wanted: str) -> bool:
        if tokens and tokens[0][1] in wanted and tokens[0][0] != "text":
            tokens.pop(0)
            return True
        return False

    def joined(word: str, inner: Callable[[], Callable[[Row], bool]], all_: bool) -> Callable[[Row], bool]:
        parts = [inner()]
        while take(word):
            parts.append(inner())
        return lambda row: (all if all_ else any)(part(row) for part in parts)

    def any_of() -> Callable[[Row], bool]:
        return joined("or", lambda: joined("and", one, True), False)

    def one() -> Callable[[Row], bool]:
        if take("("):
            inner = any_of()
            if not take(")"):
                raise ValueError(") is expected")
            return inner
        if len(tokens) < 3 or tokens[1] != ("word", "eq"):
            raise ValueError("a comparison is expected")
        (_, name), _, (_, value) = tokens[:3]
        del tokens[:3]
        return lambda row: str(_walk(row, name)) == value

    found = any_of()
    if tokens:
        raise ValueError("the filter goes on where it should end")
    return found


def _walk(row: Row, path: str) -> Any:
    value: Any = row
    for step in path.split("/"):
        value = value.get(step) if isinstance(value, dict) else None
    return value
