"""What may stand where below actions and settings, as data, and the one walk that tells what stands elsewhere.

The loader reads what it knows by name, so that a misspelt key below an output or a setting would vanish with all that
it holds. The JSON Schema comes from the same tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dsl.expressions.types import Type
from dsl.load.binding import flag
from dsl.load.reader import Reader, is_nothing
from dsl.load.values import read_value
from dsl.load.variable_types import VARIABLE_TYPES
from dsl.source import Map, Node, Seq, did_you_mean


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with these keys."""

    parts: Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Names:
    """A mapping whose keys the author chooses; where each has to begin with ``prefix``, others are told elsewhere."""

    each: Part
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list of mappings with one key, which is one of these."""

    parts: Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Each:
    """A list of such things."""

    part: Part


Part: TypeAlias = "Fields | Names | Items | Each | str"
"""A text is a leaf: the code of a value's type, a shape by the catalogue's word, or empty for whatever stands there."""

NOTHING = Fields({})
VERSION = "ver_"
"""What versions of a module or bot begin with: ``ver_latestPublished``, ``ver_3`` (flow-format.md §9.1)."""
PLACEHOLDERS = ("none", "noValue")
"""Keys that say of any mapping that there is nothing in it (flow-format.md §4)."""


def _fields(keys: str, kind: Part = "") -> dict[str, Part]:
    return dict.fromkeys(keys.split(), kind)


# Containers (flow-format.md §6, §10.1).

CONTAINER_KEYS = ("name", "refId", "description", "trackingId", "variables", "actions", "outputPaths")
MENU_KEYS = tuple(
    "name refId description trackingId audio choices defaultChildMenuRef settingsMenu settingsSpeechRec".split()
)

# Below actions (flow-format.md §8, §9).

OUTPUT = Fields({"actions": "actions", "enabled": "flag"})
_LISTED = Fields({"name": "text", **OUTPUT.parts})
_INTENT = Fields({**_LISTED.parts, **_fields("slots parameters", "results")})
LISTED_OUTPUTS: Mapping[str, Items] = {"intents": Items({"intent": _INTENT}), "paths": Items({"path": _LISTED})}
"""Outputs that authors name themselves, by the list that they stand in."""

_DEFAULT_CASE = Fields({"actions": "actions"})
_CASES = Items({"case": Fields({"value": "", "actions": "actions"})})
_MATCH = Fields({"value": "", "cases": _CASES, "default": _DEFAULT_CASE})
_EVALUATE = Fields({"now": "flag", "dateTime": "dtm"})
_WHEN: Mapping[str, Part] = {"scheduleTimeZone": "str", "evaluationTimeZone": "", "evaluate": _EVALUATE, "name": "text"}
_GROUP = "cpx_emergencyGroup"

SHAPES: Mapping[str, Part] = {
    "switch": Fields(
        {
            "firstTrue": Fields({"cases": _CASES, "default": _DEFAULT_CASE}),
            "firstMatch": Fields(dict.fromkeys(VARIABLE_TYPES, _MATCH)),
        }
    ),
    "untilCases": Items({"untilCase": Fields({"name": "text", "condition": "bln"})}),
    "skills": Items({"acdSkill": ""}),
    "setAttributes": Items({"attribute": Fields({"name": "str", "value": "str"})}),
    "getAttributes": Items({"attribute": Fields({"name": "str", "variable": "variable"})}),
    "digits": Fields(
        {"exact": "count", "range": Fields({"min": "count", "max": "count", "terminatingDtmf": "phone key"})}
    ),
    "dataAction": Names(
        Fields(
            {
                "dataAction": Names(
                    Fields({"inputs": "inputs", "successOutputs": "bindings", "failureOutputs": "failures"})
                )
            }
        )
    ),
    "dataTable": Names(Fields({"foundOutputs": "bindings", "failureOutputs": "failures"})),
    "module": Names(
        Names(Fields({"inputs": "inputs", "outputs": "bindings", "exitReason": "variable"}), prefix=VERSION)
    ),
    "screenPop": Names(Fields({"inputs": "inputs"})),
    "evaluate": _EVALUATE,
    "schedule": Fields(
        {
            "schedule": Fields({"selectedSchedule": "cpx_schedule", **_WHEN}),
            "emergencyGroup": Fields({"emergencyGroup": _GROUP, "selectedSchedule": _GROUP, **_WHEN}),
        }
    ),
    "playStyle": Fields({"entirePrompt": "flag", "duration": "dur"}),
    "destination": Fields(
        {
            "user": Fields({"targetUser": "usr"}),
            "group": Fields({"targetGroup": "grp"}),
            "queue": Fields(
                {
                    "targetQueue": "que",
                    "callbackNumber": "phn",
                    "calleeName": "str",
                    "voicemailGreeting": "aud",
                    "screenPopScript": "screenPop",
                }
            ),
        }
    ),
}
"""By the catalogue's word for the parameter; values are read by ``dsl.load.shapes``."""

UNREAD = frozenset({"destination"})
"""Shapes whose values ``dsl.load.shapes`` leaves unread."""

OUTPUT_PATHS = Items({"outputPath": Fields({"name": "text"})})
"""The ways out of a task, besides ``default`` (flow-format.md §6)."""

TERMS = Names(Fields({"terms": Each("text")}))
"""What may be said for a menu choice, by language (flow-format.md §10.1)."""

# Settings of a flow (flow-format.md §2, §7, §12).

_HANDLING = Fields(
    {
        **_fields("disconnect endWorkflow exit endFlow endInQueueState continue abortSend completeSend", NOTHING),
        "queue": Fields({"targetQueue": "que"}),
        "menu": Fields({"targetMenuRef": "text"}),
        "task": Fields({"targetTaskRef": "text", "inputs": ""}),
        "state": Fields({"targetStateRef": "text"}),
    }
)
_UTTERANCES = Each(
    Fields({**_fields("id source"), "segments": Each(Fields({"text": "text", "entity": Fields({"name": "text"})}))})
)
_LANGUAGE = Fields(
    {
        "defaultLanguageSkill": "lac",
        "textToSpeech": Names(Fields(_fields("voice defaultVoice"))),
        "speechToText": Fields({"engine": Fields(_fields("name defaultEngine"))}),
    }
)

SETTINGS: Mapping[str, Part] = {
    "settingsErrorHandling": Fields(
        {
            "preHandlingAudio": "aud",
            "errorHandling": _HANDLING,
            "enableAgentEscalation": "bln",
            "agentEscalationHandling": _HANDLING,
            "recognitionFailureEventHandling": _HANDLING,
            "subsequentRecognitionFailuresHandlingType": "",
            **_fields("agentEscalationConfirmation agentEscalationHandover errorEventHandover", "com"),
            "recognitionFailureEventHandover": "com",
        }
    ),
    "settingsInboundEmailHandling": Fields({"emailHandling": _HANDLING}),
    "settingsInQueueCall": Fields({"holdMusic": "pmt"}),
    "settingsOutboundCall": Fields({"contactList": "", "wrapupCode": "wrc"}),
    "settingsPrompts": Fields({"ensureAudioInPrompts": "flag", "promptMediaToValidate": Items({"mediaType": "text"})}),
    "settingsCommonModule": Fields({"compatibleFlowTypes": Items({"flowType": "text"})}),
    "settingsVirtualAgent": Fields(_fields("summarization assignWrapupCodes", "bln")),
    "settingsUserInput": Fields(
        {
            **_fields("noMatchesMax noInputsMax confirmationRejectionsMax", "int"),
            **_fields("collectionLowConfidenceThreshold collectionHighConfidenceThreshold", "int"),
            "confirmationLowConfidenceThreshold": "int",
            **_fields("noInputsTimeout interDigitTimeout", "dur"),
            **_fields("noMatchApology noInputApology noToConfirmationApology endOfSessionMessage", "com"),
            **_fields("confirmationNoMatchApology confirmationNoInputApology", "com"),
            **_fields("enableBargeIn enableAutomaticQuickReplies enableIntentClassificationHinting", "bln"),
            **_fields("speechToTextSpeechDetectionSensitivity speechToTextMaxSpeechTimeout dtmfTerminatingCharacter"),
            "noInputsMaxExceededHandling": "",
        }
    ),
    "settingsBotFlow": Fields(
        {
            "intentSettings": Items(
                {"intent": Fields({"name": "text", "confirmation": "com", "task": Fields({"name": "text"})})}
            ),
            "dynamicSlotTypes": Items({"dynamicSlotType": Fields(_fields("name values synonyms"))}),
            "virtualAgentEnabled": "",
            "voiceProcessingPrompt": "com",
        }
    ),
    "settingsKnowledge": Names(
        Fields(
            {
                **_fields("maxNumOfAnswersReturned", "int"),
                **_fields("responseBias knowledgePathMode knowledgeSettingsMode sendKnowledgeFeedback"),
                "knowledgePath": Fields({"targetTaskRef": "text"}),
                **_fields("knowledgeInitialResponseFollowup knowledgeInitialResponseSingle", "com"),
                **_fields("knowledgeInitialResponseMulti knowledgeInitialResponseMultiRetry", "com"),
                **_fields("knowledgeNoMatch knowledgeConfirmation", "com"),
            }
        )
    ),
    "settingsNaturalLanguageUnderstanding": Fields(
        {
            "nluDomainVersion": Fields(
                {
                    **_fields("language languageVersions"),
                    "intents": Each(
                        Fields({**_fields("name id description entityNameReferences"), "utterances": _UTTERANCES})
                    ),
                    "entities": Each(Fields(_fields("name type"))),
                    "entityTypes": Each(
                        Fields(
                            {
                                **_fields("name description"),
                                "mechanism": Fields(
                                    {**_fields("type restricted"), "items": Each(Fields(_fields("value synonyms")))}
                                ),
                            }
                        )
                    ),
                }
            ),
            "mutedUtterances": "",
        }
    ),
    "supportedLanguages": Names(_LANGUAGE),
}
"""Groups of settings by their key; those with ranges and defaults are ``dsl.load.settings``."""


def tell_strangers(node: Node, part: Part, what: str, reader: Reader, *, values: bool = False) -> None:
    """Report keys that nobody reads, and lists and mappings that stand where the other belongs; ``values`` has values
    looked at, too, where nobody else does."""
    if isinstance(part, str):
        if part == "flag":
            flag(node, reader, what)
        elif values and part not in ("", "text"):
            read_value(node, Type(part), reader, what)
    elif is_nothing(node):
        return
    elif isinstance(part, Each):
        for item in node.items if isinstance(node, Seq) else ():
            tell_strangers(item, part.part, f"an entry of {what}", reader, values=values)
        if not isinstance(node, Seq):
            reader.report("wrong-kind", f"{what} must be a list", node.span)
    elif isinstance(part, Items):
        _items(node, part, what, reader, values)
    else:
        _mapping(node, part, what, reader, values)


def _items(node: Node, part: Items, what: str, reader: Reader, values: bool) -> None:
    for item in node.items if isinstance(node, Seq) else ():
        if not isinstance(item, Map):
            reader.report("wrong-kind", f"an entry of {what} must be a mapping with one key", item.span)
        elif len(item):
            tell_strangers(Map(item.items[:1], item.span), Fields(part.parts), what, reader, values=values)


def _mapping(node: Node, part: Fields | Names, what: str, reader: Reader, values: bool) -> None:
    holds_actions = isinstance(part, Fields) and "actions" in part.parts
    help_ = 'put the list below "actions:"' if holds_actions and isinstance(node, Seq) else None
    for key, inner in reader.mapping(node, what, help_) or ():
        if key.text in PLACEHOLDERS or (isinstance(part, Names) and not key.text.startswith(part.prefix)):
            continue
        below = part.each if isinstance(part, Names) else part.parts.get(key.text)
        if below is None:
            known = part.parts if isinstance(part, Fields) else ()
            reader.report("unknown-key", f'{what} has no key "{key.text}"', key.span, did_you_mean(key.text, known))
        else:
            tell_strangers(inner, below, f'"{key.text}"', reader, values=values)
