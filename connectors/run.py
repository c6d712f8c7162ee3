"""Running a data action: inputs in, outputs or a failure out (data-actions.md §3, §8).

One pipeline for every system: bind, validate, render, authenticate, send, translate, flatten. Nothing raises at the
caller; every way to fail is a row of the table in ``failures``.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.chain import fitting, following, is_given, not_found_first
from connectors.connections import Connection
from connectors.contract import has_open_outputs
from connectors.dialects.outcome import failure_of
from connectors.failures import Failure
from connectors.http import (
    HttpError,
    HttpFactory,
    HttpRequest,
    HttpResponse,
    HttpTimeoutError,
    HttpTlsError,
    HttpTooLargeError,
)
from connectors.mapping import mapped_actions
from connectors.model import DEFAULT_TIMEOUT, DataAction
from connectors.paging import Pages
from connectors.ready import PUBLIC_API
from connectors.records import NothingToAsk, RecordError, nobody, prepare, shaped
from connectors.request import NOWHERE, BadRequestError, Built, build
from connectors.secrets import MASK, Redactor
from connectors.templates import RenderError, render
from connectors.translation import OutputMismatchError, TranslationError, bind, flatten, input_context, problem_with
from connectors.translation.sensitive import mark
from connectors.translation.translate import translate_response
from connectors.transport.auth import Authenticator, AuthError, Token, Tokens, needs_custom_auth, new_token
from connectors.transport.cache import Cache
from connectors.transport.egress import BadUrlError, BlockedError, final_url
from connectors.transport.exchange import Exchange, LimitedError, loop_time
from connectors.transport.replay import Cassettes, MissedError, Stubbed, stub_answer
from dsl.expressions.values import Secure


@dataclass(frozen=True, slots=True)
class Output:
    """A success: the flattened outputs as run-time values, and the document that they came from.

    ``misfits`` names outputs whose value did not fit the contract and became NOT_SET.
    """

    values: Mapping[str, Any]
    document: Any = None
    status: int = 200
    misfits: tuple[str, ...] = ()
    attempts: int = 1


@dataclass(slots=True)
class _Line:
    """One connection at work: its traffic, its log-in, its recordings."""

    connection: Connection
    exchange: Exchange
    auth: Authenticator
    cassettes: Cassettes
    custom_tokens: dict[str, Tokens] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Ask:
    """One action asked once: with these inputs, before ``ends``; ``names`` are what its templates see besides the
    inputs, ``page`` is the address of a further page."""

    action: DataAction
    line: _Line
    inputs: Mapping[str, Any]
    ends: float
    correlation_id: str
    names: Mapping[str, Any] = field(default_factory=dict)
    page: str | None = None


class DataActions:
    """All data actions of a project or organisation, runnable by integration and name, in any case of letters."""

    def __init__(
        self,
        actions: Iterable[DataAction],
        connections: Mapping[str, Connection],
        factory: HttpFactory | None = None,
        *,
        redactor: Redactor | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.actions = (*actions, *(action for one in connections.values() for action in mapped_actions(one)))
        self.factory = factory or HttpFactory()
        self.redactor = redactor or Redactor()
        self._new_id = new_id
        self._connections = {name.casefold(): connection for name, connection in connections.items()}
        self._by_name = {action.key: action for action in self.actions}
        self._by_type = {(a.integration_type.casefold(), a.name.casefold()): a for a in self.actions}
        self._lines: dict[str, _Line] = {}
        self._cache = Cache(loop_time)

    def connect(self, connection: Connection) -> None:
        """Add a connection that no file names; one of the files stands over it."""
        self._connections.setdefault(connection.name.casefold(), connection)

    def find(self, integration: str, name: str) -> DataAction | None:
        """The action that a flow means: of that integration, or of the type that its connection has; an integration
        without connection may be one to the public API."""
        found = self._by_name.get((integration.casefold(), name.casefold()))
        if found is not None:
            return found
        connection = self._connections.get(integration.casefold())
        kinds = (connection.type,) if connection else (integration, PUBLIC_API)
        found_by_type = (self._by_type.get((kind.casefold(), name.casefold())) for kind in kinds)
        return next((action for action in found_by_type if action is not None), None)

    def connection(self, integration: str, action: DataAction) -> Connection | None:
        """The connection of an integration: its own entry, else the one for all of its type."""
        by_name = self._connections.get(integration.casefold())
        return by_name or self._connections.get(action.integration_type.casefold())

    async def run(
        self, integration: str, name: str, inputs: Mapping[str, Any], deadline: float | None = None
    ) -> Output | Failure:
        """Run an action with run-time values. ``deadline`` is the flow's own, on the event loop's clock; without one it
        is 60 s away. When it passes first the failure says ``timed_out``: the flow takes its timeout path."""
        correlation_id = self._new_id()
        action = self.find(integration, name)
        if action is None:
            return Failure(
                "not-configured", f'there is no data action "{name}" in "{integration}"', None, correlation_id
            )
        connection = self.connection(integration, action)
        if connection is None:
            message = f'the integration "{integration}" has no connection'
            return Failure("not-configured", message, None, correlation_id, entity_name=integration)
        started = loop_time()
        flow_ends = started + DEFAULT_TIMEOUT if deadline is None else deadline
        action_ends = started + min(action.timeout_s or DEFAULT_TIMEOUT, connection.timeout_s)
        ends = min(flow_ends, action_ends)
        try:
            async with asyncio.timeout_at(ends):
                outcome = await self._answer(action, connection, inputs, ends, correlation_id)
        except (TimeoutError, HttpTimeoutError):
            outcome = Failure("timeout", "the system did not answer in time", timed_out=flow_ends <= action_ends)
        if isinstance(outcome, Failure):
            return replace(
                outcome,
                message=self.redactor.clean(outcome.message),
                correlation_id=correlation_id,
                entity_name=connection.name,
            )
        return outcome

    def preview(self, integration: str, name: str, inputs: Mapping[str, Any]) -> HttpRequest | Failure:
        """The request that ``run`` would send, fit to be seen: nothing is sent, no secret is read."""
        action = self.find(integration, name)
        connection = self.connection(integration, action) if action is not None else None
        if action is None or connection is None:
            return Failure("not-configured", f'"{integration}" has no connection or no data action "{name}"')
        bound = bind(action.inputs, inputs)
        problem = problem_with(action.inputs, bound)
        if problem is not None:
            return Failure("input", f"the inputs are not valid: {problem}")
        line = self._line(connection)
        context: dict[str, Any] = {
            "input": input_context(bound),
            "credentials": line.auth.shown_credentials(),
            "authResponse": {"access_token": MASK, "token_type": "Bearer", "instance_url": connection.origin},
        }
        try:
            prepared = prepare(action, connection, bound)
            if prepared is not None:
                context.update(prepared.context)
            built = build(action, context, connection.origin, functions=connection.functions)
        except BadRequestError as error:
            return Failure("template", error.message)
        except RecordError as error:
            return Failure("input", error.message)
        except NothingToAsk:
            return Failure("input", "nothing is asked for a number that is withheld")
        shown = {**built.request.headers, **dict.fromkeys(line.auth.header_names(), MASK)}
        return replace(built.request, url=self.redactor.clean(built.request.url), headers=self.redactor.headers(shown))

    async def _answer(
        self, action: DataAction, connection: Connection, given: Mapping[str, Any], ends: float, correlation_id: str
    ) -> Output | Failure:
        inputs = bind(action.inputs, given)
        problem = problem_with(action.inputs, inputs)
        if problem is not None:
            return Failure("input", f"the inputs are not valid: {problem}")
        line = self._line(connection)
        if connection.mode == "stub":
            return await self._stubbed(action, connection, inputs)
        first = action.labels.get("before")
        if isinstance(first, dict) and not is_given(first, inputs):
            return await self._after(first, action, connection, inputs, ends, correlation_id)

        async def ask() -> Output | Failure:
            outcome = await self._asked(_Ask(action, line, inputs, ends, correlation_id))
            last = action.labels.get("then")
            if isinstance(outcome, Failure) or not isinstance(last, dict):
                return outcome
            finished = await self._called(last, connection, inputs, ends, correlation_id)
            return finished if isinstance(finished, Failure) else outcome

        if action.caching is None or action.secure or not action.reads_only:
            return await ask()
        key = (connection.name, action.key, input_context(inputs)["rawRequest"])
        return await self._cache.get(key, action.caching, ask, keep=lambda outcome: isinstance(outcome, Output))

    async def _after(
        self,
        first: Mapping[str, Any],
        action: DataAction,
        connection: Connection,
        inputs: Mapping[str, Any],
        ends: float,
        correlation_id: str,
    ) -> Output | Failure:
        """What follows when the action asked first has answered (``connectors.chain``)."""
        found = await self._called(first, connection, inputs, ends, correlation_id)
        if isinstance(found, Failure):
            return found
        follows = following(first, found.document, inputs)
        if follows is None:
            return output_of(action, connection, not_found_first(found.document), HttpResponse(200, {}, b""))
        name, given = follows
        following_action = self._near(connection, name) if name else action
        if following_action is None:
            return Failure("not-configured", f'there is no data action "{name}" beside "{action.name}"')
        chosen = replace(following_action, labels={k: v for k, v in following_action.labels.items() if k != "before"})
        return await self._answer(chosen, connection, fitting(chosen, given), ends, correlation_id)

    async def _called(
        self,
        settings: Mapping[str, Any],
        connection: Connection,
        inputs: Mapping[str, Any],
        ends: float,
        correlation_id: str,
    ) -> Output | Failure:
        """Another action of the same system, with those of the inputs that it has."""
        action = self._near(connection, str(settings.get("action")))
        if action is None:
            return Failure("not-configured", f'there is no data action "{settings.get("action")}"')
        return await self._answer(action, connection, fitting(action, inputs), ends, correlation_id)

    def _near(self, connection: Connection, name: str) -> DataAction | None:
        return self.find(connection.name, name) or self._by_type.get((connection.type.casefold(), name.casefold()))

    async def _stubbed(self, action: DataAction, connection: Connection, inputs: Mapping[str, Any]) -> Output | Failure:
        try:
            answer = await stub_answer(connection, action.name, inputs)
        except MissedError as error:
            return Failure("not-configured", str(error))
        except Stubbed as stubbed:
            return stubbed.failure
        return output_of(action, connection, answer, HttpResponse(200, {}, b""))

    async def _asked(self, ask: _Ask) -> Output | Failure:
        action, connection = ask.action, ask.line.connection
        try:
            prepared = prepare(action, connection, ask.inputs)
            if prepared is not None:
                ask = replace(ask, names=prepared.context)
            response = await self._paged(ask)
            if isinstance(response, Failure):
                return response
            document = translate_response(action.response, response.text)
            if prepared is not None:
                document = shaped(prepared, connection, document, ask.inputs)
            return output_of(action, connection, document, response)
        except NothingToAsk:
            return output_of(action, connection, nobody(), HttpResponse(200, {}, b""))
        except RecordError as error:
            return Failure("input", error.message)
        except RenderError as error:
            return Failure("template", error.message)
        except (TranslationError, HttpTooLargeError) as error:
            return Failure("processing", error.message)
        except (BadRequestError, BadUrlError) as error:
            return Failure("template", error.message)
        except BlockedError as error:
            return Failure("blocked", error.message)
        except LimitedError as error:
            return Failure("limited", error.message)
        except AuthError as error:
            return Failure("credentials", error.message)
        except MissedError as error:
            return Failure("not-configured", str(error))
        except HttpTlsError as error:
            return Failure("certificate", error.message)
        except HttpTimeoutError:
            raise
        except HttpError as error:
            return Failure("connect", error.message)

    async def _paged(self, ask: _Ask) -> HttpResponse | Failure:
        """The response with all its pages, or the failure that one of them tells."""
        response = await self._exchanged(ask)
        failure = response if isinstance(response, Failure) else self._failure(ask, response)
        if failure is not None:
            return failure
        settings = ask.action.labels.get("paging")
        if not isinstance(settings, dict) or isinstance(response, Failure):
            return response
        pages = Pages(settings, response.text)
        root = final_url(render(str(settings.get("root", "/")), ask.names), self._origin(ask))
        while (onward := pages.onward(root, ask.inputs)) is not None:
            ask = replace(ask, page=onward.url, inputs=onward.inputs or ask.inputs)
            page = await self._exchanged(ask)
            failure = page if isinstance(page, Failure) else self._failure(ask, page)
            if failure is not None or isinstance(page, Failure):
                return failure or page
            pages.add(page.text)
        return replace(response, body=pages.text.encode())

    def _failure(self, ask: _Ask, response: HttpResponse) -> Failure | None:
        connection = ask.line.connection
        partial = connection.options.get("allowPartial") is True
        return failure_of(connection.type or ask.action.integration_type, response, allow_partial=partial)

    async def _exchanged(self, ask: _Ask) -> HttpResponse | Failure:
        """The response; after a 401 once more with a new token."""
        token = tokens = None
        line = ask.line
        for last in (False, True):
            if line.connection.mode != "replay":
                tokens = self._tokens(ask.action, line)
                token = await tokens.get(ask.ends) if tokens else None
            response = await self._sent(ask, self._built(ask, token), token)
            if response.status != 401:
                return response
            if last or tokens is None or token is None:
                break
            tokens.discard(token)
        return Failure("credentials", "the system refused the credentials with status 401")

    def _built(self, ask: _Ask, token: Token | None) -> Built:
        line = ask.line
        context: dict[str, Any] = {"input": input_context(ask.inputs), **ask.names}
        is_replay = line.connection.mode == "replay"
        context["credentials"] = line.auth.shown_credentials() if is_replay else line.auth.credentials()
        if token is not None and needs_custom_auth(line.connection.auth):
            context["authResponse"] = dict(token.raw)
        origin, functions = self._origin(ask, token), line.connection.functions
        built = build(ask.action, context, origin, ask.correlation_id, functions)
        if not is_replay and built.request.url.startswith(NOWHERE):
            raise MissedError("the function has no address here: give it one under functions:, or use a cassette")
        if ask.page is not None:
            built = replace(built, request=replace(built.request, method="GET", url=ask.page, body=b""))
        # a list of hosts is the administrator's word, and the action's author cannot add to it
        return replace(built, permitted=frozenset()) if line.connection.rules.hosts else built

    def _origin(self, ask: _Ask, token: Token | None = None) -> str:
        if ask.line.connection.mode == "replay":
            return ask.line.cassettes.origin(ask.action)
        return (token.origin if token else "") or ask.line.connection.origin

    async def _sent(self, ask: _Ask, built: Built, token: Token | None) -> HttpResponse:
        action, line = ask.action, ask.line
        if line.connection.mode == "replay":
            return line.cassettes.find(action, built.request)
        request = built.request
        own = {} if needs_custom_auth(line.connection.auth) else line.auth.headers(token, request.url)
        if own:
            given = {name.lower() for name in request.headers}
            headers = {**request.headers, **{n: v for n, v in own.items() if n.lower() not in given}}
            request = replace(request, headers=headers)
        response = await line.exchange.send(request, ask.ends, built.permitted)
        if line.connection.mode == "record" and not action.secure and action.action_type != "customAuth":
            line.cassettes.keep(action, request, response)
        return response

    def _tokens(self, action: DataAction, line: _Line) -> Tokens | None:
        """Where this action's token comes from; the customAuth action itself needs none."""
        if action.action_type == "customAuth":
            return None
        if not needs_custom_auth(line.connection.auth):
            return line.auth.tokens
        login = self._login(action, line.connection)
        if login is None:
            raise AuthError("the integration has no customAuth action")
        if login.name not in line.custom_tokens:
            line.custom_tokens[login.name] = Tokens(lambda ends: self._custom_token(login, line, ends), loop_time)
        return line.custom_tokens[login.name]

    def _login(self, action: DataAction, connection: Connection) -> DataAction | None:
        wanted = connection.auth.settings.get("action")
        candidates = [a for a in self.actions if a.action_type == "customAuth"]
        if wanted:
            return next((a for a in candidates if a.name.casefold() == wanted.casefold()), None)
        near = [a for a in candidates if a.integration.casefold() in (connection.name.casefold(), action.key[0])]
        same_type = [a for a in candidates if a.integration_type == action.integration_type]
        return next(iter(near or same_type), None)

    async def _custom_token(self, login: DataAction, line: _Line, ends: float) -> Token:
        response = await self._exchanged(_Ask(login, line, {}, ends, self._new_id()))
        if isinstance(response, Failure) or not 200 <= response.status < 300:
            status = response.status
            raise AuthError(f"the customAuth action was refused with status {status}")
        raw = translate_response(login.response, response.text)
        raw = raw if isinstance(raw, dict) else {}
        for value in raw.values():
            if isinstance(value, str):
                self.redactor.learn(value)
        return new_token(str(raw.get("access_token", "")), "", raw)

    def _line(self, connection: Connection) -> _Line:
        line = self._lines.get(connection.name)
        if line is None:
            exchange = Exchange(connection, self.factory, loop_time)
            auth = Authenticator(connection, exchange, self.redactor)
            line = self._lines[connection.name] = _Line(
                connection, exchange, auth, Cassettes(connection, self.redactor)
            )
        return line

    async def aclose(self) -> None:
        """Close every connection's pool."""
        await self.factory.aclose()


def output_of(action: DataAction, connection: Connection, document: Any, response: HttpResponse) -> Output | Failure:
    """What a flow sees of the translated document of a response."""
    document = mark(document, connection.sensitive)
    try:
        values, misfits = flatten(
            action.outputs, document, strict=connection.strict_outputs, is_open=has_open_outputs(action)
        )
    except OutputMismatchError as error:
        return Failure("output", error.message)
    if action.secure:
        values = {n: v if v is None or isinstance(v, Secure) else Secure(v) for n, v in values.items()}
    return Output(values, None if action.secure else document, response.status, tuple(misfits), response.attempts)
