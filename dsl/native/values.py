"""Values: the export's expressions, literals and audio as Archy's value forms (flow-format.md §4, §4.1).

An expression is ``{config, text, type, uiMetaData: {mode}}``: the author's text beside the typed tree. The text
is what counts; the tree speaks where the text is missing. Modes: 0 expression, 1 literal, 2 variable, 3 no value,
4 sequence builder.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from dsl.expressions import parse
from dsl.expressions.printing import quoted, to_source
from dsl.expressions.types import CODE_OF_VARIABLE, Type, is_collection, item_of
from dsl.native.reading import Piece
from dsl.native.tree import is_empty, items_of, literal_of, tree_of
from dsl.source import Map, Node, Scalar

Template: TypeAlias = "str | int | float | bool | Node | dict[str, Template] | list[Template]"

NO_VALUE: dict[str, Template] = {"noValue": True}
_EXPRESSION, _LITERAL, _VARIABLE, _NO_VALUE = 0, 1, 2, 3
_DURATION = re.compile(r"(-?)P(\d+)D(\d+)H(\d+)M(\d+)S(\d+)F\Z")
_TTS = re.compile(r'ToAudioTTS\(("(?:[^"\\]|\\["\\nrt])*")\)\Z')
_PROMPT = re.compile(r"(?:ToAudio\()?(Prompt(?:System)?\.[A-Za-z_$][\w$]*)\)?\Z")
_BARGE_IN = re.compile(r"AudioPlaybackOptions\((.*), true\)\Z", re.DOTALL)
_ENTITIES = frozenset("que usr skl lac grp wrc pmt cnl".split())
_VARIABLE_NAMES = {code: name for name, code in CODE_OF_VARIABLE.items()}


def value(piece: Piece) -> dict[str, Template]:
    """A setting's value in one of Archy's forms; an absent one is ``noValue``."""
    config, text, mode = piece.take("config"), _source(piece), _mode(piece)
    type_ = Type(piece.text("type") or _type_in(config))
    if mode == _NO_VALUE or (is_empty(config) and mode != _VARIABLE) or not len(piece.node):
        return NO_VALUE
    if mode == _VARIABLE:
        return {"exp": text} if text else NO_VALUE
    body = literal_of(config)
    if body is not None and (mode == _LITERAL or (mode is None and text == _text_of(body))):
        literal = literal_value(body, type_)
        if literal is not None:
            return literal
    return {"exp": text} if text else NO_VALUE


def variable(piece: Piece) -> dict[str, Template]:
    """An output binding: the variable that a result goes into, or nowhere."""
    text = _source(piece)
    return {"var": text} if text and _mode(piece) != _NO_VALUE else NO_VALUE


def _source(piece: Piece) -> str:
    """The author's text; where there is none, the tree's."""
    text = piece.text("text")
    if text.strip():
        return text
    tree = tree_of(piece.node.get("config"))
    return to_source(tree) if tree is not None and tree.op != "lit" else _text_of(literal_of(piece.node.get("config")))


def _text_of(body: Map | None) -> str:
    node = body.get("text") if body is not None else None
    return node.text if isinstance(node, Scalar) else ""


def _mode(piece: Piece) -> int | None:
    meta = piece.node.get("uiMetaData")
    mode = meta.get("mode") if isinstance(meta, Map) else None
    return mode.value if isinstance(mode, Scalar) and isinstance(mode.value, int) else None


def _type_in(config: Node | None) -> str:
    for _, body in config if isinstance(config, Map) else ():
        if isinstance(body, Map) and isinstance(type_ := body.get("type"), Scalar):
            return type_.text
    return ""


def literal_value(body: Map, type_: Type) -> dict[str, Template] | None:
    """A literal as ``lit``; None when it can only be written as an expression."""
    if is_collection(type_):
        items = [_item(item, item_of(type_)) for item in items_of(body)]
        return {"lit": [item for item in items if item is not None]} if items else NO_VALUE
    text = _text_of(body)
    if type_ == "str" or type_ == "jsn":
        return {"lit": text}
    if not text:
        return NO_VALUE
    if type_ == "bln":
        return {"lit": text.casefold() == "true"}
    if type_ == "int" and re.fullmatch(r"-?\d+", text):
        return {"lit": int(text)}
    if type_ == "dec" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return {"lit": Scalar(None, text, "plain", body.span)}
    if type_ == "dur":
        parts = duration(text)
        return {"lit": parts} if parts is not None else None
    if type_ == "pmt":
        return {"lit": {"name": _prompt_name(body, text)}}
    if type_ in _ENTITIES or type_.startswith("cpx_") or type_ == "sch":
        return {"lit": {"name": text}}
    return {"lit": text}


def _item(item: Node, type_: Type) -> dict[str, Template] | None:
    config = item.get("config") if isinstance(item, Map) else None
    body = literal_of(config if isinstance(config, Map) else item)
    return literal_value(body, type_) if body is not None else None


def _prompt_name(body: Map, text: str) -> str:
    if text.startswith(("Prompt.", "PromptSystem.")):
        return text
    internal = body.get("val")
    is_system = isinstance(internal, Scalar) and internal.text.startswith("__")
    return f"PromptSystem.{text}" if is_system else f"Prompt.{text}"


def duration(text: str) -> dict[str, Template] | None:
    """``P0D0H1M30S0F`` as its parts; F counts milliseconds."""
    match = _DURATION.match(text)
    if match is None or match.group(1):
        return None
    amounts = dict(zip(("days", "hours", "minutes", "seconds", "ms"), map(int, match.groups()[1:]), strict=True))
    return {unit: amount for unit, amount in amounts.items() if amount} or {"seconds": 0}


def audio(group: Piece) -> dict[str, Template]:
    """An audio setting: the default audio, the languages' own as a choice by the running language."""
    if "config" in group.node or "text" in group.node:
        return _audio_form(value(group))
    default = value(group.piece("defaultAudio"))
    barge_in = "bargeInExpression" not in group.node or group.flag("bargeInExpression")
    barge_in = barge_in and group.text("bargeIn").casefold() != "disabled"  # as exports of 2016 say it
    group.take("flushExpression", "bargeInDuration")
    for case in group.pieces("cases"):
        language, chosen = case.text("langCode"), value(case.piece("audioExpression"))
        if case.flag("disabled") or "exp" not in chosen:
            continue
        inner, barge_in = _without_options(_as_expression(default), barge_in)
        said, _ = _without_options(str(chosen["exp"]), barge_in)
        default = {"exp": f"If(Call.Language == {quoted(language.lower())}, {said}, {inner})"}
    if not barge_in and "exp" in default:
        inner, _ = _without_options(str(default["exp"]), barge_in)
        default = {"exp": f"AudioPlaybackOptions({inner}, false)"}
    group.leave_rest("an audio")
    return _audio_form(default)


def _without_options(text: str, barge_in: bool) -> tuple[str, bool]:
    """The audio inside ``AudioPlaybackOptions``, which may stand outermost only, and whether it can be interrupted."""
    tree, problems = parse(text)
    if problems or tree.op.casefold() != "audioplaybackoptions" or not tree.operands:
        return text, barge_in
    said = tree.operands[1].value if len(tree.operands) > 1 else None
    return to_source(tree.operands[0]), said if isinstance(said, bool) else barge_in


def _as_expression(form: dict[str, Template]) -> str:
    return str(form.get("exp") or "ToAudioBlank(1)")


def _audio_form(form: dict[str, Template]) -> dict[str, Template]:
    """The short forms ``tts`` and ``prompt`` where they say the same."""
    if "exp" not in form:
        return form
    text = str(form["exp"]).strip()
    inner = _BARGE_IN.match(text)
    core = inner.group(1).strip() if inner and not parse(inner.group(1))[1] else text
    spoken = _TTS.match(core)
    if spoken:
        return {"tts": str(parse(spoken.group(1))[0].value)}
    played = _PROMPT.match(core)
    return {"prompt": played.group(1)} if played else form


def variable_type(piece: Piece) -> str:
    """The name of a declared variable's type (``stringCollection``), by its initial value's code, else by its
    class."""
    initial = piece.node.get("initialValue")
    code = initial.get("type") if isinstance(initial, Map) else None
    is_list = piece.flag("isCollection")
    if isinstance(code, Scalar) and code.text and code.text != "any":
        base = item_of(Type(code.text))
        is_list = is_list or is_collection(Type(code.text))
        name = _VARIABLE_NAMES.get(base, str(base).removeprefix("cpx_"))
    else:
        kind = piece.text("__type").removesuffix("Variable")
        name = {"Bool": "boolean", "PhoneNumber": "phoneNumber"}.get(kind, kind[:1].lower() + kind[1:])
    return name + "Collection" if is_list else name


def statement_type(piece: Piece, declared: dict[str, str]) -> str:
    """The statement of an assignment: the target's declared type, else the value's."""
    target = piece.piece("variable")
    name = declared.get(_source(target).casefold())
    if name:
        return name
    codes = (target.text("type"), piece.piece("expression").text("type"))
    code = Type(next((code for code in codes if code not in ("", "any")), "str"))
    name = _VARIABLE_NAMES.get(item_of(code), item_of(code).removeprefix("cpx_"))
    return name + "Collection" if is_collection(code) else name
