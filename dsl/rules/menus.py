"""Menus: keys that would mean two things."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.inventory import Inventory
from dsl.model import Choice, Flow
from dsl.rules.walk import menus
from dsl.source import Diagnostic, Note, finding


def duplicate_global_dtmf(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A key that is global in two menus, or global in one and a choice's own in another (flow-format.md §10.1)."""
    first: dict[str, tuple[str, Choice]] = {}
    for menu in menus(flow):
        for choice in menu.choices:
            if not choice.is_global or not choice.dtmf:
                continue
            known = first.setdefault(choice.dtmf, (menu.element, choice))
            if known[0] != menu.element:
                note = Note(known[1].span, "the first one")
                message = f'the key "{choice.dtmf}" is global in two menus'
                yield finding("duplicate-dtmf", message, choice.span, element=choice.element, notes=(note,))


def previous_of_the_first(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A way back from the menu that the flow begins with (flow-format.md §10.1)."""
    first = next((menu for menu in menus(flow) if menu.element == flow.start), None)
    for choice in first.choices if first is not None else ():
        if choice.kind == "menuPreviousMenu":
            message = f'no menu comes before "{first.name}", with which the flow begins' if first else ""
            yield finding("unknown-menu", message, choice.span, help="take menuRepeatMenu", element=choice.element)
