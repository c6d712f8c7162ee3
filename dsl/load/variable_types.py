"""Names of types as variables, statements and switches carry them (flow-format.md §5)."""

from __future__ import annotations

from dsl.expressions.types import ANY, CODE_OF_VARIABLE, Type, type_of_variable
from dsl.load.reader import Reader
from dsl.source import Key, did_you_mean

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


def is_variable_type(name: str) -> bool:
    """Whether a type has this name: ``string``, ``stringCollection``."""
    base = name.removesuffix("Collection")
    return base in CODE_OF_VARIABLE or base in OTHER_VARIABLE_TYPES


def read_type(key: Key, what: str, reader: Reader, suffix: str = "") -> Type:
    """The type that a key names, before ``suffix``; Any, and a finding, where there is no such type."""
    name = key.text.removesuffix(suffix)
    if is_variable_type(name) and key.text.endswith(suffix):
        return type_of_variable(name)
    bases = (*CODE_OF_VARIABLE, *sorted(OTHER_VARIABLE_TYPES))
    known = [base + ending + suffix for ending in ("", "Collection") for base in bases]
    reader.report("unknown-type", f'"{key.text}" is no kind of {what}', key.span, did_you_mean(key.text, known))
    return ANY
