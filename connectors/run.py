"""Running a data action: inputs in, outputs or a failure out (data-actions.md §3, §8).

One pipeline for every system: bind, validate, render, authenticate, send, translate, flatten. Nothing raises at the
caller; every way to fail is a row of the table in ``failures``.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from connectors.asking import Ask, Asker, Line, Output, output_of
from connectors.chain import fitting, following, is_given, not_found_first
from connectors.connections import Connection
from connectors.failures import Failure
from connectors.http import HttpFactory, HttpRequest, HttpResponse, HttpTimeoutError
from connectors.mapping import mapped_actions
from connectors.model import DEFAULT_TIMEOUT, DataAction
from connectors.ready import PUBLIC_API
from connectors.records import NothingToAsk, RecordError, prepare
from connectors.request import BadRequestError, build
from connectors.secrets import MASK, Redactor
from connectors.translation import bind, input_context, problem_with
from connectors.transport.auth import Authenticator
from connectors.transport.cache import Cache
from connectors.transport.exchange import Exchange, loop_time
from connectors.transport.replay import Cassettes, MissedError, Stubbed, stub_answer


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
        self._lines: dict[str, Line] = {}
        self._asker = Asker(self.actions, self.redactor, new_id)
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
            outcome = await self._asker.answer(Ask(action, line, inputs, ends, correlation_id))
            last = action.labels.get("then")
            if isinstance(outcome, Failure) or not isinstance(last, dict):
                return outcome
            finished = await self._called(last, connection, inputs, ends, correlation_id)
            return finished if isinstance(finished, Failure) else outcome

        caching = action.caching
        if caching is None or action.secure or not action.reads_only:
            return await ask()

        def lives(outcome: Output | Failure) -> float:
            if isinstance(outcome, Failure):
                return 0.0
            return caching.ttl_s if outcome.has_found else caching.negative_ttl_s

        key = (connection.name, action.key, input_context(inputs)["rawRequest"])
        return await self._cache.get(key, caching, ask, lives)

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

    def _line(self, connection: Connection) -> Line:
        line = self._lines.get(connection.name)
        if line is None:
            exchange = Exchange(connection, self.factory, loop_time)
            auth = Authenticator(connection, exchange, self.redactor)
            line = self._lines[connection.name] = Line(connection, exchange, auth, Cassettes(connection, self.redactor))
        return line

    async def aclose(self) -> None:
        """Close every connection's pool."""
        await self.factory.aclose()
