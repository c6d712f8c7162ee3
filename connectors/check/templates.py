"""Rules about the templates of the request (data-actions.md §13)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from connectors.check.contract import property_span
from connectors.check.uses import (
    DIALECT_ESCAPES,
    JSON_ESCAPES,
    JSON_VALUES,
    URL_ESCAPES,
    Facts,
    Template,
    Use,
    inside_json_text,
    part_of_url,
)
from connectors.model import FORBIDDEN_HEADERS
from connectors.records.prepare import inputs_of_records
from connectors.templates.methods import KNOWN_METHODS
from connectors.templates.tools import CONSTANTS, TOOLS
from connectors.templates.tree import Block, Call, Foreach, Get, If, Item, Literal, Reference, Unsupported
from dsl.source import Diagnostic, Edit, did_you_mean, finding, nearest

ROOTS = frozenset({"input", "credentials", "authResponse", *TOOLS})
RECORD_ROOTS = frozenset({"connection", "record", "types", "phones", "owner", "case", "field", "fields", "call", "who"})
"""What templates of record actions see besides (``connectors.records``)."""
_METHOD = re.compile(r"\.([A-Za-z]+)\([^)]*\)")
_ID_LIKE = re.compile(r"(?i)(id|guid|uuid|key)\d*\Z")


def syntax(facts: Facts) -> Iterator[Diagnostic]:
    """Templates that do not parse."""
    for template in facts.templates:
        error = template.error
        if error is not None:
            place = template.text.part(error.at, error.at + 1)
            yield finding("syntax-template", error.message, place, help=error.remedy, element=template.text.pointer)


def directives(facts: Facts) -> Iterator[Diagnostic]:
    """Directives that the subset lacks."""
    for template in facts.templates:
        for item in _all(template.block):
            if isinstance(item, Unsupported):
                message = f"templates of data actions have no #{item.directive}"
                yield _at(template, "unsupported-directive", message, item.start, item.end)


def methods(facts: Facts) -> Iterator[Diagnostic]:
    """Methods and tools that do not exist, and methods that stand outside the braces and print literally."""
    for use in facts.uses:
        reference = use.reference
        if reference.root in TOOLS and reference.root not in facts.assigned:
            yield from _tool(use)
        else:
            for step in reference.steps:
                if isinstance(step, Call) and step.name not in KNOWN_METHODS:
                    message = f'there is no method "{step.name}"'
                    help_ = did_you_mean(step.name, KNOWN_METHODS)
                    yield _at(use.template, "unknown-template-method", message, step.start, step.end, help_)
    for template in facts.templates:
        yield from _outside_braces(template)


def _tool(use: Use) -> Iterator[Diagnostic]:
    reference = use.reference
    step = reference.steps[0] if reference.steps else None
    functions, constants = TOOLS[reference.root], CONSTANTS.get(reference.root, {})
    if isinstance(step, Call) and step.name not in functions:
        message = f'${reference.root} has no function "{step.name}"'
        help_ = did_you_mean(step.name, functions)
        yield _at(use.template, "unknown-template-method", message, step.start, step.end, help_)
    elif isinstance(step, Get) and step.name not in constants:
        known = [*constants, *functions]
        message = f'${reference.root} has no "{step.name}", it prints as it is written'
        help_ = did_you_mean(step.name, known)
        yield _at(use.template, "unknown-template-method", message, step.start, step.end, help_)


def _outside_braces(template: Template) -> Iterator[Diagnostic]:
    items = list(_all(template.block))
    for before, after in pairwise(items):
        if not (isinstance(before, Reference) and before.braced and isinstance(after, Literal)):
            continue
        match = _METHOD.match(after.text)
        if match is not None and match.group(1) in KNOWN_METHODS and before.end == after.start:
            message = f'".{match.group(1)}(...)" stands behind the closing brace and prints as it is written'
            help_ = "move the closing brace behind the method"
            end = after.start + match.end()
            yield _at(template, "method-outside-braces", message, after.start, end, help_)


def names(facts: Facts) -> Iterator[Diagnostic]:
    """Inputs that nobody declares, names in the wrong case, declared inputs that nothing uses."""
    declared = facts.action.inputs.properties
    used = {use.input for use in facts.uses if use.input} | inputs_of_records(facts.action)
    of_records = RECORD_ROOTS if facts.action.labels.get("record") is not None else frozenset[str]()
    variables = {translation.name for translation in facts.action.response.translations} | {"rawResult"}
    for use in facts.uses:
        name, root = use.input, use.reference.root
        known = ROOTS | of_records | facts.assigned | (variables if use.template.place == "success" else set())
        if root not in known:
            yield from _unknown_root(use, known)
        elif name is not None and name not in declared and name != "rawRequest":
            yield from _unknown_input(use, name, list(declared))
    if "rawRequest" in used:
        return
    for name in declared:
        if name not in used:
            message = f'nothing uses the input "{name}"'
            place = property_span(facts.action.inputs, name)
            yield finding(
                "unused-input", message, place, help="remove it, or use it", element="/contract/input/inputSchema"
            )


def _unknown_root(use: Use, known: frozenset[str] | set[str]) -> Iterator[Diagnostic]:
    root = use.reference.root
    same = next((name for name in known if name.casefold() == root.casefold()), None)
    if same is not None:
        message = f'"{root}" differs from "{same}" by its case and prints as it is written'
        yield _reference(use, "wrong-case", message, f'write "{same}"')
    else:
        message = f'nothing here is called "{root}", it prints as it is written'
        yield _reference(use, "unknown-input", message, did_you_mean(root, known))


def _unknown_input(use: Use, name: str, declared: list[str]) -> Iterator[Diagnostic]:
    close = nearest(name, declared)
    if close is not None and close.casefold() == name.casefold():
        message = f'the input "{name}" is declared as "{close}", case matters'
        yield _reference(use, "wrong-case", message, f'write "{close}"')
    else:
        message = f'the contract has no input "{name}"'
        yield _reference(use, "unknown-input", message, did_you_mean(name, declared) or "declare it in the contract")


def optional_inputs(facts: Facts) -> Iterator[Diagnostic]:
    """Optional inputs in formal notation: they print ``${...}`` when they are missing."""
    action = facts.action
    for use in facts.uses:
        name = use.input
        if name is None or not use.printed or use.reference.quiet or use.template.place == "success":
            continue
        if name not in action.inputs.properties or name in action.inputs.required or name in use.guards:
            continue
        if JSON_VALUES & set(use.escapes):
            continue  # a missing value is null there
        if use.template.place == "body" and action.request.method in ("GET", "HEAD"):
            continue
        message = f'the input "{name}" is optional: without it the template prints {use.reference.source}'
        help_ = f"write $!{{input.{name}}}, or make it required"
        yield _reference(use, "optional-input-printed", message, help_)


def escapes(facts: Facts) -> Iterator[Diagnostic]:
    """Inputs that reach JSON, a query, a path or a query language without the escape of that place."""
    for use in facts.uses:
        name = use.input
        if name is None or not use.printed or name == "rawRequest":
            continue
        place = use.template.place
        yield from _dialect(use, name)
        if facts.input_type(name) in ("integer", "number", "boolean"):
            continue
        if place == "url":
            yield from _in_url(facts, use, name)
        elif place == "body" and facts.action.request.method not in ("GET", "HEAD"):
            yield from _in_body(facts, use, name)


def _in_body(facts: Facts, use: Use, name: str) -> Iterator[Diagnostic]:
    if facts.content_type == "application/x-www-form-urlencoded":
        if not URL_ESCAPES & set(use.escapes):
            message = f'the input "{name}" stands in a form without an escape'
            yield _escape(use, "unescaped-query", message, "esc.url")
    elif "json" in facts.content_type and inside_json_text(use.outer) and not JSON_ESCAPES & set(use.escapes):
        message = f'a quotation mark in the input "{name}" breaks the JSON'
        yield _escape(use, "unescaped-json", message, "esc.jsonString")


def _in_url(facts: Facts, use: Use, name: str) -> Iterator[Diagnostic]:
    part = part_of_url(use.outer)
    escaped = bool(URL_ESCAPES & set(use.escapes)) or use.steps_escape
    if part == "host":
        if not facts.allowed_hosts:
            message = f'the input "{name}" decides which host is called'
            help_ = "list the hosts under allowedHosts of the connection"
            yield _reference(use, "host-from-input", message, help_)
    elif part == "query" and not escaped:
        message = f'the input "{name}" stands in the query without an escape'
        yield _escape(use, "unescaped-query", message, "esc.uriEncode")
    elif part == "path" and escaped and {"esc.url", "esc.urlFormEncode"} & set(use.escapes):
        message = "$esc.url writes a blank as +, which a path takes for a plus sign"
        yield _reference(use, "plus-in-path", message, "use $esc.uriEncode in a path")
    elif part == "path" and not escaped:
        yield from _in_path(facts, use, name)


def _in_path(facts: Facts, use: Use, name: str) -> Iterator[Diagnostic]:
    schema = facts.action.inputs.properties.get(name, {})
    is_free = facts.input_type(name) == "string" and not {"pattern", "enum", "format"} & set(schema)
    help_ = f"write $esc.uriEncode({use.reference.source})"
    if is_free and not _ID_LIKE.search(name):
        message = f'the input "{name}" is free text and stands in the path without an escape'
        yield _reference(use, "unescaped-path-text", message, help_)
    else:
        yield _reference(use, "raw-path-segment", f'the input "{name}" stands in the path as it is', help_)


def _dialect(use: Use, name: str) -> Iterator[Diagnostic]:
    """Inside quotes of SOQL or OData, or inside the braces of a SOSL search."""
    before = use.before or use.outer
    quoted = before.count("'") % 2 == 1 and re.search(
        r"(?i)(\bwhere\b|\$?filter|%24filter|\beq\b|q=|\bin\b)", use.outer + before
    )
    sosl = re.search(r"FIND\s*\{[^}]*\Z", before)
    if (quoted or sosl) and not DIALECT_ESCAPES & set(use.escapes) and not use.steps_escape:
        tool = "$salesforce.escReserved(...)" if sosl else "$esc.sql(...)"
        message = f'a quotation mark in the input "{name}" changes the query'
        yield _reference(use, "unescaped-dialect", message, f"escape it: {tool}")


def sosl_braces(facts: Facts) -> Iterator[Diagnostic]:
    """Characters that SOSL reserves, written down inside the braces of a search."""
    for use in facts.uses:
        if not (use.escapes and re.search(r"FIND\s*\{\Z", use.before)):
            continue
        text = use.template.text.value
        end = text.find("}", use.reference.end)
        rest = text[use.reference.end : end] if end >= 0 else ""
        if rest and re.fullmatch(r"[)\]]+", rest):
            message = f'"{rest}" inside the braces of the search closes nothing, Salesforce refuses the query'
            yield _at(use.template, "unescaped-dialect", message, use.reference.end, end, "remove it")


def url(facts: Facts) -> Iterator[Diagnostic]:
    """Blanks and unencrypted addresses in the URL template."""
    template = facts.template("url")
    text = template.text.value
    if text.startswith("http://"):
        yield _at(template, "plain-http", "this address is not encrypted", 0, 7, "use https://")
    for item in template.block.items if template.block else ():
        at = item.text.find(" ") if isinstance(item, Literal) else -1
        if at >= 0 and isinstance(item, Literal) and item.text.strip():
            start = item.start + at
            yield _at(template, "plus-in-path", "a blank stands in the URL", start, start + 1, "write %20")
            return


def headers(facts: Facts) -> Iterator[Diagnostic]:
    """Headers that are misspelled or that an action may not set, and a body that no GET has."""
    for header in facts.action.request.headers:
        element = header.value.pointer
        if header.name.lower() == "useragent":
            edit = Edit(header.key_span, '"User-Agent"')
            message = 'the header "UserAgent" is sent, but no server knows it'
            yield finding(
                "useragent-header", message, header.key_span, help='write "User-Agent"', element=element, fix=edit
            )
        if FORBIDDEN_HEADERS.match(header.name) or re.search(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]", header.name):
            message = f'an action may not set the header "{header.name}"'
            yield finding("forbidden-header", message, header.key_span, help="remove it", element=element)
        elif re.search(r"[\r\n]", header.value.value.strip()):
            message = f'the header "{header.name}" holds a line break'
            yield finding("forbidden-header", message, header.value.span, element=element)
    body = facts.action.request.body
    if (
        body is not None
        and facts.action.request.method in ("GET", "HEAD")
        and body.value.strip() != "${input.rawRequest}"
    ):
        message = f"a {facts.action.request.method} has no body, the template is ignored"
        yield finding("body-on-get", message, body.span, help="remove the template", element=body.pointer)


def _all(block: Block | None) -> Iterator[Item]:
    """Every item of a template, nested ones behind their owner."""
    for item in block.items if block else ():
        yield item
        if isinstance(item, If):
            for _, inner in item.branches:
                yield from _all(inner)
            yield from _all(item.otherwise)
        elif isinstance(item, Foreach):
            yield from _all(item.body)


def _at(template: Template, code: str, message: str, start: int, end: int, help_: str | None = None) -> Diagnostic:
    return finding(code, message, template.text.part(start, end), help=help_, element=template.text.pointer)


def _reference(use: Use, code: str, message: str, help_: str | None) -> Diagnostic:
    return _at(use.template, code, message, use.reference.start, use.reference.end, help_)


def _escape(use: Use, code: str, message: str, tool: str) -> Diagnostic:
    """A finding whose remedy is to wrap the reference in a tool."""
    reference, text = use.reference, use.template.text
    place = text.part(reference.start, reference.end)
    is_bare = use.top is reference and not use.escapes and text.span != place
    wrapped = f"${tool}({reference.source})".replace("\\", "\\\\").replace('"', '\\"')
    # A reference that quotes itself when it is missing would be wrapped in a call that does the same: equal either way.
    fix = Edit(place, wrapped) if is_bare else None
    help_ = f"write ${tool}({reference.source})"
    return finding(code, message, place, help=help_, element=text.pointer, fix=fix)
