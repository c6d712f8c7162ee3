"""What only bots have: how they understand, how they ask, whom they hand over to (flow-format.md §7, §11.1, §12).

The export keeps it in four groups at the root: ``userInputSettings``, ``nluMetaData`` (what the bot understands as
JSON in a text, and beside it which task handles an intent), ``knowledgeSettings`` and the events of ``errorHandling``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from dsl.native.reading import Piece
from dsl.native.values import NO_VALUE, Template, audio, value
from dsl.source import Map, Scalar

Settings = dict[str, Template]
Task = Callable[[str], str | None]
"""The reference to a task by its id; None for one that is not in the export."""

_APOLOGIES: Mapping[str, str] = {
    "noMatchApologies": "noMatchApology",
    "noInputsApologies": "noInputApology",
    "noToConfirmationApologies": "noToConfirmationApology",
    "confirmationNoMatchApologies": "confirmationNoMatchApology",
    "confirmationNoInputApologies": "confirmationNoInputApology",
}
_INPUT = (
    *("enableBargeIn", "enableAutomaticQuickReplies", "enableIntentClassificationHinting"),
    *("noMatchesMax", "noInputsMax", "confirmationRejectionsMax"),
    *("noInputsTimeout", "interDigitTimeout", "dtmfTerminatingCharacter"),
    *("speechToTextSpeechDetectionSensitivity", "speechToTextMaxSpeechTimeout"),
    *("collectionLowConfidenceThreshold", "collectionHighConfidenceThreshold", "confirmationLowConfidenceThreshold"),
)
_EVENTS: Mapping[str, str] = {
    "agentEscalationConfirmation": "agentEscalationConfirmation",
    "agentEscalationHandover": "agentEscalationHandover",
    "errorEventHandover": "errorEventHandover",
    "recognitionEventHandover": "recognitionFailureEventHandover",
}
_HANDLINGS: Mapping[str, tuple[str, str]] = {
    "recognitionHandlingType": ("recognitionFailureEventHandling", "recognitionTaskReference"),
    "agentEscalationHandlingType": ("agentEscalationHandling", "agentEscalationTaskReference"),
}
_VIRTUAL_AGENT = ("summarization", "assignWrapupCodes")
_KNOWLEDGE = (
    *("knowledgeInitialResponseFollowup", "knowledgeInitialResponseSingle", "knowledgeInitialResponseMulti"),
    *("knowledgeInitialResponseMultiRetry", "knowledgeNoMatch", "knowledgeConfirmation"),
)
_DERIVED = (
    *("rawNluCompressionFormat", "intentHealthInfo", "slots", "nluGeneratedInputInfo"),
    *("slotToSlotVariables", "slotToReferencingIntents", "slotToEntityTypes", "dynamicTimeslots"),
    *("nluDomainId", "nluDomainVersionId", "engineVersion", "nluVersionCreateFailed", "nluVersionTrainingFailed"),
    *("knowledgeBaseId", "knowledgeBaseCoreLanguage", "knowledge", "knowledgeFollowupTaskName"),
)
"""What the vendor's service works out from the rest, and its own ids."""


def bot_settings(root: Piece, task: Task, names: Mapping[str, str]) -> Settings:
    """The settings of a bot; ``task`` refers to a task by its id, ``names`` has the tasks' names by theirs."""
    found: Settings = {}
    understood = root.piece("nluMetaData")
    flow = root.piece("botFlowSettings")
    intents: list[Template] = list(_intents(understood, names))
    settings: Settings = {"intentSettings": intents} if intents else {}
    if flow.flag("virtualAgentEnabled"):
        settings["virtualAgentEnabled"] = True
    if settings:
        found["settingsBotFlow"] = settings
    asked = _user_input(root.piece("userInputSettings"))
    if asked:
        found["settingsUserInput"] = asked
    knowledge = root.piece("knowledgeSettings")
    base = knowledge.text("knowledgeBaseName")
    if base:
        found["settingsKnowledge"] = {base: _knowledge(knowledge, task)}
    agent = root.piece("virtualAgentSettings")
    helped: Settings = {name: value(agent.piece(name)) for name in _VIRTUAL_AGENT if name in agent}
    if helped:
        found["settingsVirtualAgent"] = helped
        agent.leave_rest("the virtual agent")
    domain = _domain(understood, root)
    if domain is not None:
        found["settingsNaturalLanguageUnderstanding"] = {"nluDomainVersion": domain}
    for piece, what in ((understood, "the understanding"), (flow, "the bot"), (knowledge, "the knowledge")):
        piece.take(*_DERIVED)
        piece.leave_rest(what)
    return found


def event_handling(errors: Piece, task: Task) -> Settings:
    """What a bot says and does when it has not understood, when it fails, and when a person is wanted."""
    found: Settings = {}
    if "enableAgentEscalation" in errors:
        found["enableAgentEscalation"] = value(errors.piece("enableAgentEscalation"))
    for native, name in _EVENTS.items():
        if native in errors:
            found[name] = audio(errors.piece(native))
    for native, (name, reference) in _HANDLINGS.items():
        target = task(errors.text(reference))
        if native in errors:
            errors.take(native)
            found[name] = {"task": {"targetTaskRef": target}} if target else {"exit": {"none": True}}
    later = errors.text("subsequentRecognitionFailuresHandlingType")
    word = next((word for word in ("Exit", "ExecuteTask") if word.casefold() == later.casefold()), None)
    if word:
        found["subsequentRecognitionFailuresHandlingType"] = word
    return found


def chooser(piece: Piece) -> Settings:
    """Structured content (a chooser, its buttons, a card): literals whose parts are values again."""
    properties = piece.piece("properties")
    found: Settings = {}
    for name, node in properties.node:
        part = Piece(node, f"{properties.path}.{name.text}", piece.notes, properties.node)
        properties.take(name.text)
        found[name.text] = _structured(part)
    piece.take("config", "text", "type", "isEnabled")
    return {"lit": found} if found else dict(NO_VALUE)


def _structured(part: Piece) -> Template:
    if "properties" in part and isinstance(part.node.get("properties"), Map) and len(part.piece("properties").node):
        return chooser(part)
    items = _items(part)
    if items:
        part.take("config", "text", "type")
        return {"lit": [_structured(item) for item in items]}
    return value(part)


def _items(part: Piece) -> list[Piece]:
    body = part.piece("config").piece("lit")
    return [item for item in body.pieces("items") if "properties" in item]


def _user_input(piece: Piece) -> Settings:
    found: Settings = {name: value(piece.piece(name)) for name in _INPUT if name in piece}
    key = found.get("dtmfTerminatingCharacter")
    if isinstance(key, dict) and "lit" in key:
        found["dtmfTerminatingCharacter"] = key["lit"]
    for native, name in _APOLOGIES.items():
        if native in piece:
            found[name] = first_of(piece, native)
    if "endOfSessionMessage" in piece:
        found["endOfSessionMessage"] = audio(piece.piece("endOfSessionMessage"))
    piece.leave_rest("the user input")
    return found


def first_of(owner: Piece, native: str) -> Settings:
    """The one text that Archy has a place for; what else may be said in its place is left over."""
    listed = owner.pieces(native)
    for extra in listed[1:]:
        owner.notes.leave(extra.path, extra.node, f'one text of "{native}" has a place, this is a further one')
    return audio(listed[0]) if listed else dict(NO_VALUE)


def _intents(understood: Piece, names: Mapping[str, str]) -> Iterator[Template]:
    """By intent: the question that confirms it, and the name of the task that handles it."""
    confirmed = understood.piece("intents")
    mappings = understood.piece("mappings")
    handled = mappings.piece("intentsToReusableTasks")
    for name in dict.fromkeys(key.text for key, _ in (*confirmed.node, *handled.node)):
        question = confirmed.piece(name).piece("confirmation")
        intent: Settings = {"name": name, "confirmation": audio(question)}
        task = names.get(handled.piece(name).text("id"))
        if task:
            intent["task"] = {"name": task}
        yield {"intent": intent}
    mappings.take(*_DERIVED)
    mappings.leave_rest("what the intents and slots belong to")


def _knowledge(piece: Piece, task: Task) -> Settings:
    found: Settings = {name: audio(piece.piece(name)) for name in _KNOWLEDGE if name in piece}
    for name in ("responseBias", "knowledgePathMode", "knowledgeSettingsMode"):
        if piece.text(name):
            found[name] = piece.text(name)
    if "maxNumOfAnswersReturned" in piece:
        found["maxNumOfAnswersReturned"] = value(piece.piece("maxNumOfAnswersReturned"))
    if "sendKnowledgeFeedback" in piece:
        found["sendKnowledgeFeedback"] = value(piece.piece("sendKnowledgeFeedback"))
    target = task(piece.text("knowledgeFollowupTaskId"))
    if target:
        found["knowledgePath"] = {"targetTaskRef": target}
    return found


def _domain(understood: Piece, root: Piece) -> Template | None:
    """What the bot understands: JSON in a text; where that cannot be read, at least the names of the intents."""
    raw, outline = understood.take("rawNlu"), understood.take("archNlu")
    given = raw or root.take("nluDomainVersion") or understood.take("nluDomainVersion")
    if not isinstance(given, Scalar):
        return given
    read = _json(given.text)
    if isinstance(read, dict):
        return read
    if given.text.strip():
        message = "what the bot understands is no JSON here; its intents come without their utterances"
        help_ = "take the flow with Archy's export, which has the utterances"
        understood.notes.say("not-imported", f"{understood.path}.rawNlu", given, message, help_)
    if not isinstance(outline, Map):
        return None
    listed = ((name, outline.get(name)) for name in ("intents", "entities", "entityTypes"))
    return {name: node for name, node in listed if node is not None} or None


def _json(text: str) -> Template | None:
    try:
        data: Template | None = json.loads(text)
    except ValueError:
        return None
    return data
