"""The tools of data-action templates: ``$esc``, ``$successTemplateUtils``, ``$encoding``, ``$math`` and the helpers of
the vendor's integrations (data-actions.md §4.4). ``$query`` is ours, for the ready actions of the CRMs.

Constants (``$esc.quote``) and functions (``$esc.url(v)``) stand in one table each; a null argument to a function of
``esc`` gives null, so that the reference prints itself.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from html.entities import codepoint2name
from urllib.parse import quote

from connectors.templates.values import RenderError, Value, compact_json, is_number, text_of

Tool = Callable[..., Value]

CONSTANTS: Mapping[str, Mapping[str, str]] = {
    "esc": {
        "quote": '"', "q": '"', "singleQuote": "'", "s": "'", "dollar": "$", "d": "$", "hash": "#", "h": "#",
        "backslash": "\\", "b": "\\", "exclamation": "!", "e": "!", "newline": "\n", "n": "\n",
    },
}  # fmt: skip

SOSL_RESERVED = re.compile(r"""[?&|!{}\[\]()^~*:\\"'+\-]""")


def form_encode(text: str) -> str:
    """Java's URLEncoder: letters, digits and ``*-._`` stay, a blank becomes ``+``."""
    return quote(text, safe="*-._ ").replace("~", "%7E").replace(" ", "+")


def percent_encode(text: str) -> str:
    """The same with ``%20``, right in a path as well as in a query."""
    return form_encode(text).replace("+", "%20")


def json_escape(text: str) -> str:
    """The inside of a JSON text, without quotes; other characters than ASCII stay."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def escape_sosl(text: str) -> str:
    """A backslash before each character that SOSL reserves."""
    return SOSL_RESERVED.sub(lambda match: "\\" + match.group(), text)


def _java(text: str, *, single: bool = False, slash: bool = False) -> str:
    named = {"\b": "\\b", "\n": "\\n", "\t": "\\t", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    if single:
        named["'"] = "\\'"
    if slash:
        named["/"] = "\\/"
    units = (text.encode("utf-16-be")[i : i + 2] for i in range(0, 2 * len(text.encode("utf-16-be")) // 2, 2))
    out = []
    for unit in units:
        code = int.from_bytes(unit, "big")
        char = chr(code)
        out.append(named.get(char) or (char if 32 <= code <= 126 else f"\\u{code:04X}"))
    return "".join(out)


def _html(text: str) -> str:
    def entity(char: str) -> str:
        name = codepoint2name.get(ord(char))
        return f"&{name};" if name else char if ord(char) < 128 else f"&#{ord(char)};"

    return "".join(entity(char) for char in text)


def _xml(text: str) -> str:
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
    return "".join(named.get(char) or (char if ord(char) < 128 else f"&#{ord(char)};") for char in text)


def _escape(function: Callable[[str], str]) -> Tool:
    """A tool on one text; null gives null."""
    return lambda value: None if value is None else function(text_of(value))


def json_string(value: Value) -> Value:
    """JSON escaping; null is the JSON text ``null``, as the corpus has it (docs/fidelity.md)."""
    return "null" if value is None else json_escape(text_of(value))


def first_from_array(value: Value, default: Value = "") -> Value:
    """JSON text of the first element of a JSON list; the default for an empty list, null, or anything else.

    The argument is text that is parsed as JSON, quoted or not (§4.4).
    """
    try:
        parsed = value if isinstance(value, list) else json.loads(text_of(value)) if value is not None else None
    except ValueError:
        parsed = None
    if not isinstance(parsed, list) or not parsed:
        return "" if default is None else text_of(default)
    return compact_json(parsed[0])


def optional_query_param(name: Value, value: Value) -> Value:
    """``&name=value`` percent-encoded, or nothing when there is no value."""
    text = "" if value is None else text_of(value)
    return f"&{percent_encode(text_of(name))}={percent_encode(text)}" if text else ""


def escape_reserved(value: Value) -> Value:
    """SOSL escaping of a text; null prints the reference."""
    return None if value is None else escape_sosl(text_of(value))


def phone_number_filter(phone: Value, fields: Value) -> Value:
    """OData: each field equal to the number as it came or to its digits; quotes doubled, not URL-encoded."""
    if phone is None or not isinstance(fields, list):
        return None
    raw = text_of(phone)
    spellings = list(dict.fromkeys([raw, re.sub(r"\D", "", raw)]))
    quoted = [spelling.replace("'", "''") for spelling in spellings]
    return " or ".join(f"{text_of(field)} eq '{text}'" for field in fields for text in quoted)


def soql_text(value: Value) -> Value:
    """The inside of a text in SOQL: backslashes and single quotes escaped; null prints the reference."""
    return None if value is None else text_of(value).replace("\\", "\\\\").replace("'", "\\'")


def odata_text(value: Value) -> Value:
    """The inside of a text in OData: single quotes doubled; null prints the reference."""
    return None if value is None else text_of(value).replace("'", "''")


def plain_text(value: Value) -> Value:
    """A value of a ServiceNow query, where ``^`` separates conditions and cannot be escaped."""
    if value is not None and "^" in text_of(value):
        raise RenderError('a value of a query may not hold "^"')
    return value


def soql_any(values: Value, fields: Value) -> Value:
    """SOQL: one of the fields is one of the values."""
    texts = ",".join(f"'{soql_text(value)}'" for value in _list(values))
    return " OR ".join(f"{text_of(field)} IN ({texts})" for field in _list(fields))


def odata_any(values: Value, fields: Value) -> Value:
    """OData: one of the fields equals one of the values."""
    return " or ".join(
        f"{text_of(field)} eq '{odata_text(value)}'" for field in _list(fields) for value in _list(values)
    )


def table_any(values: Value, fields: Value) -> Value:
    """ServiceNow: one of the fields is one of the values."""
    joined = ",".join(text_of(plain_text(value)).replace(",", "") for value in _list(values))
    return "^OR".join(f"{text_of(field)}IN{joined}" for field in _list(fields))


def join(values: Value, separator: Value) -> Value:
    """The values of a list as one text."""
    return text_of(separator).join(text_of(value) for value in _list(values))


def as_json(value: Value) -> Value:
    """A value as JSON text, null for a missing one."""
    return compact_json(value)


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _number(value: Value) -> int | float:
    if is_number(value):
        return value  # type: ignore[return-value]  # is_number says so
    try:
        text = text_of(value).strip()
        return float(text) if re.search(r"[.eE]", text) else int(text)
    except ValueError:
        raise RenderError(f"{text_of(value)!r} is not a number") from None


def _math(function: Callable[..., float | int]) -> Tool:
    """A function on numbers; whole results of whole numbers stay whole, null and nonsense give null."""

    def tool(*values: Value) -> Value:
        if any(value is None for value in values):
            return None
        numbers = [_number(value) for value in values]
        try:
            result = function(*numbers)
        except (ArithmeticError, ValueError):
            return None
        if isinstance(result, float) and result.is_integer() and all(isinstance(n, int) for n in numbers):
            return int(result)
        return result

    return tool


def _product(first: float, *others: float) -> float:
    for other in others:
        first *= other
    return first


TOOLS: Mapping[str, Mapping[str, Tool]] = {
    "esc": {
        "url": _escape(form_encode),
        "urlFormEncode": _escape(form_encode),
        "uriEncode": _escape(percent_encode),
        "jsonString": json_string,
        "jsonEncode": json_string,
        "java": _escape(_java),
        "javascript": _escape(lambda text: _java(text, single=True, slash=True)),
        "html": _escape(_html),
        "xml": _escape(_xml),
        "sql": _escape(lambda text: text.replace("'", "''")),
    },
    "successTemplateUtils": {"firstFromArray": first_from_array},
    "encoding": {"base64": _escape(lambda text: base64.b64encode(text.encode()).decode())},
    "urlTool": {"optionalQueryParam": optional_query_param},
    "salesforce": {"escReserved": escape_reserved},
    "msdynamics": {"phoneNumberFilter": phone_number_filter},
    "query": {
        "soql": soql_any,
        "soqlText": soql_text,
        "odata": odata_any,
        "odataText": odata_text,
        "table": table_any,
        "tableText": plain_text,
        "join": join,
        "json": as_json,
    },
    "math": {
        "abs": _math(abs),
        "add": _math(lambda *numbers: sum(numbers)),
        "sub": _math(lambda first, *others: first - sum(others)),
        "mul": _math(_product),
        "div": _math(lambda first, *others: first / _product(1, *others)),
        "mod": _math(lambda first, second: int(math.fmod(first, second))),
        "idiv": _math(lambda first, second: int(first / second)),
        "pow": _math(lambda first, second: float(first) ** second),
        "max": _math(max),
        "min": _math(min),
        "round": _math(lambda number: math.floor(number + 0.5)),
        "roundTo": _math(lambda places, number: round(float(number), int(places))),
        "floor": _math(math.floor),
        "ceil": _math(math.ceil),
        "toInteger": _math(int),
        "toDouble": lambda value: None if value is None else float(_number(value)),
    },
}
