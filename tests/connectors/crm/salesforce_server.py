"""A Salesforce of our own, written from its public documentation (crm-apis.md §4), not from our actions.

SOQL is read by a small parser over rows in memory: text literals with their escapes, ``=``, ``!=``, ``IN``, ``AND``,
``OR``, brackets, relationship fields, ORDER BY, LIMIT. What it does not understand is MALFORMED_QUERY, as there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PREFIXES = {"Contact": "003", "Lead": "00Q", "Account": "001", "Case": "500", "Task": "00T", "Subscription__c": "a01"}
PARENTS = {"Contact": "ContactId", "Account": "AccountId"}
Row = dict[str, Any]


class SoqlError(Exception):
    """MALFORMED_QUERY or INVALID_FIELD."""


@dataclass
class SalesforceServer:
    """Rows by object; ``page`` is the size of a page; ``log`` holds every request: method, path with query, body."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in PREFIXES})
    page: int = 2000
    log: list[tuple[str, str, Any]] = field(default_factory=list)
    cursors: dict[str, list[Row]] = field(default_factory=dict)
    token: str = "session"

    def add(self, object_: str, **fields: Any) -> str:
        """A record; its id."""
        id_ = f"{PREFIXES[object_]}5g00000{len(self.rows[object_]):05}AAA"
        self.rows[object_].append({"Id": id_, **fields})
        return id_

    @property
    def app(self) -> Starlette:
        """The server as an application."""
        base = "/services/data/{version}"
        return Starlette(
            routes=[
                Route("/services/oauth2/token", self.log_in, methods=["POST"]),
                Route(base + "/query", self.query),
                Route(base + "/query/", self.query),
                Route(base + "/query/{cursor}", self.more),
                Route(base + "/search/", self.search),
                Route(base + "/parameterizedSearch", self.parameterised, methods=["GET", "POST"]),
                Route(base + "/composite", self.composite, methods=["POST"]),
                Route(base + "/sobjects/{object}", self.create, methods=["POST"]),
                Route(base + "/sobjects/{object}/", self.create, methods=["POST"]),
                Route(base + "/sobjects/{object}/{id}", self.record, methods=["GET", "PATCH", "DELETE"]),
            ]
        )

    async def log_in(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        if form.get("client_secret") != ["right"]:
            return JSONResponse({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        return JSONResponse({"access_token": self.token, "instance_url": str(request.base_url).rstrip("/")})

    async def _seen(self, request: Request) -> Any:
        raw = await request.body()
        body = json.loads(raw) if raw else None
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.log.append((request.method, path, body))
        return body

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.token}":
            return None
        return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")

    async def query(self, request: Request) -> Response:
        await self._seen(request)
        return self._refused(request) or self._queried(request.url.query, request.path_params["version"])

    def _queried(self, query: str, version: str) -> Response:
        text = parse_qs(query, keep_blank_values=True).get("q", [""])[0]
        try:
            found = self.select(text)
        except SoqlError as error:
            code, _, message = str(error).partition(": ")
            return _error(400, code, message)
        return JSONResponse(self._page(found, version))

    def _page(self, found: list[Row], version: str) -> Row:
        first, rest = found[: self.page], found[self.page :]
        answer: Row = {"totalSize": len(found), "done": not rest, "records": first}
        if rest:
            cursor = f"01g000000000000AAA-{len(self.cursors)}"
            self.cursors[cursor] = rest
            answer["nextRecordsUrl"] = f"/services/data/{version}/query/{cursor}"
        return answer

    async def more(self, request: Request) -> Response:
        await self._seen(request)
        rest = self.cursors.get(request.path_params["cursor"])
        if rest is None:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._refused(request) or JSONResponse(self._page(rest, request.path_params["version"]))

    async def search(self, request: Request) -> Response:
        """SOSL: a word in braces, escaped; a closing bracket inside the braces is refused."""
        await self._seen(request)
        text = parse_qs(request.url.query).get("q", [""])[0]
        match = re.match(r"FIND\s*\{((?:\\.|[^\\}])*)\}\s*IN PHONE FIELDS RETURNING (.*)\Z", text)
        if match is None or re.search(r"(?<!\\)[()\[\]+\-]", match.group(1)):
            return _error(400, "MALFORMED_SEARCH", "No search term found")
        digits = re.sub(r"\D", "", match.group(1))
        found = []
        for object_ in re.findall(r"(\w+)\s*\(", match.group(2)):
            for row in self.rows.get(object_, []):
                if any(digits and digits in re.sub(r"\D", "", str(v)) for k, v in row.items() if "Phone" in k):
                    found.append(_typed(object_, row))
        return self._refused(request) or JSONResponse({"searchRecords": found})

    async def parameterised(self, request: Request) -> Response:
        body = await self._seen(request)
        found = []
        for one in body["sobjects"]:
            for row in self.rows.get(one["name"], []):
                if any(body["q"].casefold() in str(value).casefold() for value in row.values()):
                    found.append(_typed(one["name"], {name: row.get(name) for name in body["fields"]}))
        return self._refused(request) or JSONResponse({"searchRecords": found})

    async def composite(self, request: Request) -> Response:
        body = await self._seen(request)
        if (refused := self._refused(request)) is not None:
            return refused
        answers = []
        for part in body["compositeRequest"][:25]:
            url = urlsplit(part["url"])
            version = url.path.split("/")[3]
            answer = self._queried(url.query, version)
            answers.append(
                {
                    "body": json.loads(bytes(answer.body)),
                    "httpHeaders": {},
                    "httpStatusCode": answer.status_code,
                    "referenceId": part["referenceId"],
                }
            )
        return JSONResponse({"compositeResponse": answers})

    async def create(self, request: Request) -> Response:
        body = await self._seen(request)
        object_ = request.path_params["object"]
        if (refused := self._refused(request)) is not None:
            return refused
        if object_ not in self.rows:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        if object_ == "Contact" and not body.get("LastName"):
            return _error(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ["LastName"])
        if object_ == "Task" and str(body.get("WhoId", "")).startswith("00Q") and body.get("WhatId"):
            return _error(400, "FIELD_INTEGRITY_EXCEPTION", "WhatId is not allowed with a lead", ["WhatId"])
        return JSONResponse({"id": self.add(object_, **body), "success": True, "errors": []}, 201)

    async def record(self, request: Request) -> Response:
        body = await self._seen(request)
        object_, id_ = request.path_params["object"], request.path_params["id"]
        found = next((row for row in self.rows.get(object_, []) if row["Id"] == id_), None)
        if (refused := self._refused(request)) is not None:
            return refused
        if found is None:
            return _error(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
        if request.method == "PATCH":
            found.update(body)
            return Response(status_code=204)
        if request.method == "DELETE":
            self.rows[object_].remove(found)
            return Response(status_code=204)
        fields = parse_qs(request.url.query).get("fields", [",".join(found)])[0].split(",")
        return JSONResponse(_typed(object_, {name: found.get(name) for name in fields}))

    def select(self, text: str) -> list[Row]:
        """The rows of a SOQL query."""
        match = re.match(
            r"(?is)\s*SELECT\s+(.+?)\s+FROM\s+(\w+)(?:\s+WHERE\s+(.+?))?"
            r"(?:\s+ORDER BY\s+(\w+)( DESC| ASC)?)?(?:\s+LIMIT (\d+))?\s*\Z",
            text,
        )
        if match is None:
            raise SoqlError("MALFORMED_QUERY: unexpected token")
        fields, object_, where, order, direction, limit = match.groups()
        if object_ not in self.rows:
            raise SoqlError(f"INVALID_TYPE: sObject type '{object_}' is not supported")
        holds = _Where(where).condition() if where else lambda row: True
        rows = [row for row in (self._joined(one) for one in self.rows[object_]) if holds(row)]
        if order:
            rows.sort(key=lambda row: str(row.get(order) or ""), reverse="DESC" in (direction or "").upper())
        names = [name.strip() for name in fields.split(",")]
        return [_typed(object_, _nested({n: row.get(n) for n in names})) for row in rows[: int(limit or 2000)]]

    def _joined(self, row: Row) -> Row:
        """A row with its parents' fields as ``Contact.Phone``."""
        joined = dict(row)
        for parent, key in PARENTS.items():
            owner = next((one for one in self.rows[parent] if one["Id"] == row.get(key)), {})
            joined.update({f"{parent}.{name}": value for name, value in owner.items()})
        return joined


def _typed(object_: str, row: Row) -> Row:
    url = f"/services/data/v60.0/sobjects/{object_}/{row.get('Id')}"
    return {"attributes": {"type": object_, "url": url}, **row}


def _nested(row: Row) -> Row:
    flat = {name: value for name, value in row.items() if "." not in name}
    for name, value in row.items():
        if "." in name:
            owner, _, inner = name.partition(".")
            flat.setdefault(owner, {})[inner] = value
    return flat


def _error(status: int, code: str, message: str, fields: list[str] | None = None) -> Response:
    return JSONResponse([{"message": message, "errorCode": code, "fields": fields or []}], status)


class _Where:
    TOKEN = re.compile(r"\s*(?:'((?:\\.|[^'\\])*)'|([\w.]+)|(!=|=|[(),]))")

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            match = self.TOKEN.match(text, at)
            if match is None:
                raise SoqlError(f"MALFORMED_QUERY: unexpected token at {at}")
            kind = "text" if match[1] is not None else "word" if match[2] is not None else "sign"
            value = re.sub(r"\\(.)", r"\1", match[1]) if kind == "text" else match[2] or match[3]
            self.tokens.append((kind, value))
            at = match.end()
        self.at = 0

    def condition(self) -> Any:
        found = self.any_of()
        if self.at != len(self.tokens):
            raise SoqlError("MALFORMED_QUERY: unexpected token")
        return found

    def any_of(self) -> Any:
        parts = [self.all_of()]
        while self.word("OR"):
            parts.append(self.all_of())
        return lambda row: any(part(row) for part in parts)

    def all_of(self) -> Any:
        parts = [self.one()]
        while self.word("AND"):
            parts.append(self.one())
        return lambda row: all(part(row) for part in parts)

    def one(self) -> Any:
        if self.sign("("):
            inner = self.any_of()
            self.need(")")
            return inner
        name = self.take("word")
        if self.word("IN"):
            self.need("(")
            values = [self.literal()]
            while self.sign(","):
                values.append(self.literal())
            self.need(")")
            return lambda row: row.get(name) in values
        equal = self.sign("=")
        if not equal:
            self.need("!=")
        value = self.literal()
        return lambda row: (row.get(name) == value or (value is False and row.get(name) is None)) == equal

    def literal(self) -> Any:
        kind, value = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
        self.at += 1
        if kind == "text":
            return value
        if kind == "word" and value.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[value.lower()]
        raise SoqlError("MALFORMED_QUERY: a literal is expected")

    def word(self, text: str) -> bool:
        return self._is("word", text)

    def sign(self, text: str) -> bool:
        return self._is("sign", text)

    def _is(self, kind: str, text: str) -> bool:
        here = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
        if here[0] == kind and here[1].upper() == text:
            self.at += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.sign(text):
            raise SoqlError(f"MALFORMED_QUERY: {text} is expected")

    def take(self, kind: str) -> str:
        here = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
        if here[0] != kind:
            raise SoqlError("MALFORMED_QUERY: a name is expected")
        self.at += 1
        return unquote(here[1])
