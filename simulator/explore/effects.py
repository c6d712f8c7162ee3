"""What an action that is over has done to the terms, and which ways it could have taken instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dsl.expressions.tree import Node
from dsl.expressions.types import Type
from dsl.model import Value
from simulator.explore.bindings import literal_text
from simulator.explore.index import Guarded
from simulator.explore.terms import Demand, plain, source

if TYPE_CHECKING:
    from simulator.explore.follow import Follower

MOST_TURNS = 2
"""How many turns of a loop over an answer are tried: none, one, several."""
Effect = Callable[["Follower", int, Guarded, str | None], None]


def _decision(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    condition = f.term(item.action.settings.get("condition"), item.owner)
    yes = out == "yes"
    f.fork(site, str(out), ((condition, yes),), [("no" if yes else "yes", ((condition, not yes),))])


def _cases(f: Follower, site: int, item: Guarded, out: str | None, otherwise: str) -> None:
    """Cases in order: the first that holds is taken."""
    match = item.action.settings.get("match")
    compared = f.term(match, item.owner) if isinstance(match, Value) else None
    ways: list[tuple[str, tuple[Demand, ...]]] = []
    before: tuple[Demand, ...] = ()
    for output in item.action.outputs:
        if output.condition is None:
            continue
        term = f.term(output.condition, item.owner)
        if compared is not None:
            term = Node("==", 1, Type("bln"), (compared, term))
        ways.append((output.path, (*before, (term, True))))
        before = (*before, (term, False))
    ways.append((otherwise, before))
    taken = next((way for way in ways if way[0] == out), None)
    if taken is not None:
        f.fork(site, taken[0], taken[1], [way for way in ways if way is not taken])


def _switch(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    _cases(f, site, item, out, "default")


def _until(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    if out != "loopsMax":
        _cases(f, site, item, out, "loop")


def _loop(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    turn, count = f.memory.turns.get(site, (0, plain(None)))
    more = Node(">", 1, Type("bln"), (count, plain(turn, Type("int"))))
    going = out == "loop"
    other = [("" if going else "loop", ((more, not going),))]
    f.fork(site, "loop" if going else "", ((more, going),), other if going or turn < MOST_TURNS else [])
    if not going:
        f.memory.turns.pop(site, None)
        return
    index = item.action.settings.get("currentIndex")
    slot = f.index.slot(index, item.owner) if index else None
    if slot is not None:
        f.now[slot] = plain(turn, Type("int"))
    f.memory.turns[site] = (turn + 1, count)


def _exit(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    sites = f.index.program.sites
    for loop in [s for s in f.memory.turns if item.place.startswith(sites[s].place + "/")]:
        del f.memory.turns[loop]


def _assign(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    for _, name, value in item.action.settings.get("statements") or ():
        slot = f.index.slot(name, item.owner)
        if slot is not None:
            f.now[slot] = f.term(value, item.owner)


def _jump(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    f.memory.turns.clear()
    f.entered(item.target, item)


def _write_attributes(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    for name, value in item.action.settings.get("attributes") or ():
        text = literal_text(name)
        if text is not None:
            f.memory.attributes[text] = f.term(value, item.owner)


def _read_attributes(f: Follower, site: int, item: Guarded, out: str | None) -> None:
    for name, target in item.action.settings.get("attributes") or ():
        slot = f.index.slot(target, item.owner)
        text = literal_text(name)
        if slot is not None and text is not None:
            f.now[slot] = f.memory.attributes.get(text) or source(f"0.data.{text}", Type("str"))


EFFECTS: Mapping[str, Effect] = {
    "decision": _decision,
    "switch": _switch,
    "loopUntil": _until,
    "loop": _loop,
    "loopExit": _exit,
    "updateData": _assign,
    "jumpToTask": _jump,
    "changeState": _jump,
    "setParticipantData": _write_attributes,
    "getParticipantData": _read_attributes,
}
"""By the action's key."""
