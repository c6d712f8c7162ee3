"""The vendor's JSON export of a data action, read with positions (data-actions.md §2.1), and written again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from connectors.model import (
    Caching,
    DataAction,
    Header,
    Request,
    Response,
    Schema,
    Text,
    Translation,
    pointer_of,
)
from dsl.source import Diagnostic, Map, Node, Scalar, Source, Span, did_you_mean, finding, nearest, plain, read_json
from dsl.source.tree import Plain

EXTENSION = "x-callwright"
"""The one key of our own: idempotent, cache, integration, declassify. The vendor ignores it."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
SCHEMA_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
SCHEMA_WORDS = (
    *"type properties required items title description default enum additionalProperties format pattern".split(),
    *"minimum maximum minLength maxLength minItems maxItems uniqueItems examples const nullable".split(),
    *"$schema $id $ref id definitions oneOf anyOf allOf not".split(),
)
KNOWN_KEYS: Mapping[str, tuple[str, ...]] = {
    "": ("name", "integrationType", "actionType", "secure", "config", "contract", "category", "integrationId", "id",
         "version", "selfUri", EXTENSION),
    "/config": ("request", "response", "timeoutSeconds"),
    "/config/request": ("requestUrlTemplate", "requestType", "headers", "requestTemplate", "requestTemplateUri"),
    "/config/response": ("translationMap", "translationMapDefaults", "successTemplate", "successTemplateUri"),
    "/contract": ("input", "output"),
    "/contract/input": ("inputSchema",),
    "/contract/output": ("successSchema", "errorSchema"),
}  # fmt: skip


def read_export(source: Source, *, named: bool = True) -> tuple[DataAction | None, list[Diagnostic]]:
    """Read one export. A file that was only met in a folder (``named=False``) and is no data action is none of ours:
    no action, no finding."""
    tree, findings = read_json(source)
    if tree is None:
        return None, findings if named or '"contract"' in source.text else []
    if not looks_like_action(tree):
        message = "this JSON file is not a data action: it has no config and contract"
        problem = finding(
            "syntax-data-action", message, tree.span, help="export the action from the vendor's admin page"
        )
        return None, [*findings, problem] if named or _is_half(tree) else []
    return from_tree(tree, findings, source.path)


def looks_like_action(tree: Node) -> bool:
    """Whether a document has the two halves that every data action has."""
    return isinstance(tree, Map) and isinstance(tree.get("config"), Map) and isinstance(tree.get("contract"), Map)


def _is_half(tree: Node) -> bool:
    """Whether a document is most likely a data action with a slip of the pen: it has one of the two halves."""
    contract, config = (tree.get(name) if isinstance(tree, Map) else None for name in ("contract", "config"))
    has_contract = isinstance(contract, Map) and isinstance(contract.get("input"), Map)
    return has_contract or (isinstance(config, Map) and isinstance(config.get("request"), Map))


def from_tree(tree: Node, findings: list[Diagnostic], path: str) -> tuple[DataAction | None, list[Diagnostic]]:
    """The action of a positioned document, also of one that came from Terraform."""
    return _Reader(findings, path).action(tree), findings


class _Reader:
    """Reads the parts of one export and collects what is wrong with them."""

    def __init__(self, findings: list[Diagnostic], path: str) -> None:
        self.findings, self.path = findings, path

    def action(self, tree: Node) -> DataAction | None:
        name = self.text(tree, "name")
        config, contract = self.map(tree, "config"), self.map(tree, "contract")
        if config is None or contract is None or name is None or not isinstance(tree, Map):
            return None
        self.unknown_keys(tree, "")
        request, response = self.request(config), self.response(config)
        inputs = self.schema(contract, "input", "inputSchema")
        outputs = self.schema(contract, "output", "successSchema")
        if request is None or response is None or inputs is None or outputs is None:
            return None
        own = tree.get(EXTENSION)
        options: dict[str, Any] = plain(own) if isinstance(own, Map) else {}  # type: ignore[assignment]  # a Map gives a dict
        integration_type = self.optional(tree, "integrationType") or ""
        return DataAction(
            name=name.value,
            integration=self.integration(tree, options, integration_type),
            origin=self.origin(tree),
            integration_type=integration_type,
            action_type=self.optional(tree, "actionType") or "custom",
            secure=self.flag(tree, "secure"),
            request=request,
            response=response,
            inputs=inputs,
            outputs=outputs,
            span=name.span,
            timeout_s=self.timeout(config),
            idempotent=options.get("idempotent") is True,
            caching=_caching(options.get("cache")),
            labels=options,
            extras={key.text: plain(node) for key, node in tree if key.text not in KNOWN_KEYS[""]},
        )

    def origin(self, tree: Map) -> dict[str, str]:
        """How the file says to which integration it belongs; six in a hundred say it otherwise."""
        names = ("integrationType", "category", "integrationId")
        return {name: text for name in names if (text := self.optional(tree, name)) is not None}

    def integration(self, tree: Map, options: Mapping[str, Any], integration_type: str) -> str:
        given = options.get("integration") or self.optional(tree, "category")
        if given:
            return str(given)
        folder = PurePath(self.path).parent
        return folder.name if folder.parent.name == "actions" else integration_type

    def request(self, config: Map) -> Request | None:
        node = self.map(config, "request", "/config")
        if node is None:
            return None
        self.unknown_keys(node, "/config/request")
        url = self.text(node, "requestUrlTemplate", "/config/request")
        method = self.text(node, "requestType", "/config/request")
        if url is None or method is None:
            return None
        if method.value.upper() not in METHODS:
            message, help_ = f'there is no method "{method.value}"', did_you_mean(method.value.upper(), METHODS)
            self.findings.append(finding("syntax-data-action", message, method.span, help=help_))
        headers = node.get("headers")
        found = tuple(
            Header(key.text, Text.of(value, pointer_of("config", "request", "headers", key.text)), key.span)
            for key, value in (headers if isinstance(headers, Map) else ())
            if isinstance(value, Scalar)
        )
        body = node.get("requestTemplate")
        return Request(
            method.value.upper(),
            url,
            found,
            Text.of(body, "/config/request/requestTemplate") if isinstance(body, Scalar) and body.text else None,
        )

    def response(self, config: Map) -> Response | None:
        node = self.map(config, "response", "/config")
        if node is None:
            return None
        self.unknown_keys(node, "/config/response")
        success = self.text(node, "successTemplate", "/config/response")
        if success is None:
            return None
        paths = self.texts(node, "translationMap")
        defaults = self.texts(node, "translationMapDefaults")
        translations = tuple(Translation(name, path, defaults.get(name)) for name, path in paths.items())
        stray = tuple((name, text) for name, text in defaults.items() if name not in paths)
        return Response(translations, success, stray)

    def texts(self, node: Map, name: str) -> dict[str, Text]:
        """A mapping of name to text below ``config.response``; values that are no text count as their JSON."""
        found = node.get(name)
        if found is None or (isinstance(found, Scalar) and found.value is None):
            return {}
        if not isinstance(found, Map):
            self.problem(f'"{name}" is a mapping of name to text', found.span)
            return {}
        return {
            key.text: Text.of(value, pointer_of("config", "response", name, key.text))
            for key, value in found
            if isinstance(value, Scalar)
        }

    def schema(self, contract: Map, side: str, name: str) -> Schema | None:
        outer = self.map(contract, side, "/contract")
        if outer is None:
            return None
        self.unknown_keys(outer, f"/contract/{side}")
        node = self.map(outer, name, f"/contract/{side}")
        if node is None:
            return None
        self.keywords(node, f"/contract/{side}/{name}")
        document = plain(node)
        assert isinstance(document, dict)
        return Schema(document, node.span, node)

    def keywords(self, node: Node | None, where: str) -> None:
        """Slips in the keywords of a JSON schema, which would say nothing at all; others' keywords may stand there."""
        if not isinstance(node, Map):
            return
        for key, value in node:
            meant = None if key.text in SCHEMA_WORDS else nearest(key.text, SCHEMA_WORDS, cutoff=0.8)
            if meant is not None and meant not in node:
                message, help_ = f'nobody knows the key "{key.text}" here', f'did you mean "{meant}"?'
                element = f"{where}/{key.text}"
                self.findings.append(finding("unknown-export-key", message, key.span, help=help_, element=element))
            if key.text == "type" and isinstance(value, Scalar) and value.text not in SCHEMA_TYPES:
                message, known = f'there is no type "{value.text}"', did_you_mean(value.text, SCHEMA_TYPES)
                self.findings.append(finding("syntax-data-action", message, value.span, help=known))
        properties = node.get("properties")
        for key, value in properties if isinstance(properties, Map) else ():
            self.keywords(value, f"{where}/properties/{key.text}")
        self.keywords(node.get("items"), f"{where}/items")

    def timeout(self, config: Map) -> float | None:
        node = config.get("timeoutSeconds")
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 60:
            self.problem("timeoutSeconds is a number from 1 to 60", node.span)
            return None
        return float(value)

    def map(self, node: Node, name: str, where: str = "") -> Map | None:
        found = node.get(name) if isinstance(node, Map) else None
        if isinstance(found, Map):
            return found
        span = found.span if found is not None else node.span
        self.problem(f'"{(where + "/" + name).lstrip("/")}" is missing or not an object', span, where)
        return None

    def text(self, node: Node, name: str, where: str = "") -> Text | None:
        found = node.get(name) if isinstance(node, Map) else None
        if isinstance(found, Scalar) and isinstance(found.value, str):
            return Text.of(found, pointer_of(*where.split("/")[1:], name))
        span = found.span if found is not None else node.span
        self.problem(f'"{(where + "/" + name).lstrip("/")}" is missing or not a text', span, where)
        return None

    def optional(self, node: Map, name: str) -> str | None:
        found = node.get(name)
        return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None

    def flag(self, node: Map, name: str) -> bool:
        found = node.get(name)
        return isinstance(found, Scalar) and found.value is True

    def unknown_keys(self, node: Map, where: str) -> None:
        known = KNOWN_KEYS[where]
        for key, _ in node:
            if key.text not in known and not key.text.startswith("x-"):
                message = f'nobody knows the key "{key.text}" here'
                help_ = did_you_mean(key.text, known)
                element = f"{where}/{key.text}"
                self.findings.append(finding("unknown-export-key", message, key.span, help=help_, element=element))
        if where == "":
            for name in ("config", "contract"):
                inner = node.get(name)
                if isinstance(inner, Map):
                    self.unknown_keys(inner, f"/{name}")

    def problem(self, message: str, span: Span, element: str = "") -> None:
        self.findings.append(finding("syntax-data-action", message, span, element=element or None))


def _caching(value: object) -> Caching | None:
    if not isinstance(value, dict):
        return None
    ttl, most, negative = value.get("ttlSeconds"), value.get("maxEntries", 1000), value.get("negativeTtlSeconds", 5)
    if not isinstance(ttl, int | float) or not isinstance(most, int) or not isinstance(negative, int | float):
        return None
    return Caching(float(ttl), most, min(float(ttl), float(negative)))


def write_export(action: DataAction) -> dict[str, Plain]:
    """The action as the vendor's export, to be dumped as JSON; what was absent in the file has its default."""
    request: dict[str, Plain] = {
        "requestUrlTemplate": action.request.url.value,
        "requestType": action.request.method,
        "headers": {header.name: header.value.value for header in action.request.headers},
        "requestTemplate": action.request.body.value if action.request.body else "",
    }
    translations = action.response.translations
    defaults: dict[str, Plain] = {t.name: t.default.value for t in translations if t.default is not None}
    defaults.update((name, text.value) for name, text in action.response.stray_defaults)
    config: dict[str, Plain] = {
        "request": request,
        "response": {
            "translationMap": {t.name: t.path.value for t in translations},
            "translationMapDefaults": defaults,
            "successTemplate": action.response.success.value,
        },
    }
    if action.timeout_s is not None:
        config["timeoutSeconds"] = action.timeout_s
    export: dict[str, Plain] = {
        "name": action.name,
        **action.origin,
        "actionType": action.action_type,
        "config": config,
        "contract": {
            "input": {"inputSchema": dict(action.inputs.document)},
            "output": {"successSchema": dict(action.outputs.document)},
        },
        "secure": action.secure,
        **action.extras,
    }
    if action.labels:
        export[EXTENSION] = dict(action.labels)
    return export
