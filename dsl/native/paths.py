"""From links to lists: the export joins actions by ids, Archy nests them (flow-format.md §6).

``nextAction`` is what follows an action, ``paths`` lead to the first action of each output; an output's actions end
where nothing follows, and the flow goes on behind the action. Where several ways lead to one action, and it is not
what follows anyway, the actions are written again at each place; a way back to where it came from cannot be written
as a list, and is reported.
"""

from __future__ import annotations

from collections.abc import Mapping

from dsl.actions import actions
from dsl.native.actions import ActionImport
from dsl.native.kinds import output_name
from dsl.native.reading import Notes, Piece
from dsl.native.values import Template, value

MAX_COPIES = 20
"""How often one action may be written: more is a web that no list can show."""


class Walk:
    """The actions of one container in Archy's order."""

    def __init__(self, work: ActionImport, listed: list[Piece], notes: Notes) -> None:
        self.work, self.notes = work, notes
        self.by_id: Mapping[str, Piece] = {piece.text("id"): piece for piece in listed}
        self.written: dict[str, int] = {}

    def actions(self, first: str, after: frozenset[str] = frozenset(), open_: frozenset[str] = frozenset()) -> Template:
        """The list that begins with an action; ``after`` is what follows anyway, ``open_`` what is being written."""
        found: list[Template] = []
        current = first
        while current and current not in after:
            piece = self.by_id.get(current)
            if piece is None:
                break
            if current in open_ or self.written.get(current, 0) >= MAX_COPIES:
                message = f'the way back to "{piece.text("name")}" cannot be written as a list of actions'
                self.notes.say("not-imported", piece.path, piece.node, message, "make it a task and jump to it")
                break
            again = current in self.written
            self.written[current] = self.written.get(current, 0) + 1
            open_ = open_ | {current}
            following = piece.text("nextAction")
            fresh = Piece(piece.node, piece.path, Notes() if again else self.notes, piece.node)
            found.append(self.action(fresh, frozenset({following}) if following else after, open_))
            current = following
        return found

    def action(self, piece: Piece, after: frozenset[str], open_: frozenset[str]) -> Template:
        """One item with its outputs."""
        key = self.work.key(piece)
        paths = piece.pieces("paths") or ([piece.piece("path")] if "path" in piece else [])
        piece.take("path")
        if key == "switch":
            return {key: self.switch(piece, paths, after, open_)}
        body = self.work.body(piece)
        named: list[Template] = []
        outputs: dict[str, Template] = {}
        spec = actions().get(key)
        for path in paths:
            name = output_name(path.text("outputId"), path.text("label"))
            first = path.text("nextActionId")
            inner: dict[str, Template] = {"actions": self.actions(first, after, open_)} if first else {}
            if path.flag("disabled"):
                inner["enabled"] = False
            listed = _LISTED.get(key)
            if listed and spec is not None and name not in spec.outputs:
                named.append({listed[1]: {"name": path.text("label") or name, **inner}})
            elif inner:
                outputs[name] = inner
        if named:
            outputs[_LISTED[key][0]] = named
        if outputs:
            body["outputs"] = outputs
        return {key: body}

    def switch(self, piece: Piece, paths: list[Piece], after: frozenset[str], open_: frozenset[str]) -> Template:
        """``evaluate: {firstTrue | firstMatch: {...}}``: a case finds its output by the id that both know."""
        by_output = {path.text("outputId"): path for path in paths}
        for path in paths:
            if path.flag("disabled") and path.text("nextActionId"):
                message = f'the case "{path.text("label")}" is switched off, which Archy has no place for in a switch'
                help_ = "here it is taken: leave the case out if it is not wanted"
                self.notes.say("not-imported", path.path, path.node, message, help_)
        cases: list[Template] = []
        seen: set[str] = set()
        for index, case in enumerate(piece.pieces("cases"), 1):
            output = case.text("referenceId") or f"__{index}__"
            output = output if output in by_output else f"__{index}__"
            seen.add(output)
            first = by_output[output].text("nextActionId") if output in by_output else ""
            body: dict[str, Template] = {"value": value(case.piece("value", "expression"))}
            if first:
                body["actions"] = self.actions(first, after, open_)
            cases.append({"case": body})
            case.take("name")
            case.leave_rest("a case")
        default = next((path for name, path in by_output.items() if name not in seen), None)
        evaluated: dict[str, Template] = {"cases": cases}
        first = default.text("nextActionId") if default is not None else ""
        if first:
            evaluated["default"] = {"actions": self.actions(first, after, open_)}
        style = piece.text("switchStyle").casefold()
        tested = piece.piece("expression")
        name = piece.text("name") or "switch"
        piece.take("version", "switchStyle")
        piece.leave_rest(f'"{name}"')
        if ("match" in style and "true" not in style) or style == "1":
            kind = _statement(tested.text("type"))
            return {"name": name, "evaluate": {"firstMatch": {kind: {"value": value(tested), **evaluated}}}}
        return {"name": name, "evaluate": {"firstTrue": evaluated}}


_LISTED = {"askForIntent": ("intents", "intent"), "digitalMenu": ("paths", "path")}
"""Actions whose author-named outputs are a list."""


def _statement(code: str) -> str:
    from dsl.expressions.types import CODE_OF_VARIABLE

    return next((name for name, known in CODE_OF_VARIABLE.items() if known == code), "string")
