"""Names of variables, and of types as variables, statements and switches carry them (flow-format.md §5)."""

from __future__ import annotations

import re

from dsl.expressions.types import ANY, CODE_OF_VARIABLE, Type, type_of_variable
from dsl.load.reader import Reader
from dsl.source import Key, Node, did_you_mean

OTHER_VARIABLE_TYPES = frozenset(
    (
        "agentScorePair emailAddress emergencyGroup externalContact externalOrganization grammar journeyOutcome "
        "journeyOutcomeScore journeySegment journeySession knowledgeBaseDocument schedule scheduleGroup "
        "utilizationLabel workbin workitem worktypeStatus card carousel choice chooser image lineItem listPicker "
        "listPickerItem listPickerSection quickReplies shippingOption timePicker voiceSnippet surveyAnswerOption "
        "surveyForm surveyQuestion surveyQuestionGroup assignedCustomerIntent customerIntent"
    ).split()
)
"""Types that have no code of their own in expressions."""
_SINGLE = frozenset(
    "communication workitem carousel listPicker quickReplies timePicker voiceSnippet surveyForm".split()
)
"""Types that there are no collections of."""
_SCOPES = {
    "flow": ("flow", "session", "slot", "workflow", "secure"),
    "module": ("common",),
    "task": ("task",),
    "state": ("state",),
    "bot": ("bot", "slot", "session"),
}
"""The scopes that variables may have by where they are declared; the first one is the usual one."""
_NAME = re.compile(r"[^\W\d_][\w ]*\Z")
_NAMED_BY_OTHERS = frozenset({"slot", "session"})
"""Scopes whose names come from elsewhere: a slot is called as its entity."""


def check_name(name: str, place_of_declaration: str, node: Node, reader: Reader) -> None:
    """Report a scope that does not fit the place of declaration, and a name that no expression could read."""
    scope, _, own = name.partition(".")
    is_module = place_of_declaration == "flow" and reader.flow_type == "commonModule"
    allowed = _SCOPES["module" if is_module else place_of_declaration]
    if scope.lower() not in allowed:
        wanted = allowed[0].capitalize()
        message = f'"{name}" is declared in a {place_of_declaration}, its name must begin with {wanted}.'
        reader.report("wrong-scope", message, node.span)
    elif scope.lower() not in _NAMED_BY_OTHERS and not _NAME.match(own):
        message = f'"{name}" is no name of a variable: behind the scope come a letter, then letters, digits and _'
        reader.report("bad-literal", message, node.span)


_BASES = (*CODE_OF_VARIABLE, *sorted(OTHER_VARIABLE_TYPES))
VARIABLE_TYPES = (*_BASES, *(f"{base}Collection" for base in _BASES if base not in _SINGLE))
"""All of them: ``string``, ``stringCollection``, ``workitem`` ..."""


def is_variable_type(name: str) -> bool:
    """Whether a type has this name."""
    base = name.removesuffix("Collection")
    return base in CODE_OF_VARIABLE or base in OTHER_VARIABLE_TYPES


def read_type(key: Key, what: str, reader: Reader, suffix: str = "", said: str = "") -> Type:
    """The type that a key names, before ``suffix``; Any, and a finding, where there is no such type.

    ``said`` is a type that stands where none is read, which may be the one that is meant.
    """
    name = key.text.removesuffix(suffix)
    if name.removesuffix("Collection") in _SINGLE and name.endswith("Collection") and key.text.endswith(suffix):
        reader.report("unknown-type", f'there are no collections of "{name.removesuffix("Collection")}"', key.span)
        return ANY
    if is_variable_type(name) and key.text.endswith(suffix):
        return type_of_variable(name)
    known = [known + suffix for known in VARIABLE_TYPES]
    help_ = did_you_mean(said + suffix if said else key.text, known)
    reader.report("unknown-type", f'"{key.text}" is no kind of {what}', key.span, help_)
    return ANY
