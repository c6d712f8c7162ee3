"""The model of a flow: what the loader makes of the positioned tree with the help of the action catalogue.

One general shape for all actions: the catalogue (``dsl.actions``) says which settings and outputs an action
has, so a new action is a new entry and no new class. Everything keeps its span and its Architect path
(``element``); unknown parts stay in ``extra`` and are written out again as they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import Type
from dsl.source.text import Span
from dsl.source.tree import Map
from dsl.source.tree import Node as SourceNode


class Form(StrEnum):
    """How a value was entered (flow-format.md §4)."""

    LITERAL = "lit"
    EXPRESSION = "exp"
    VARIABLE = "var"
    NO_VALUE = "noValue"
    NONE = "none"
    TTS = "tts"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class Value:
    """One setting's value.

    ``literal`` is the run-time value of a ``lit`` (already of the setting's type); ``text`` the raw text of
    an ``exp``, ``var``, ``tts`` or ``prompt``; ``expression`` the typed tree of everything that is evaluated,
    literals and prompts included, with the implicit conversion to the setting's type around it. A value that
    could not be read or typed has no expression.
    """

    form: Form
    span: Span
    type: Type
    text: str = ""
    literal: Any = None  # a run-time value of the setting's type
    expression: Expression | None = None
    node: SourceNode | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a generated action came from: the concise action's key, its name, and the step of its
    expansion."""

    concise: str
    name: str
    step: str
    span: Span


@dataclass(frozen=True, slots=True)
class Output:
    """One way out of an action: the path's name and the actions behind it.

    A missing or disabled one is not listed.
    """

    path: str
    actions: tuple[Action, ...]
    span: Span
    condition: Value | None = None
    """The case's value where an output is a case (``switch``, ``loopUntil``)."""

    results: Mapping[str, str] = field(default_factory=dict)
    """Variables that the answer goes into on this path only, by what it is called: slots of an intent."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action.

    ``settings`` maps the catalogue's parameter names to what the author gave: a ``Value``, a bare text or
    flag, a tuple (lists), or a mapping (``inputs``, ``successOutputs`` ...). Absent ones are absent; the
    catalogue knows the defaults. ``target`` names what the action refers to by path, resolved to the
    ``element`` of a container where it exists.
    """

    key: str
    name: str
    element: str
    span: Span
    settings: Mapping[str, Any]  # per the action's catalogue entry
    outputs: tuple[Output, ...] = ()
    target: str | None = None
    origin: Origin | None = None
    extra: Map | None = field(default=None, repr=False, compare=False)

    def output(self, path: str) -> Output | None:
        """The output of this name (compared without regard to case), or None."""
        wanted = path.casefold()
        return next((o for o in self.outputs if o.path.casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared variable, ``name`` with its scope (``Flow.tier``)."""

    name: str
    type: Type
    span: Span
    initial: Value | None = None
    is_input: bool = False
    is_output: bool = False
    is_secure: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """A task, state, bot, or the start-up list: a named sequence of actions with its own variables."""

    kind: str
    name: str
    ref_id: str
    element: str
    span: Span
    actions: tuple[Action, ...]
    variables: tuple[Variable, ...] = ()
    output_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A menu choice: its key(s), speech terms by language, and the action it takes as an ordinary ``Action``.

    ``kind`` is the choice's own key (``menuTask``, ``menuTransferToAcd`` ...); ``body`` the inline task of a
    ``menuTask``, ``submenu`` the nested menu of a ``menuSubMenu``.
    """

    kind: str
    name: str
    ref_id: str
    element: str
    span: Span
    dtmf: str | None
    action: Action
    is_global: bool = False
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    global_terms: bool = False
    body: Container | None = None
    submenu: Menu | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu with its choices; settings that it does not have itself are the flow's."""

    name: str
    ref_id: str
    element: str
    span: Span
    audio: Value | None
    choices: tuple[Choice, ...]
    default_choice: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorHandling:
    """What happens on a flow error (flow-format.md §12): ``kind`` and, where it has one, its target or
    queue."""

    kind: str
    audio: Value | None = None
    target: str | None = None
    queue: Value | None = None
    span: Span | None = field(default=None, repr=False, compare=False)
    """Where the target is named."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A whole flow file.

    ``type`` is the root key as Architect spells it (``inboundCall``); ``start`` the element of the start-up
    container or menu; ``settings`` the flow-level settings by group and key
    (``collectInput.noEntryTimeout``), only those that were given.
    """

    type: str
    name: str
    path: str
    span: Span
    start: str | None
    variables: tuple[Variable, ...] = ()
    containers: tuple[Container, ...] = ()
    menus: tuple[Menu, ...] = ()
    initial_greeting: Value | None = None
    default_language: str | None = None
    languages: Mapping[str, Any] = field(default_factory=dict)  # per language: skill and voice settings
    settings: Mapping[str, Any] = field(default_factory=dict)  # per settings group
    error_handling: ErrorHandling | None = None
    division: str = "Home"
    description: str = ""
    references: Mapping[str, str] = field(default_factory=dict)
    """``element`` of a container or menu by the reference text that names it."""

    tree: Map | None = field(default=None, repr=False, compare=False)
