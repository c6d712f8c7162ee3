"""A whole native flow as an Archy document: variables, containers, menus, settings (flow-format.md §2-§7, §10, §12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.native.actions import ActionImport
from dsl.native.bots import bot_settings, event_handling
from dsl.native.kinds import CHOICE_OF_ACTION, FLOW_TYPES
from dsl.native.paths import Walk
from dsl.native.reading import Leftover, Notes, Piece
from dsl.native.settings import digit
from dsl.native.values import NO_VALUE, Template, audio, value, variable_type
from dsl.source import Diagnostic, Key, Map, Node, Scalar, Seq, Span, plain

_UNREAD = (
    "manifest flowMetaData nextTrackingNumber versionMetaData customDefinitions debugSettings isSecure "
    "speechRecEngine supportedLanguages".split()
)
_DEFAULTS = {
    "CollectInputAction": ("collectInput", {"noEntryTimeout": "noEntryTimeout"}),
    "DialExtensionAction": ("dialByExtension", {"digitTimeout": "interDigitTimeout"}),
    "PlayAudioOnSilenceAction": ("playAudioOnSilence", {"timeout": "timeout"}),
    "DetectSilenceAction": ("detectSilence", {"timeout": "timeout"}),
    "TransferUserAction": ("transferToUser", {"connTimeout": "connectTimeout"}),
    "TransferGroupAction": ("transferToGroup", {"connTimeout": "connectTimeout"}),
    "TransferExternalAction": ("transferToNumber", {"connTimeout": "connectTimeout"}),
    "TransferFlowSecureAction": ("transferToFlowSecure", {"connTimeout": "connectTimeout"}),
    "DataAction": ("callData", {"processingPrompt": "processingPrompt"}),
    "BridgeServerAction": ("callBridge", {"processingPrompt": "processingPrompt"}),
    "SecureDataAction": ("callDataSecure", {"processingPrompt": "processingPrompt"}),
    "AskForBooleanAction": ("askForBoolean", {"voiceEndOfInputTimeout": "voiceEndOfInputTimeout"}),
    "AskForSlotAction": ("askForSlot", {"voiceEndOfInputTimeout": "voiceEndOfInputTimeout"}),
    "AskForNLUIntentAction": ("askForIntent", {"voiceEndOfInputTimeout": "voiceEndOfInputTimeout"}),
    "AskSurveyQuestionAction": ("askSurveyQuestion", {"voiceEndOfInputTimeout": "voiceEndOfInputTimeout"}),
    "AskForNLUNextIntentAction": ("loopAnythingElse", {"voiceEndOfInputTimeout": "voiceEndOfInputTimeout"}),
}
"""Native defaults of actions: the group of ``settingsActionDefaults`` and the names inside."""

_FIXED_DEFAULTS = frozenset({"interDigitTimeout", "allowedRepeatCount", "silenceDuration"})
"""Defaults that Archy has no place for and whose values are those of the actions anyway."""

_MENU = {
    "promptRepeatDelay": "menuSelectionTimeout",
    "promptRepeatCount": "repeatCount",
    "useExtensionDialing": "listenForExtensionDialing",
    "extensionDialingDelay": "extensionDialingMaxDelay",
}
_SPEECH = {
    "speechRecMinConfidence": "minConfidenceLevel",
    "speechRecTimeoutComplete": "completeMatchTimeout",
    "speechRecTimeoutIncomplete": "incompleteMatchTimeout",
    "speechRecTimeoutTotal": "maxSpeechLengthTimeout",
}
_CONTAINERS = {"Task": "task", "LoopTask": "task", "State": "state", "BotState": "bot", "Menu": "menu"}
_HANDLING = {
    "0": "disconnect",
    "1": "queue",
    "2": "menu",
    "3": "task",
    "exitbot": "exit",
    "exitbotflow": "exit",
    "endworkflow": "endWorkflow",
    "endflow": "endFlow",
    "endinqueuestate": "endInQueueState",
    "abortsend": "abortSend",
    "completesend": "completeSend",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """A flow in Archy's form: its type, name and document, what was found, and what is kept as comments."""

    flow_type: str
    name: str
    document: Map
    findings: tuple[Diagnostic, ...]
    leftovers: tuple[Leftover, ...]


def import_flow(tree: Map) -> Imported:
    """The Archy document of a native flow. What has no place in it is a finding ``not-imported`` with its JSON path."""
    notes = Notes()
    body, flow_type, name = _Flow(Piece(tree, "$", notes, tree), notes).build()
    document = node_of({flow_type: body}, tree.span)
    assert isinstance(document, Map)
    return Imported(flow_type, name, document, tuple(notes.findings), tuple(notes.leftovers))


def node_of(template: Template, span: Span) -> Node:
    """A plain value as a positioned tree, for the writer."""
    if isinstance(template, Scalar | Seq | Map):
        return template
    if isinstance(template, dict):
        return Map(tuple((Key(key, span), node_of(inner, span)) for key, inner in template.items()), span)
    if isinstance(template, list):
        return Seq(tuple(node_of(item, span) for item in template), span)
    if isinstance(template, bool):
        return Scalar(template, str(template).lower(), "plain", span)
    return Scalar(template, str(template), "double" if isinstance(template, str) else "plain", span)


class _Flow:
    def __init__(self, root: Piece, notes: Notes) -> None:
        self.root, self.notes = root, notes
        kind = root.text("type")
        self.flow_type = FLOW_TYPES.get(kind.replace("_", "").casefold(), kind)
        self.items = root.pieces("flowSequenceItemList")
        self.refs = dict(self.references())
        self.tasks = {
            item.text("id"): item.text("name") for item in self.items if _CONTAINERS.get(item.text("__type")) == "task"
        }
        self.declared = {
            piece.text("name").casefold(): variable_type(piece)
            for piece in self.variables_anywhere()
            if "name" in piece
        }
        self.work = ActionImport(self.flow_type, self.refs, self.declared)

    def build(self) -> tuple[dict[str, Template], str, str]:
        root = self.root
        name = root.text("name") or "Imported flow"
        flow: dict[str, Template] = {"name": name}
        if root.text("description"):
            flow["description"] = root.text("description")
        division = root.piece("division").text("name")
        if division:
            flow["division"] = division
        language = root.text("defaultLanguage").lower()
        if language:
            flow["defaultLanguage"] = language
            flow["supportedLanguages"] = self.languages(language)
        flow.update(self.start())
        greeting = root.piece("initialPrompts")
        if "defaultAudio" in greeting and (audio_ := audio(greeting)) != NO_VALUE:
            flow["initialGreeting"] = audio_
        variables = self.variables(root, "flow")
        if variables:
            flow["variables"] = variables
        flow.update(self.settings())
        flow.update(self.containers())
        root.take(*_UNREAD)
        root.leave_rest("the flow")
        return flow, self.flow_type, name

    # Containers.

    def references(self) -> Iterator[tuple[str, str]]:
        """The refId of each container by its id and by its name: ``<name>_<number>``, as Archy's own export has it."""
        for item in self.items:
            kind = _CONTAINERS.get(item.text("__type"), "task")
            number = item.text("trackingId")
            ref_id = f"{item.text('name')}_{number}" if number else item.text("name")
            yield item.text("id"), ref_id
            yield f"{kind}:{item.text('name')}", ref_id

    def start(self) -> dict[str, Template]:
        wanted = self.root.text("initialSequence")
        first = next((item for item in self.items if item.text("id") == wanted), None)
        self.inline_start = None
        if self.flow_type in ("inqueueCall", "commonModule"):
            first = first or next(iter(self.items), None)
            self.inline_start = first
            return {"startUpTaskActions": self.actions(first) if first is not None else []}
        if first is None:
            first = next(iter(self.items), None)
            if wanted:
                message = "the start of the flow is not in the export; the first container is taken"
                self.notes.say("not-imported", "$.initialSequence", self.root.node, message)
        if first is None:
            return {}
        kind = _CONTAINERS.get(first.text("__type"), "task")
        return {"startUpRef": f"/{self.flow_type}/{kind}s/{kind}[{self.refs[first.text('id')]}]"}

    def containers(self) -> dict[str, Template]:
        lists: dict[str, list[Template]] = {}
        for item in self.items:
            if item is self.inline_start:
                item.take("startAction", "actionList", "name")
                variables = self.variables(item, "task")
                if variables:
                    lists["startUpTaskVariables"] = variables
                item.leave_rest("the start-up task")
                continue
            kind = _CONTAINERS.get(item.text("__type"))
            if kind is None:
                name = item.text("__type") or "an object without a type"
                self.notes.leave(item.path, item.node, f"{name} is no container that this import knows")
                continue
            built = self.menu(item) if kind == "menu" else self.container(item, kind)
            lists.setdefault(f"{kind}s", []).append({kind: built})
        return dict(lists)

    def container(self, item: Piece, kind: str) -> dict[str, Template]:
        found: dict[str, Template] = {"name": item.text("name"), "refId": self.refs[item.text("id")]}
        variables = self.variables(item, kind)
        if variables:
            found["variables"] = variables
        paths: list[Template] = [
            {"outputPath": {"name": path.text("label")}}
            for path in item.pieces("paths")
            if path.text("outputId") != "__DEFAULT__" and path.text("label").casefold() != "default"
        ]
        if paths and kind == "task":
            found["outputPaths"] = paths
        found["actions"] = self.actions(item)
        item.leave_rest(f'{kind} "{item.text("name")}"')
        return found

    def actions(self, item: Piece) -> Template:
        listed = item.pieces("actionList")
        first = item.text("startAction")
        if not first and listed:
            followed = {action.text("nextAction") for action in listed}
            first = next((a.text("id") for a in listed if a.text("id") not in followed), listed[0].text("id"))
        walk = Walk(self.work, listed, self.notes)
        found = walk.actions(first)
        for action in listed:
            if action.text("id") not in walk.written:
                message = f'nothing leads to "{action.text("name")}"; it is left out'
                self.notes.leave(action.path, action.node, message)
        return found

    def variables_anywhere(self) -> Iterator[Piece]:
        yield from Piece(self.root.node, "$", Notes(), self.root.node).pieces("variables")
        for item in self.items:
            yield from Piece(item.node, item.path, Notes(), item.node).pieces("variables")

    def variables(self, owner: Piece, kind: str) -> list[Template]:
        found: list[Template] = []
        for piece in owner.pieces("variables"):
            name = piece.text("name")
            type_ = variable_type(piece)
            if not name or piece.flag("isInternal"):
                continue
            body: dict[str, Template] = {"name": name}
            description = piece.text("description")
            if description:
                body["description"] = description
            body["initialValue"] = value(piece.piece("initialValue"))
            for flag in ("isInput", "isOutput", "isSecure"):
                if piece.flag(flag):
                    body[flag] = True
            piece.take("typeIdentifier", "dataTypeId")
            piece.leave_rest(f'the variable "{name}"')
            found.append({f"{type_}Variable": body})
        return found

    # Menus.

    def menu(self, item: Piece) -> dict[str, Template]:
        ref_id = self.refs[item.text("id")]
        found: dict[str, Template] = {"name": item.text("name"), "refId": ref_id, "audio": audio(item.piece("prompts"))}
        menu, speech = self.group(item, _MENU), self.group(item, _SPEECH)
        if menu:
            found["settingsMenu"] = menu
        if speech:
            found["settingsSpeechRec"] = speech
        choices: list[Template] = []
        for choice in item.pieces("menuChoiceList"):
            choices.append(self.choice(choice))
        default = item.node.get("defaultMenuChoice")
        chosen = default.text if isinstance(default, Scalar) else item.piece("defaultMenuChoice").text("id")
        if isinstance(default, Map) and "action" in default:
            choices.append(self.choice(item.piece("defaultMenuChoice")))
        names = {
            c.text("id"): self.choice_ref(c) for c in [*item.pieces("menuChoiceList"), item.piece("defaultMenuChoice")]
        }
        if chosen and chosen in names:
            built = next(
                (
                    key
                    for entry in choices
                    if isinstance(entry, dict)
                    for key, body in entry.items()
                    if isinstance(body, dict) and body.get("refId") == names[chosen]
                ),
                "menuDisconnect",
            )
            found["defaultChildMenuRef"] = f"./choices/{built}[{names[chosen]}]"
        if choices:
            found["choices"] = choices
        for prompt in item.pieces("invalidSpeechRecPromptsList"):
            self.notes.leave(prompt.path, prompt.node, "Archy has no place for the prompts after unknown speech")
        item.leave_rest(f'the menu "{item.text("name")}"')
        return found

    def choice_ref(self, choice: Piece) -> str:
        name = choice.text("name") or choice.piece("action").text("name") or "Choice"
        number = choice.text("trackingId") or choice.piece("action").text("trackingId")
        return f"{name}_{number}" if number else name

    def choice(self, choice: Piece) -> Template:
        action = choice.piece("action")
        found: dict[str, Template] = {
            "name": choice.text("name") or action.text("name") or "Choice",
            "refId": self.choice_ref(choice),
        }
        key_pressed = digit(choice.text("digit"))
        if key_pressed:
            found["dtmf"] = key_pressed
        found["globalDtmf"] = choice.flag("globalDtmf")
        found["globalSpeechRecTerms"] = choice.flag("globalSpeech")
        terms = plain(choice.take("speechRecTerms") or Scalar(None, "", "plain", choice.node.span))
        if isinstance(terms, dict):
            spoken: dict[str, Template] = {
                language.lower(): {"terms": [str(term) for term in _terms(listed)]}
                for language, listed in terms.items()
                if _terms(listed)
            }
            if spoken:
                found["speechRecTerms"] = spoken
        key = self.work.key(action)
        if key == "task":
            return {"menuTask": {**found, **self.inline_task(action)}}
        if key == "menu":
            return {"menuJumpToMenu": {**found, "targetMenuRef": self.work.reference("menu", action)}}
        kind = CHOICE_OF_ACTION.get(key)
        if kind is None:
            self.notes.leave(choice.path, choice.node, f'a menu choice cannot take the action "{key}"')
            return {"menuRepeatMenu": found}
        body = self.work.body(action) if key not in ("repeatMenu", "previousMenu") else {}
        body.pop("name", None)
        for path in action.pieces("paths"):
            if path.text("nextActionId"):
                self.notes.leave(path.path, path.node, "a menu choice has no output: the menu repeats after a failure")
        choice.leave_rest(f'the choice "{found["name"]}"')
        return {kind: {**found, **body}}

    def inline_task(self, action: Piece) -> dict[str, Template]:
        """The task behind a choice: it is called, so that the menu goes on behind it as it did."""
        wanted = action.text("taskReference")
        item = next((item for item in self.items if item.text("id") == wanted), None)
        if item is None:
            return {"task": {"actions": []}}
        called: Template = {"name": item.text("name"), "targetTaskRef": self.task(wanted) or ""}
        return {"task": {"actions": [{"callTask": called}]}}

    # Settings.

    def languages(self, default: str) -> dict[str, Template]:
        found: dict[str, Template] = {}
        for option in self.root.pieces("supportedLanguageOptions"):
            tag = option.text("language").lower()
            settings: dict[str, Template] = {"defaultLanguageSkill": value(option.piece("languageSkill"))}
            speech = option.piece("textToSpeech")
            engine, voice = speech.piece("engine").text("name"), speech.piece("voice").text("name")
            if engine or voice:
                named: Template = {"voice": voice} if voice else {"defaultVoice": True}
                settings["textToSpeech"] = {engine or "defaultEngine": named}
            option.take("textToSpeech", "fallbackOverride", "speechToText")
            option.leave_rest(f'the language "{tag}"')
            if tag:
                found[tag] = settings
        listed = self.root.take("supportedLanguages")
        for item in listed.items if isinstance(listed, Seq) else ():
            tag_node = item.get("language") if isinstance(item, Map) else item
            if isinstance(tag_node, Scalar):
                found.setdefault(tag_node.text.lower(), {"none": True})
        found.setdefault(default, {"none": True})
        return found

    def group(self, owner: Piece, names: dict[str, str]) -> dict[str, Template]:
        return {name: value(owner.piece(native)) for native, name in names.items() if native in owner}

    def settings(self) -> dict[str, Template]:
        root = self.root
        found: dict[str, Template] = {}
        errors = self.error_handling()
        if errors:
            found["settingsErrorHandling"] = errors
        defaults = root.piece("defaultSettings")
        actions: dict[str, Template] = {}
        for native, (group, names) in _DEFAULTS.items():
            if native in defaults:
                piece = defaults.piece(native)
                actions[group] = self.group(piece, names)
                piece.take(*_FIXED_DEFAULTS)
                piece.leave_rest(f"the defaults of {group}")
        if actions:
            found["settingsActionDefaults"] = actions
        menu, speech = self.group(defaults.piece("Menu"), _MENU), self.group(defaults.piece("SpeechRec"), _SPEECH)
        voice = "disableAsr" in root
        if voice:
            directory = root.flag("disableAsrCompanyDirectory")
            speech["asrCompanyDir"] = (
                "none" if directory or not root.flag("speechRecCompanyDirectory") else "entireFlow"
            )
            speech["asrEnabledOnFlow"] = not root.flag("disableAsr")
            speech["suppressRecording"] = root.flag("suppressRecording")
        root.take("disableAsr", "disableAsrCompanyDirectory", "speechRecCompanyDirectory", "suppressRecording")
        if menu:
            found["settingsMenu"] = menu
        if speech and self.flow_type in ("inboundCall", "outboundCall", "secureCall", "voicemail"):
            found["settingsSpeechRec"] = speech
        defaults.leave_rest("the defaults")
        found.update(self.type_settings())
        return found

    def type_settings(self) -> dict[str, Template]:
        """What only some flow types have."""
        root = self.root
        found: dict[str, Template] = {}
        queue = root.piece("inQueueCallFlowSettings")
        if "holdMusic" in queue:
            found["settingsInQueueCall"] = {"holdMusic": value(queue.piece("holdMusic"))}
        outbound = root.piece("outboundCallSettings")
        if len(outbound.node):
            found["settingsOutboundCall"] = {
                "contactList": value(outbound.piece("contactList")),
                "wrapupCode": value(outbound.piece("defaultWrapupCode")),
            }
            outbound.leave_rest("the outbound settings")
        mail = root.piece("inboundEmailSettings")
        if "autoGeneratedEmailHandlingType" in mail and self.flow_type == "inboundEmail":
            kind = mail.text("autoGeneratedEmailHandlingType").casefold()
            handling = "continue" if kind in ("continue", "1") else "disconnect"
            found["settingsInboundEmailHandling"] = {"emailHandling": {handling: {"none": True}}}
        worktype = root.piece("worktype", "workitemSettings")
        if worktype.text("name", "worktypeName"):
            found["worktype"] = {"name": worktype.text("name", "worktypeName")}
        if self.flow_type == "commonModule":
            types = plain(root.take("compatibleFlowTypes") or Scalar(None, "", "plain", root.node.span))
            if isinstance(types, list):
                listed: list[Template] = [{"flowType": FLOW_TYPES.get(str(t).casefold(), str(t))} for t in types]
                found["settingsCommonModule"] = {"compatibleFlowTypes": listed}
        found.update(bot_settings(root, self.task, self.tasks))
        return found

    def task(self, wanted: str) -> str | None:
        """The reference to a task by its id; None for one that is not in the export."""
        return f"/{self.flow_type}/tasks/task[{self.refs[wanted]}]" if wanted in self.tasks else None

    def error_handling(self) -> dict[str, Template]:
        piece = self.root.piece("errorHandling")
        if not len(piece.node):
            return {}
        found: dict[str, Template] = {}
        if "audio" in piece:
            found["preHandlingAudio"] = audio(piece.piece("audio"))
        text = piece.text("handlingType")
        kind = _HANDLING.get(text.casefold(), text[:1].lower() + text[1:] or "disconnect")
        body: Template = {"none": True}
        if kind == "queue":
            body = {"targetQueue": value(piece.piece("queue"))}
        elif kind in ("menu", "task", "state"):
            body = {f"target{kind.capitalize()}Ref": self.work.reference(kind, piece)}
        found["errorHandling"] = {kind: body}
        found.update(event_handling(piece, self.task))
        piece.take("queue", "menuReference", "taskReference", "stateReference")
        piece.leave_rest("the error handling")
        return found


def _terms(listed: object) -> list[object]:
    if isinstance(listed, dict):
        listed = listed.get("terms") or []
    return listed if isinstance(listed, list) else [listed] if listed else []
