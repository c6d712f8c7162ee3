"""One action asked once over its connection's line: built, logged in, sent, read page by page, translated, flattened
(data-actions.md §3 steps 3-10).

Whatever goes wrong on the way is a row of the table in ``failures``; only the deadline is left to whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.connections import Connection
from connectors.contract import has_open_outputs
from connectors.dialects.outcome import failure_of
from connectors.failures import Failure
from connectors.http import HttpError, HttpResponse, HttpTimeoutError, HttpTlsError, HttpTooLargeError
from connectors.model import DataAction
from connectors.paging import Pages
from connectors.records import NoRecordError, NothingToAsk, RecordError, nobody, prepare, shaped
from connectors.request import NOWHERE, BadRequestError, Built, build
from connectors.secrets import Redactor
from connectors.templates import RenderError, render
from connectors.translation import OutputMismatchError, TranslationError, flatten, input_context
from connectors.translation.jsonpath import NOT_FOUND, PathSyntaxError, compile_path
from connectors.translation.sensitive import mark
from connectors.translation.translate import parse_json, translate_response
from connectors.transport.auth import Authenticator, AuthError, Token, Tokens, needs_custom_auth, new_token
from connectors.transport.egress import BadUrlError, BlockedError, final_url
from connectors.transport.exchange import Exchange, LimitedError, loop_time
from connectors.transport.replay import Cassettes, MissedError
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

    @property
    def has_found(self) -> bool:
        """Whether there is anything in it: a look-up that found nobody may be right only for a moment."""
        if self.values.get("outcome") == "unknown":
            return False
        return not self.values or any(value is not None and value != () for value in self.values.values())


@dataclass(slots=True)
class Line:
    """One connection at work: its traffic, its log-in, its recordings."""

    connection: Connection
    exchange: Exchange
    auth: Authenticator
    cassettes: Cassettes
    custom_tokens: dict[str, Tokens] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """One action asked once: with these inputs, before ``ends``; ``names`` are what its templates see besides the
    inputs, ``page`` is the address of a further page."""

    action: DataAction
    line: Line
    inputs: Mapping[str, Any]
    ends: float
    correlation_id: str
    names: Mapping[str, Any] = field(default_factory=dict)
    page: str | None = None


class Asker:
    """Asks actions; ``actions`` are all there are, since one of them may have to log in for others."""

    def __init__(self, actions: Sequence[DataAction], redactor: Redactor, new_id: Callable[[], str]) -> None:
        self._actions, self._redactor, self._new_id = actions, redactor, new_id

    async def answer(self, ask: Ask) -> Output | Failure:
        """The outputs, or the failure that a part of the way tells. Raises ``HttpTimeoutError``."""
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
        except NoRecordError:
            return Failure("remote-not-found", "the system has no such record")
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

    async def _paged(self, ask: Ask) -> HttpResponse | Failure:
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

    def _failure(self, ask: Ask, response: HttpResponse) -> Failure | None:
        connection = ask.line.connection
        partial = connection.options.get("allowPartial") is True and _is_mapped(ask.action, response)
        return failure_of(connection.type or ask.action.integration_type, response, allow_partial=partial)

    async def _exchanged(self, ask: Ask) -> HttpResponse | Failure:
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

    def _built(self, ask: Ask, token: Token | None) -> Built:
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

    def _origin(self, ask: Ask, token: Token | None = None) -> str:
        if ask.line.connection.mode == "replay":
            return ask.line.cassettes.origin(ask.action)
        return (token.origin if token else "") or ask.line.connection.origin

    async def _sent(self, ask: Ask, built: Built, token: Token | None) -> HttpResponse:
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

    def _tokens(self, action: DataAction, line: Line) -> Tokens | None:
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
        candidates = [a for a in self._actions if a.action_type == "customAuth"]
        if wanted:
            return next((a for a in candidates if a.name.casefold() == wanted.casefold()), None)
        near = [a for a in candidates if a.integration.casefold() in (connection.name.casefold(), action.key[0])]
        same_type = [a for a in candidates if a.integration_type == action.integration_type]
        return next(iter(near or same_type), None)

    async def _custom_token(self, login: DataAction, line: Line, ends: float) -> Token:
        response = await self._exchanged(Ask(login, line, {}, ends, self._new_id()))
        if isinstance(response, Failure) or not 200 <= response.status < 300:
            status = response.status
            raise AuthError(f"the customAuth action was refused with status {status}")
        raw = translate_response(login.response, response.text)
        raw = raw if isinstance(raw, dict) else {}
        for value in raw.values():
            if isinstance(value, str):
                self._redactor.learn(value)
        return new_token(str(raw.get("access_token", "")), "", raw)


def _is_mapped(action: DataAction, response: HttpResponse) -> bool:
    """Whether all that the translation map reads is there: only then is part of an answer enough."""
    try:
        document = parse_json(response.text, "the response")
        found = [compile_path(one.path.value).read(document) for one in action.response.translations]
    except (TranslationError, PathSyntaxError):
        return False
    return all(value is not None and value is not NOT_FOUND for value in found)


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
