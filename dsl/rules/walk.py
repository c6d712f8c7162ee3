"""Walking a flow's actions, for rules."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.model import Action, Container, Flow, Menu


def all_actions(flow: Flow) -> Iterator[Action]:
    """Every action of a flow, menu choices included, outer ones first."""
    for container in containers(flow):
        yield from nested(container.actions)
    for menu in menus(flow):
        for choice in menu.choices:
            yield choice.action


def nested(actions: tuple[Action, ...]) -> Iterator[Action]:
    """Actions of a list and of everything inside them."""
    for action in actions:
        yield action
        for output in action.outputs:
            yield from nested(output.actions)


def containers(flow: Flow) -> Iterator[Container]:
    """Every task, state and bot, tasks behind menu choices included."""
    yield from flow.containers
    for menu in menus(flow):
        yield from (choice.body for choice in menu.choices if choice.body)


def menus(flow: Flow) -> Iterator[Menu]:
    """Every menu, nested ones included."""
    stack = list(flow.menus)
    while stack:
        menu = stack.pop(0)
        yield menu
        stack.extend(choice.submenu for choice in menu.choices if choice.submenu)


def lists(actions: tuple[Action, ...]) -> Iterator[tuple[Action, ...]]:
    """An action list and every list inside it."""
    yield actions
    for action in actions:
        for output in action.outputs:
            yield from lists(output.actions)
