"""From a flow to its picture: every action a node, every way between them an edge.

What a concise action expands to is drawn as the one node that the author wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dsl.actions import actions
from dsl.graph.picture import Box, Edge, Look, Node, Picture
from dsl.graph.words import data_action, details_of, look_of, said, shortened, unique
from dsl.model import Action, Choice, Container, Flow, Menu, Output
from dsl.rules.walk import all_actions, nested
from dsl.rules.ways import Ways

Exits: TypeAlias = list[tuple[str, str]]  # node that the way comes from, and its label


def picture_of(flow: Flow) -> Picture:
    """The picture of a flow."""
    return _Artist(flow).picture()


@dataclass(slots=True)
class _Loop:
    """The loop that is being drawn: its node, and the ways out that ``loopExit`` opened."""

    node: str
    left: Exits = field(default_factory=list)


class _Artist:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.ways = Ways(flow)
        self.made = Picture(flow.name, flow.type)
        self.count = 0
        self.box: Box | None = None
        self.loops: list[_Loop] = []
        self.entries: dict[str, str] = {}  # element of a container or menu -> its first node
        self.wanted: list[tuple[str, str, str, bool]] = []  # source, element, label, faint: drawn when all is there
        self.queues: dict[str, str] = {}
        self.menus: list[str] = []

    def picture(self) -> Picture:
        start = self.node(Look.START, self.flow.name, (self.flow.type,))
        way: Exits = [(start, "")]
        if (greeting := said(self.flow.initial_greeting)) is not None:
            way = self.lead(way, self.node(Look.ACTION, "Initial greeting", (greeting,)))
        if self.flow.start is not None:
            self.wanted.append((way[0][0], self.flow.start, "", False))
        errors = self.flow.error_handling
        if errors is not None and errors.target is not None:
            self.wanted.append((start, errors.target, "error", True))
        for container in self.flow.containers:
            if container.element not in _generated(self.flow):
                self.container(container)
        for menu in self.flow.menus:
            self.menu(menu)
        for source, element, label, faint in self.wanted:
            if (target := self.entries.get(element)) is not None:
                self.made.edges.append(Edge(source, target, label, faint))
        return self.made

    # Nodes, boxes, edges.

    def node(
        self, look: Look, title: str, details: Iterable[str] = (), element: str | None = None, *, outside: bool = False
    ) -> str:
        self.count += 1
        made = Node(f"n{self.count}", look, shortened(title), tuple(details), element)
        (self.made if self.box is None or outside else self.box).nodes.append(made)
        return made.id

    def inside(self, title: str) -> Box | None:
        """Begin a box; what is drawn goes into it until ``self.box`` is set back to what this returns."""
        outer = self.box
        self.count += 1
        made = Box(f"b{self.count}", title)
        (self.made if outer is None else outer).boxes.append(made)
        self.box = made
        return outer

    def lead(self, way: Exits, target: str) -> Exits:
        """Let all open ways lead to a node, which is then the way on."""
        self.made.edges += [Edge(source, target, label) for source, label in way]
        return [(target, "")]

    def queue(self, name: str) -> str:
        if name not in self.queues:
            self.queues[name] = self.node(Look.QUEUE, name, outside=True)
        return self.queues[name]

    # Containers and lists.

    def container(self, container: Container) -> None:
        outer = self.inside(container.name)
        self.body(container)
        self.box = outer

    def body(self, container: Container) -> str:
        """Draw the actions of a container; gives its first node."""
        first = f"n{self.count + 1}"
        if not container.actions:
            self.node(Look.END, "nothing", element=container.element)
        self.entries[container.element] = first
        self.listed(container.actions, [])
        return first

    def listed(self, listed: Sequence[Action], way: Exits) -> Exits:
        """Draw a list after what leads to it; gives the ways that leave its end."""
        index = 0
        while index < len(listed):
            origin = listed[index].origin
            end = index + 1
            while origin is not None and end < len(listed) and _same(listed[end], origin):
                end += 1
            way = self.action(listed[index], way) if origin is None else self.concise(listed[index:end], way)
            index = end
        return way

    def action(self, action: Action, way: Exits) -> Exits:
        over = not self.ways.passes(action)
        title = action.name if action.name != action.key else _spaced(action.key)
        made = self.node(look_of(action, ends=over), title, details_of(action), action.element)
        self.lead(way, made)
        if action.target is not None:
            called = action.key == "callTask"
            self.wanted.append((made, action.target, "call" if called else "", called))
        if action.key in ("transferToAcd", "createCallback") and (name := said(_queue_of(action))) is not None:
            self.made.edges.append(Edge(made, self.queue(name), ""))
        if action.key in ("loop", "loopUntil", "loopAnythingElse"):
            return self.loop(action, made)
        if action.key in ("loopExit", "loopNext") and self.loops:
            loop = self.loops[-1]
            if action.key == "loopExit":
                loop.left.append((made, ""))
            else:
                self.made.edges.append(Edge(made, loop.node, "", faint=True))
            return []
        return self.outputs(action, made)

    def outputs(self, action: Action, made: str) -> Exits:
        left: Exits = []
        for output in action.outputs:
            left += self.listed(output.actions, [(made, _label(output))])
        spec = actions().get(action.key)
        if spec is not None and spec.ends:
            return []
        given = {output.path.casefold() for output in action.outputs}
        silent = [path for path in (spec.outputs if spec else ()) if path.casefold() not in given]
        if action.key == "switch" and "default" not in given:
            silent.append("default")
        if silent or not action.outputs:
            left.append((made, ", ".join(silent) if action.outputs else ""))
        return left

    def loop(self, action: Action, made: str) -> Exits:
        self.loops.append(_Loop(made))
        left: Exits = []
        for output in action.outputs:
            tail = self.listed(output.actions, [(made, _label(output))])
            if output.path == "loop":
                self.made.edges += [Edge(source, made, label, faint=True) for source, label in tail if source != made]
            else:
                left += tail
        return [*left, *self.loops.pop().left, (made, "done")]

    def concise(self, generated: Sequence[Action], way: Exits) -> Exits:
        """One node for what one concise action became, and the author's own actions behind its outcomes."""
        origin = generated[0].origin
        assert origin is not None
        inside = [action for action in nested(tuple(generated)) if action.origin is not None]
        spoken = (said(action.settings.get(name)) for action in inside for name in ("audio", "inputAudio"))
        details = unique([origin.concise, *map(data_action, inside), *_prompts(self.flow, inside), *spoken])
        made = self.node(Look.QUESTION if len(details) > 1 else Look.ACTION, origin.name, details, generated[0].element)
        self.lead(way, made)
        routed = False
        for name, label in _routes(inside):
            self.made.edges.append(Edge(made, self.queue(name), label))
            routed = True
        left: Exits = []
        for output in _authored(generated):
            left += self.listed(output.actions, [(made, _label(output))])
        return [*left, (made, "failure" if routed else "")]

    # Menus.

    def menu(self, menu: Menu) -> str:
        outer = self.inside(menu.name)
        made = self.node(Look.QUESTION, menu.name, unique([said(menu.audio)]), menu.element)
        self.entries[menu.element] = made
        self.menus.append(made)
        for choice in menu.choices:
            self.choice(choice, made, is_default=choice.element == menu.default_choice)
        self.menus.pop()
        self.box = outer
        return made

    def choice(self, choice: Choice, menu: str, *, is_default: bool) -> None:
        terms = [term for listed in choice.terms.values() for term in listed]
        label = " / ".join([*filter(None, [choice.dtmf]), *terms[:1], *(["default"] if is_default else [])])
        if choice.submenu is not None:
            self.made.edges.append(Edge(menu, self.menu(choice.submenu), label))
        elif choice.body is not None:
            outer = self.inside(choice.name)
            first = f"n{self.count + 1}"
            self.entries[choice.body.element] = first
            left = self.listed(choice.body.actions, [(menu, label)])
            self.made.edges += [Edge(source, menu, text, faint=True) for source, text in left if source != menu]
            self.box = outer
        elif choice.kind == "menuRepeatMenu":
            self.made.edges.append(Edge(menu, menu, label, faint=True))
        elif choice.kind == "menuPreviousMenu":
            self.made.edges.append(Edge(menu, self.menus[-2] if len(self.menus) > 1 else menu, label, faint=True))
        else:
            left = self.action(choice.action, [(menu, label)])
            self.made.edges += [Edge(source, menu, text or "failure", faint=True) for source, text in left]


def _generated(flow: Flow) -> set[str | None]:
    """Tasks that only what a concise action became calls."""
    return {action.target for action in all_actions(flow) if action.key == "callTask" and action.origin is not None}


def _same(action: Action, origin: Any) -> bool:
    return action.origin is not None and (action.origin.concise, action.origin.name) == (origin.concise, origin.name)


def _spaced(key: str) -> str:
    return "".join(f" {char.lower()}" if char.isupper() else char for char in key).capitalize()


def _label(output: Output) -> str:
    condition = said(output.condition)
    return condition if condition is not None else output.path


def _queue_of(action: Action) -> Any:  # the value of the setting that names a queue
    return action.settings.get("targetQueue") or action.settings.get("queue")


def _authored(generated: Sequence[Action]) -> Iterable[Output]:
    """Outputs of generated actions that hold the author's own actions."""
    for action in nested(tuple(generated)):
        if action.origin is not None:
            for output in action.outputs:
                if output.actions and output.actions[0].origin is None:
                    yield output


def _routes(inside: Iterable[Action]) -> Iterable[tuple[str, str]]:
    """The queues that a routeByRecord may choose, each with the condition of its rule."""
    for action in inside:
        for output in action.outputs if action.key == "switch" else ():
            for chosen in output.actions:
                for type_, _, value in chosen.settings.get("statements") or ():
                    if type_ == "que" and (name := said(value)) is not None:
                        yield name, _label(output)


def _prompts(flow: Flow, inside: Iterable[Action]) -> Iterable[str | None]:
    """Data actions and questions of the generated task that a concise action calls."""
    asks = (a for a in inside if a.key == "callTask" and a.origin is not None and a.origin.concise == "identifyCaller")
    called = {action.target for action in asks}
    for container in flow.containers:
        if container.element in called:
            for action in nested(container.actions):
                yield said(action.settings.get("inputAudio"))
                yield data_action(action)
