"""Flows damaged where YAML still reads them: parts that are gone, doubled, exchanged, of another kind, deeper.

Damage to the text seldom gets past the reader; this one reaches the loader, the rules, the compiler and the machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from dsl.actions import FLOW_TYPES
from dsl.source import Key, Map, Node, Scalar, Seq, Source, Span, read_yaml
from dsl.source.emit import to_yaml
from tests.fuzz.mutate import damaged_words

HERE = Span.whole_file("damaged")
Way = tuple[int, ...]
"""How to get to a node: the number of the entry or item at each level."""
MOST_NESTED = 60


def text(value: str, style: str = "plain") -> Scalar:
    return Scalar(value, value, style, HERE)


def bare(value: bool | int | float | None, written: str) -> Scalar:
    return Scalar(value, written, "plain", HERE)


ODD: tuple[Node, ...] = (
    bare(None, "null"),
    bare(True, "true"),
    bare(-1, "-1"),
    bare(99_999_999_999_999_999_999, "99999999999999999999"),
    bare(1.5, "1.5"),
    text(""),
    text("x" * 300),
    text("/x/tasks/task[Nobody_1]"),
    text("Flow.x"),
    Seq((), HERE),
    Map((), HERE),
    Seq((Seq((text("a"),), HERE),), HERE),
    Map(((Key("noValue", HERE), bare(True, "true")),), HERE),
    Map(((Key("lit", HERE), text("a")), (Key("exp", HERE), text("1 +"))), HERE),
)


class Originals:
    """Flows to be damaged, and what else stands in them."""

    def __init__(self, texts: Sequence[str]) -> None:
        trees = (read_yaml(Source("original", text), {})[0] for text in texts)
        self.trees = [tree for tree in trees if isinstance(tree, Map) and tree.items[0][0].text in FLOW_TYPES]

    @cached_property
    def nodes(self) -> Sequence[Node]:
        """Everything that stands anywhere, but for whole flows."""
        return [node for tree in self.trees for way, node in walked(tree) if len(way) > 1]

    @cached_property
    def keys(self) -> Sequence[str]:
        """Every key that is used."""
        maps = (node for node in self.nodes if isinstance(node, Map))
        return sorted({key.text for node in maps for key, _ in node})

    def damaged(self, chance: random.Random) -> str:
        """One of them as YAML, damaged one to three times."""
        tree: Node = chance.choice(self.trees)
        for _ in range(chance.randrange(1, 4)):
            way, node = chance.choice([found for found in walked(tree) if found[0]])
            tree = replaced(tree, way, chance.choice(DAMAGES)(chance, self, node))
        return to_yaml(tree)


def walked(node: Node, way: Way = ()) -> Iterator[tuple[Way, Node]]:
    yield way, node
    for number, child in enumerate(children(node)):
        yield from walked(child, (*way, number))


def children(node: Node) -> Sequence[Node]:
    if isinstance(node, Scalar):
        return ()
    return node.items if isinstance(node, Seq) else [value for _, value in node]


def replaced(tree: Node, way: Way, new: Node) -> Node:
    """The tree with another node at a place."""
    if not way:
        return new
    assert not isinstance(tree, Scalar)
    number, further = way[0], way[1:]
    child = replaced(children(tree)[number], further, new)
    if isinstance(tree, Seq):
        return Seq((*tree.items[:number], child, *tree.items[number + 1 :]), HERE)
    return Map((*tree.items[:number], (tree.items[number][0], child), *tree.items[number + 1 :]), HERE)


# Damages: a node, and what stands there afterwards.

Damage = Callable[[random.Random, Originals, Node], Node]


def _fewer(chance: random.Random, originals: Originals, node: Node) -> Node:
    if isinstance(node, Scalar) or not node.items:
        return text("")
    gone = chance.randrange(len(node.items))
    kept = (*node.items[:gone], *node.items[gone + 1 :])
    return Seq(kept, HERE) if isinstance(node, Seq) else Map(kept, HERE)  # type: ignore[arg-type]


def _more(chance: random.Random, originals: Originals, node: Node) -> Node:
    if isinstance(node, Scalar):
        return Seq((node, node), HERE)
    if isinstance(node, Map):
        return Map((*node.items, (Key(chance.choice(originals.keys), HERE), chance.choice(originals.nodes))), HERE)
    return Seq((*node.items, chance.choice(node.items or (chance.choice(originals.nodes),))), HERE)


def _in_another_order(chance: random.Random, originals: Originals, node: Node) -> Node:
    if isinstance(node, Scalar):
        return node
    if isinstance(node, Seq):
        return Seq(tuple(chance.sample(node.items, len(node))), HERE)
    values = chance.sample(children(node), len(node))
    return Map(tuple((key, value) for (key, _), value in zip(node, values, strict=True)), HERE)


def _from_elsewhere(chance: random.Random, originals: Originals, node: Node) -> Node:
    """Something of the same kind that stands somewhere else."""
    alike = [other for other in chance.choices(originals.nodes, k=20) if type(other) is type(node)]
    return alike[0] if alike else node


def _of_another_kind(chance: random.Random, originals: Originals, node: Node) -> Node:
    return chance.choice((*ODD, chance.choice(originals.nodes)))


def _under_another_key(chance: random.Random, originals: Originals, node: Node) -> Node:
    if not isinstance(node, Map) or not node.items:
        return node
    number = chance.randrange(len(node))
    _, value = node.items[number]
    renamed = (Key(chance.choice(originals.keys), HERE), value)
    return Map((*node.items[:number], renamed, *node.items[number + 1 :]), HERE)


def _in_other_words(chance: random.Random, originals: Originals, node: Node) -> Node:
    """An expression or a text, damaged as such."""
    if isinstance(node, Scalar):
        return text(damaged_words(chance, node.text), "double")
    found = [way for way, leaf in walked(node) if isinstance(leaf, Scalar) and way]
    if not found:
        return node
    way = chance.choice(found)
    leaf = next(leaf for other, leaf in walked(node) if other == way)
    assert isinstance(leaf, Scalar)
    return replaced(node, way, text(damaged_words(chance, leaf.text), "double"))


def _deeper(chance: random.Random, originals: Originals, node: Node) -> Node:
    """The node within itself, again and again."""
    inner = [way for way, other in walked(node) if type(other) is type(node) and way]
    if not inner:
        return node
    way, made = chance.choice(inner), node
    for _ in range(chance.randrange(1, max(2, MOST_NESTED // len(way)))):
        made = replaced(node, way, made)
    return made


DAMAGES: tuple[Damage, ...] = (
    _fewer,
    _more,
    _in_another_order,
    _from_elsewhere,
    _from_elsewhere,
    _of_another_kind,
    _under_another_key,
    _in_other_words,
    _in_other_words,
    _deeper,
)
