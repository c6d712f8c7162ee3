"""Which native class is which Archy action, and how its properties are called there.

Rules first, exceptions in tables: a class is the action's key with a capital and ``Action`` behind it; a property
has the key's own name. The tables hold what deviates (flow-format.md §8 has the same list for the SDK's names).
"""

from __future__ import annotations

from collections.abc import Mapping

from dsl.actions import actions

FLOW_TYPES: Mapping[str, str] = {
    "inboundcall": "inboundCall",
    "outboundcall": "outboundCall",
    "securecall": "secureCall",
    "inqueuecall": "inqueueCall",
    "voicemail": "voicemail",
    "workflow": "workflow",
    "workitem": "workitem",
    "inboundemail": "inboundEmail",
    "inboundchat": "inboundChat",
    "inboundshortmessage": "inboundShortMessage",
    "inqueueemail": "inqueueEmail",
    "inqueueshortmessage": "inqueueShortMessage",
    "bot": "botFlow",
    "botflow": "botFlow",
    "digitalbot": "digitalBot",
    "digitalbotflow": "digitalBot",
    "commonmodule": "commonModule",
    "surveyinvite": "surveyInvite",
    "voicesurvey": "voiceSurvey",
    "voice": "voice",
}
"""The export's ``type`` and the root key of Archy's form."""

_CLASSES: Mapping[str, str] = {
    "AskForNLUIntentAction": "askForIntent",
    "AskForNLUNextIntentAction": "loopAnythingElse",
    "BridgeServerAction": "callBridge",
    "DataAction": "callData",
    "DialExtensionAction": "dialByExtension",
    "EndFlowAction": "returnToAgent",
    "EndWorkflowAction": "endWorkflow",
    "ExitLoopAction": "loopExit",
    "NextLoopAction": "loopNext",
    "GetAttributesAction": "getParticipantData",
    "SetAttributesAction": "setParticipantData",
    "GetConversationAttributesAction": "getConversationData",
    "SetConversationAttributesAction": "setConversationData",
    "GetSecuredAttributesAction": "getSecuredData",
    "SetSecuredAttributesAction": "setSecuredData",
    "ParticipantRecordAction": "enableParticipantRecord",
    "ScreenPopAction": "setScreenPop",
    "SecureAction": "callDataSecure",
    "SecureDataAction": "callDataSecure",
    "SetActiveIntentAction": "setIntent",
    "SetLocaleAction": "setLanguage",
    "SetWhisperAudio": "setWhisperAudio",
    "TransferExternalAction": "transferToNumber",
    "TransferFlowAction": "transferToFlow",
    "TransferFlowSecureAction": "transferToFlowSecure",
    "TransferGroupAction": "transferToGroup",
    "TransferMenuAction": "jumpToMenu",
    "TransferPureMatchAction": "transferToAcd",
    "TransferTaskAction": "jumpToTask",
    "TransferUserAction": "transferToUser",
    "TransferVoicemailAction": "transferToVoicemail",
    "UpdateVariableAction": "updateData",
}

_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "": {
        "connTimeout": "connectTimeout",
        "wrapUpCode": "wrapupCode",
        "prompts": "audio",
        "responseData": "messageBody",
        "expression": "condition",
        "reasonCode": "exitReason",
        "user": "targetUser",
        "group": "targetGroup",
        "externalNumber": "targetNumber",
        "languageCode": "language",
    },
    "collectInput": {"resultData": "inputData", "prompts": "inputAudio", "verificationPrompts": "verificationAudio"},
    "dialByExtension": {
        "digitTimeout": "interDigitTimeout",
        "numReprompts": "repromptCount",
        "resultData": "extensionVariable",
    },
    "dataTableLookup": {"lookupKeyValue": "lookupValue"},
    "holdMusic": {"bargeInExpression": "bargeInEnabled"},
    "searchExternalContacts": {"externalId": "searchTerm", "externalResult": "externalResults"},
    "communicate": {"prompts": "communication"},
}


def action_key(class_name: str, flow_type: str) -> str:
    """The Archy key of a native class; the rule's answer for one that nobody knows."""
    if class_name == "EndFlowAction":
        ends = {"workflow": "endWorkflow", "workitem": "exitWorkitemFlow", "botFlow": "exitBotFlow"}
        return ends.get(flow_type, "exitBotFlow" if flow_type == "digitalBot" else "returnToAgent")
    if class_name in _CLASSES:
        return _CLASSES[class_name]
    base = class_name.removesuffix("Action")
    return base[:1].lower() + base[1:]


def parameter_name(key: str, native: str) -> str | None:
    """The Archy parameter that a native property is; None when the action has none of that name."""
    spec = actions().get(key)
    if spec is None:
        return None
    name = _PROPERTIES.get(key, {}).get(native) or native
    if name not in spec.parameters:
        name = _PROPERTIES[""].get(native, native)
    return name if name in spec.parameters or spec.open_parameters else None


def output_name(output_id: str, label: str) -> str:
    """``__NOT_FOUND__`` is ``notFound``; an output that the author made has its label."""
    if output_id.startswith("__") and output_id.endswith("__") and len(output_id) > 4:
        first, *others = output_id.strip("_").lower().split("_")
        return first + "".join(word.capitalize() for word in others)
    return label


CHOICE_OF_ACTION: Mapping[str, str] = {
    "disconnect": "menuDisconnect",
    "transferToAcd": "menuTransferToAcd",
    "jumpToTask": "menuJumpToTask",
    "jumpToMenu": "menuJumpToMenu",
    "repeatMenu": "menuRepeatMenu",
    "previousMenu": "menuPreviousMenu",
    "returnToAgent": "menuReturnToAgent",
    "dialByExtension": "menuDialByExtension",
    "transferToUser": "menuTransferToUser",
    "transferToGroup": "menuTransferToGroup",
    "transferToNumber": "menuTransferToNumber",
    "transferToVoicemail": "menuTransferToVoicemail",
    "transferToFlow": "menuTransferToFlow",
    "transferToFlowSecure": "menuTransferToFlowSecure",
}
"""The menu choice that takes each action (flow-format.md §10.1)."""
