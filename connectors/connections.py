"""``connections.yaml``: the systems that data actions call (data-actions.md §5, §10).

One entry per integration under its display name, which is the ``category`` key in flows. Secrets stand there by
reference only; a literal is a finding. Reading gives what is right and says what is wrong; nothing raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from connectors.model import DEFAULT_TIMEOUT, FUNCTIONS, MAX_RESPONSE, REPLAY_ONLY, RUNNABLE
from connectors.secrets import is_reference
from connectors.transport.egress import Rules
from dsl.source import (
    Diagnostic,
    Key,
    Map,
    Node,
    Scalar,
    Seq,
    Source,
    Span,
    did_you_mean,
    finding,
    nearest,
    plain,
    read_yaml,
)
from dsl.source.tree import Plain

MODES = ("live", "record", "replay", "stub")

AUTH_KINDS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("user", "password"),
    "bearer": ("token",),
    "header": ("name", "value"),
    "zendesk_token": ("email", "token"),
    "oauth2_client_credentials": ("token_url", "client_id", "client_secret"),
    "oauth2_password": ("token_url", "client_id", "username", "password"),
    "oauth2_refresh_token": ("token_url", "client_id", "refresh_token"),
    "oauth2_jwt_bearer": ("token_url", "client_id", "subject", "private_key"),
    "user_defined_oauth": (),
}
"""Kinds of ``auth`` and the settings that each needs."""

_AUTH_OPTIONAL = ("kind", "scope", "audience", "action")
_CLIENT_SECRET_OPTIONAL = ("oauth2_password", "oauth2_refresh_token")
_SECRET_SETTINGS = frozenset({"password", "token", "client_secret", "private_key", "value", "refresh_token"})

OPTIONS = (
    "allowPartial", "apiVersion", "appId", "defaultRegion", "functions", "interactionField", "operations", "phoneForms",
    "popUrl", "portalId", "stubs", "types",
)  # fmt: skip
"""Settings that only the dialect of a type reads."""

TYPE_KEYS = ("object", "id", "path", "open", "phone", "fields", "names", "owner")
"""What ``types`` may say about a kind of records."""

KEYS = (
    *OPTIONS, "type", "origin", "auth", "credentials", "allowedHosts", "allowedNetworks", "allowedPorts", "allowHttp",
    "timeoutSeconds", "maxResponseBytes", "followRedirectsTo", "sensitive", "mode", "cassettes", "limits", "proxy",
    "caFile", "strictOutputs", "recordPii",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Auth:
    """How to authenticate: the kind and its settings, secrets by reference."""

    kind: str = "none"
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests that a connection may have at once and per minute; None means as many as come."""

    concurrent: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One system: where it is, how to log in, what may be reached, how long it may take."""

    name: str
    type: str = ""
    origin: str = ""
    auth: Auth = field(default_factory=Auth)
    credentials: Mapping[str, str] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    timeout_s: float = DEFAULT_TIMEOUT
    max_response: int = MAX_RESPONSE
    follow_redirects_to: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    mode: str = "live"
    cassettes: Path | None = None
    limits: Limits = field(default_factory=Limits)
    proxy: str | None = None
    ca_file: str | None = None
    strict_outputs: bool = False
    record_pii: str = "keep"
    options: Mapping[str, Plain] = field(default_factory=dict)
    """What only the dialect of this type reads (``OPTIONS``)."""

    span: Span | None = None

    @property
    def functions(self) -> dict[str, str]:
        """Addresses of functions (Lambda and the like) by the names that actions call them by (§3.1)."""
        given = self.options.get("functions")
        return {name: str(address) for name, address in given.items()} if isinstance(given, dict) else {}


def load_connections(source: Source) -> tuple[dict[str, Connection], list[Diagnostic]]:
    """Connections by their name, and the findings."""
    tree, findings = read_yaml(source)
    if tree is None:
        return {}, findings
    reader = _Reader(findings, Path(source.path).parent)
    entries = tree.get("connections") if isinstance(tree, Map) else None
    if not isinstance(tree, Map) or not isinstance(entries, Map):
        span = entries.span if entries is not None else tree.span
        help_ = 'write "connections:" and below it one entry per integration'
        findings.append(finding("wrong-kind", "connections are a mapping of name to settings", span, help=help_))
        return {}, findings
    reader.unknown(tree, ("connections",), "this file")
    for _, node in entries:
        if isinstance(node, Map) and reader.text(node, "type") == "graphql":
            from connectors.graphql import document_findings

            findings.extend(document_findings(source, node))
    found = {key.text: connection for key, node in entries if (connection := reader.connection(key, node)) is not None}
    return found, findings


class _Reader:
    def __init__(self, findings: list[Diagnostic], folder: Path) -> None:
        self.findings, self.folder = findings, folder

    def connection(self, key: Key, node: Node) -> Connection | None:
        if not isinstance(node, Map):
            self.report("wrong-kind", f'the connection "{key.text}" is a mapping of settings', node.span)
            return None
        self.unknown(node, KEYS, f'the connection "{key.text}"')
        self.types(node)
        origin = self.origin(node)
        timeout = self.number(node, "timeoutSeconds", 0.1, DEFAULT_TIMEOUT) or DEFAULT_TIMEOUT
        largest = self.number(node, "maxResponseBytes", 1, 1 << 30)
        cassettes = self.text(node, "cassettes")
        return Connection(
            name=key.text,
            type=self.type(node),
            origin=origin,
            auth=self.auth(node.get("auth")),
            credentials=self.credentials(node.get("credentials")),
            rules=Rules(
                origin,
                self.texts(node, "allowedHosts"),
                self.networks(node),
                tuple(int(port) for port in self.texts(node, "allowedPorts") if port.isdigit()),
                self.flag(node, "allowHttp"),
            ),
            timeout_s=timeout,
            max_response=int(largest) if largest else MAX_RESPONSE,
            follow_redirects_to=self.texts(node, "followRedirectsTo"),
            sensitive=self.paths(node),
            mode=self.choice(node, "mode", MODES, "live"),
            cassettes=self.folder / (cassettes or f"cassettes/{key.text}"),
            limits=self.limits(node.get("limits")),
            proxy=self.text(node, "proxy"),
            ca_file=self.text(node, "caFile"),
            strict_outputs=self.flag(node, "strictOutputs"),
            record_pii=self.choice(node, "recordPii", ("keep", "fake"), "keep"),
            options={name: plain(value) for name in OPTIONS if (value := node.get(name)) is not None},
            span=key.span,
        )

    def type(self, node: Map) -> str:
        name = self.text(node, "type") or ""
        given = node.get("type")
        runs = self.text(node, "mode") in ("replay", "stub") or (
            name in FUNCTIONS and node.get("functions") is not None
        )
        if name in REPLAY_ONLY and given is not None and not runs:
            message = f'integrations of type "{name}" run only from a stub or a cassette'
            help_ = "set mode: replay or mode: stub"
            if name in FUNCTIONS:
                help_ += ", or give each function an address of your own under functions:"
            self.report("replay-only-integration", message, given.span, help_)
        elif name and name not in RUNNABLE | REPLAY_ONLY and given is not None:
            message = f'nobody knows the integration type "{name}": it runs only from a stub or a cassette'
            self.report("replay-only-integration", message, given.span, did_you_mean(name, RUNNABLE))
        return name

    def origin(self, node: Map) -> str:
        text, given = self.text(node, "origin") or "", node.get("origin")
        if not text or given is None:
            return ""
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in text:
            self.report("bad-value", f'"{text}" is no origin', given.span, "write it as https://host")
            return ""
        if parts.scheme == "http" and not self.flag(node, "allowHttp"):
            help_ = "use https://, or say allowHttp: true for a system on this machine"
            self.report("plain-http", "this connection is not encrypted", given.span, help_)
        return text.rstrip("/")

    def auth(self, node: Node | None) -> Auth:
        if node is None:
            return Auth()
        if not isinstance(node, Map):
            self.report("wrong-kind", '"auth" is a mapping with a kind', node.span)
            return Auth()
        kind = self.choice(node, "kind", tuple(AUTH_KINDS), "none")
        if kind == "none" and _is_misspelt(node):
            self.unknown(node, (*_AUTH_OPTIONAL, *chain.from_iterable(AUTH_KINDS.values())), '"auth"')
            return Auth()  # which settings it has is for the kind to say
        needed = AUTH_KINDS[kind]
        more = ("client_secret",) if kind in _CLIENT_SECRET_OPTIONAL else ()
        self.unknown(node, (*needed, *more, *_AUTH_OPTIONAL), f'"auth" of kind {kind}')
        settings = {key.text: value.text for key, value in node if isinstance(value, Scalar) and key.text != "kind"}
        misspelt = {nearest(name, needed) for name in settings if name not in (*needed, *more, *_AUTH_OPTIONAL)}
        for name in needed:
            if name not in settings and name not in misspelt:
                self.report("missing-parameter", f'"auth" of kind {kind} needs "{name}"', node.span)
        for key, value in node:
            if key.text in _SECRET_SETTINGS and isinstance(value, Scalar):
                self.secret(key.text, value)
        return Auth(kind, settings)

    def credentials(self, node: Node | None) -> dict[str, str]:
        if node is None:
            return {}
        if not isinstance(node, Map):
            self.report("wrong-kind", '"credentials" is a mapping of name to text', node.span)
            return {}
        for key, value in node:
            if isinstance(value, Scalar) and any(
                word in key.text.lower() for word in ("secret", "password", "token", "key")
            ):
                self.secret(key.text, value)
        return {key.text: value.text for key, value in node if isinstance(value, Scalar)}

    def secret(self, name: str, value: Scalar) -> None:
        if not is_reference(value.text):
            message = f'the secret "{name}" stands here as plain text'
            help_ = f"write {name}: env:NAME or {name}: file:/path"
            self.report("literal-secret", message, value.span, help_)

    def limits(self, node: Node | None) -> Limits:
        if not isinstance(node, Map):
            if node is not None:
                self.report("wrong-kind", '"limits" is a mapping with concurrent and perMinute', node.span)
            return Limits()
        self.unknown(node, ("concurrent", "perMinute"), '"limits"')
        concurrent = self.number(node, "concurrent", 1, 100_000)
        per_minute = self.number(node, "perMinute", 1, 10_000_000)
        return Limits(int(concurrent) if concurrent else None, int(per_minute) if per_minute else None)

    def networks(self, node: Map) -> tuple[str, ...]:
        from ipaddress import ip_network

        found = []
        for text in self.texts(node, "allowedNetworks"):
            try:
                found.append(str(ip_network(text)))
            except ValueError:
                given = node.get("allowedNetworks")
                assert given is not None
                self.report("bad-value", f'"{text}" is no network', given.span, "write it as 10.0.0.0/8")
        return tuple(found)

    def paths(self, node: Map) -> tuple[str, ...]:
        from connectors.translation import PathSyntaxError, compile_path

        found = []
        for text in self.texts(node, "sensitive"):
            try:
                compile_path(text)
                found.append(text)
            except PathSyntaxError as error:
                given = node.get("sensitive")
                assert given is not None
                self.report("syntax-jsonpath", error.message, given.span)
        return tuple(found)

    def text(self, node: Map, name: str) -> str | None:
        found = node.get(name)
        if found is None or (isinstance(found, Scalar) and found.value is None):
            return None
        if isinstance(found, Scalar):
            return found.text
        self.report("wrong-kind", f'"{name}" is a text', found.span)
        return None

    def texts(self, node: Map, name: str) -> tuple[str, ...]:
        found = node.get(name)
        if found is None:
            return ()
        if isinstance(found, Seq) and all(isinstance(item, Scalar) for item in found):
            return tuple(item.text for item in found if isinstance(item, Scalar))
        self.report("wrong-kind", f'"{name}" is a list of texts', found.span)
        return ()

    def number(self, node: Map, name: str, low: float, high: float) -> float | None:
        found = node.get(name)
        if found is None:
            return None
        value = found.value if isinstance(found, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.report("out-of-range", f'"{name}" is a number from {low:g} to {high:g}', found.span)
            return None
        return float(value)

    def flag(self, node: Map, name: str) -> bool:
        found = node.get(name)
        return isinstance(found, Scalar) and found.value is True

    def types(self, node: Map) -> None:
        given = node.get("types")
        for key, settings in given if isinstance(given, Map) else ():
            if isinstance(settings, Map):
                self.unknown(settings, TYPE_KEYS, f'the type "{key.text}"')

    def choice(self, node: Map, name: str, choices: tuple[str, ...], default: str) -> str:
        text, found = self.text(node, name), node.get(name)
        if text is None or found is None:
            return default
        if text not in choices:
            self.report("bad-value", f'"{name}" cannot be "{text}"', found.span, did_you_mean(text, choices))
            return default
        return text

    def unknown(self, node: Map, known: Iterable[str], what: str) -> None:
        names = tuple(known)
        for key, _ in node:
            if key.text not in names:
                message = f'{what} has no setting "{key.text}"'
                self.report("unknown-key", message, key.span, did_you_mean(key.text, names))

    def report(self, code: str, message: str, span: Span, help_: str | None = None) -> None:
        self.findings.append(finding(code, message, span, help=help_))


def _is_misspelt(auth: Map) -> bool:
    """Whether the kind is one that there is not, or stands under a key that is none."""
    kind = auth.get("kind")
    if kind is None:
        return any(nearest(key.text, ["kind"]) for key, _ in auth)
    return not (isinstance(kind, Scalar) and kind.text in AUTH_KINDS)
