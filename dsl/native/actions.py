"""Actions: one native object as one Archy item, its settings through the action catalogue.

Most settings are values, audio or bindings and follow from the catalogue's kind of the parameter; an action whose
Archy form is more than a mapping of values has a function of its own in ``settings``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dsl.actions import Parameter, actions
from dsl.native.bots import chooser, first_of
from dsl.native.kinds import action_key, parameter_name
from dsl.native.reading import Piece
from dsl.native.settings import SPECIAL, bindings, named_outputs
from dsl.native.values import NO_VALUE, Template, audio, value, variable
from dsl.source import Seq

_NUMBERED: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("about", "exact", "lessThan", "range"): ("about", "range", "exact", "lessThan"),
    ("ahead", "number", "ordinal"): ("number", "ordinal", "ahead"),
    ("transfer", "disconnect"): ("transfer", "disconnect"),
}
"""The order in which the export counts the words of a parameter."""

_SAID_AGAIN: Mapping[str, str] = {"noInputs": "noInput", "noMatches": "noMatch"}
"""What a bot says instead of its question when it asks again: lists in the export."""


class ActionImport:
    """Turns actions of one flow into Archy items; ``refs`` names tasks, menus and states by their ids."""

    def __init__(self, flow_type: str, refs: Mapping[str, str], declared: Mapping[str, str]) -> None:
        self.flow_type, self.refs, self.declared = flow_type, refs, declared

    def key(self, piece: Piece) -> str:
        """The Archy key of a native action."""
        return action_key(piece.text("__type"), self.flow_type)

    def body(self, piece: Piece) -> dict[str, Template]:
        """Name and settings of an action, without its outputs."""
        key = self.key(piece)
        body: dict[str, Template] = {"name": piece.text("name") or key}
        spec = actions().get(key)
        if spec is None:
            return self._unknown(key, piece, body)
        if "chooser" in piece and spec.open_parameters:
            body["chooser"] = chooser(piece.piece("chooser"))
        for native, said in _SAID_AGAIN.items():
            if native in piece and said in spec.parameters:
                body[said] = first_of(piece, native)
        special = SPECIAL.get(key)
        if special is not None:
            body.update(special(piece, self))
        if "failureOutputs" in spec.parameters and "errorBindings" in piece:
            bound = bindings(piece.pieces("errorBindings"))
            if bound:
                body["failureOutputs"] = bound
        for native, node in list(piece.rest()):
            name = parameter_name(key, native)
            if name is None or name in body:
                continue
            piece.take(native)
            inner = Piece(node, f"{piece.path}.{native}", piece.notes, piece.node)
            parameter = spec.parameters.get(name) or Parameter(name, "any")
            converted = _setting(parameter, inner, piece, native)
            if converted is not None:
                body[name] = converted
        for parameter in spec.parameters.values():
            if parameter.required and parameter.name not in body and parameter.kind in ("aud", "str", "bln", "que"):
                body[parameter.name] = dict(NO_VALUE)
        piece.leave_rest(f'"{body["name"]}"')
        return body

    def _unknown(self, key: str, piece: Piece, body: dict[str, Template]) -> dict[str, Template]:
        class_name = piece.text("__type") or "an action without a type"
        message = f"{class_name} is no action that the catalogue knows; it is kept as it came"
        help_ = f'the flow has "{key}" in its place: replace it by actions that do the same'
        piece.notes.say("not-imported", piece.path, piece.node, message, help_)
        for name, node in list(piece.rest()):
            piece.take(name)
            body[name] = node
        return body

    def reference(self, kind: str, piece: Piece) -> str:
        """``./tasks/task[refId]`` of what an action names by its id, else by its name."""
        wanted = piece.text(f"{kind}Reference")
        name = piece.text(f"{kind}Name")
        ref_id = self.refs.get(wanted) or self.refs.get(f"{kind}:{name}")
        if ref_id is None:
            message = f'there is no {kind} "{name or wanted}" in the export'
            piece.notes.say("not-imported", piece.path, piece.node, message)
            ref_id = name or wanted or "?"
        return f"/{self.flow_type}/{kind}s/{kind}[{ref_id}]"


def _setting(parameter: Parameter, piece: Piece, owner: Piece, native: str) -> Template | None:
    kind = parameter.kind
    if kind in _SHAPES:
        return _SHAPES[kind](owner, native)
    if parameter.is_output:
        return variable(piece)
    if parameter.words:
        return _word(parameter, owner, native)
    if kind == "flag":
        return owner.flag(native)
    if kind == "named":
        name = owner.text(native)
        return {"name": name} if name else None
    if kind in ("aud", "com"):
        return audio(piece)
    if kind.endswith("_coll") and isinstance(piece.given, Seq):
        listed = [value(item) for item in owner.pieces(native)]
        return {"lit": [form for form in listed if "lit" in form]} if all("lit" in form for form in listed) else None
    if kind == "any":
        is_group = "defaultAudio" in piece
        return audio(piece) if is_group else value(piece) if "config" in piece else owner.node.get(native)
    return value(piece)


def _word(parameter: Parameter, owner: Piece, native: str) -> Template | None:
    """A bare word: the export has it with a capital, or as its number."""
    text = owner.text(native)
    numbered = _NUMBERED.get(parameter.words, ())
    if text.isdigit() and int(text) < len(numbered):
        return numbered[int(text)]
    word = next((word for word in parameter.words if word.casefold() == text.casefold()), None)
    if word is None and text:
        message = f'"{text}" is none of {", ".join(parameter.words)}'
        owner.notes.leave(f"{owner.path}.{native}", owner.node.get(native) or owner.node, message)
    return word


def _statements_of(owner: Piece, native: str) -> Template:
    return named_outputs(owner.pieces(native))


_SHAPES: Mapping[str, Callable[[Piece, str], Template | None]] = {
    "inputs": _statements_of,
    "bindings": lambda owner, native: bindings(owner.pieces(native)),
    "failures": lambda owner, native: bindings(owner.pieces(native)),
    "skills": lambda owner, native: [{"acdSkill": value(item)} for item in owner.pieces(native)] or dict(NO_VALUE),
}
