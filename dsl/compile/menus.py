"""Menus and their choices (flow-format.md §10.1)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dsl.compile.compiler import Compiler
from dsl.compile.dialling import dial
from dsl.compile.emitters import EMIT
from dsl.compile.requests import emit_by_catalogue
from dsl.compile.settings import first_of
from dsl.load.settings import MENU_SETTINGS
from dsl.model import Action, Choice, Menu
from dsl.program import MenuChoice, MenuTable


def all_menus(menus: tuple[Menu, ...]) -> Iterator[Menu]:
    """Menus with those nested in their choices."""
    for menu in menus:
        yield menu
        yield from all_menus(tuple(choice.submenu for choice in menu.choices if choice.submenu))


_TIMES = (
    *("menuSelectionTimeout", "extensionDialingMaxDelay", "minConfidenceLevel"),
    *("completeMatchTimeout", "incompleteMatchTimeout", "maxSpeechLengthTimeout"),
)
"""Settings of a menu that its command carries, in the order of ``Machine.menu``."""


def write_menu(c: Compiler, menu: Menu, number: int, menus: list[Menu]) -> MenuTable:
    """The blocks of a menu: entry, playing, waiting, choices."""
    b = c.b
    b.place = (menu.span.start.line, menu.span.start.column)
    entry = c.entries[menu.element]
    b.enter(b.blocks[entry])
    b.count()
    b.do("enter_menu", number)
    playing = b.block()
    b.leave(playing.number)
    b.enter(playing)
    if menu.audio is not None:
        c.hear(-1, menu.audio)

    def command(resume: int) -> ast.expr:
        return b.call("menu", number, resume, *(_setting(c, menu, name) for name in _TIMES))

    c.wait(menu.element, -1, command)
    repeats, confidence = _setting(c, menu, "repeatCount"), _setting(c, menu, "minConfidenceLevel")
    b.leave(b.call("chosen", number, b.named(playing), repeats, confidence))
    offered = _offered(menu, menus)
    rows = {choice.element: _choice(c, choice, entry) for choice in offered}
    default = rows.get(menu.default_choice or "")
    listens = _setting(c, menu, "listenForExtensionDialing")
    is_off = isinstance(listens, ast.Constant) and listens.value is False
    extension = None if is_off else _extension(c, menu, entry)
    return MenuTable(
        menu.element, menu.name, entry, tuple(rows.values()), default.block if default else None, extension
    )


def _setting(c: Compiler, menu: Menu, name: str) -> ast.expr:
    """The menu's own setting, else the flow's, else the default."""
    return first_of(c.b, MENU_SETTINGS[name], menu.settings.get(name), c.b.flow.settings.get(f"menu.{name}"))


def _offered(menu: Menu, menus: list[Menu]) -> list[Choice]:
    """The menu's own choices, then the global ones of others whose key is still free."""
    found = list(menu.choices)
    taken = {choice.dtmf for choice in found if choice.dtmf}
    for other in menus:
        for choice in other.choices if other.element != menu.element else ():
            if (choice.is_global and choice.dtmf not in taken) or choice.global_terms:
                found.append(choice)
                taken.add(choice.dtmf or "")
    return found


def _choice(c: Compiler, choice: Choice, entry: int) -> MenuChoice:
    """The block behind a choice: what comes back from it, a failed transfer too, repeats the menu."""
    b = c.b
    block = b.block(f"{b.prefix}{choice.element}#chosen {len(b.blocks)}")
    b.enter(block)
    c.loops.clear()
    site = b.site(choice.action)
    if choice.body is not None:
        back = b.block(f"{b.prefix}{choice.element}#return {len(b.blocks)}")
        b.leave(b.call("call_task", c.numbers[choice.body.element], back.number, ast.Tuple([], ast.Load())))
        b.enter(back)
    elif choice.submenu is not None:
        b.leave(c.entries[choice.submenu.element])
    elif choice.kind == "menuPreviousMenu":
        b.leave(b.call("previous_menu", entry))
    elif choice.kind != "menuRepeatMenu":
        b.act(site)
        EMIT.get(choice.action.key, emit_by_catalogue)(c, choice.action, site)
    b.leave(entry)
    return MenuChoice(choice.dtmf or choice.element, choice.name, block.number, dict(choice.terms))


def _extension(c: Compiler, menu: Menu, entry: int) -> int:
    """Further digits make an extension: it is dialled, or the menu repeats."""
    b = c.b
    digits = b.hidden("extension")
    block = b.block()
    b.enter(block)
    site = b.site(Action("dialByExtension", menu.name, f"{menu.element}/extension", menu.span, {}))
    b.act(site)
    b.write(digits, b.call("digits", False))
    b.enter(dial(c, f"{menu.element}/extension", site, digits))
    b.leave(entry)
    return b.named(block)
