"""Settings whose Archy form is more than one value (flow-format.md §9), each a small function.

Every function takes the native action and the import at work, and gives the settings that it is about; what it
does not ask for goes the general way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dsl.expressions.types import Type
from dsl.native.reading import Piece
from dsl.native.tree import literal_of
from dsl.native.values import NO_VALUE, Template, audio, literal_value, statement_type, value, variable
from dsl.source import Scalar

if TYPE_CHECKING:
    from dsl.native.actions import ActionImport

Settings = dict[str, Template]


def bindings(pairs: list[Piece]) -> dict[str, Template]:
    """Outputs by name: ``{errorType: {var: Flow.x}}``."""
    found: dict[str, Template] = {}
    for pair in pairs:
        name = pair.text("name", "referenceId")
        bound = variable(pair.piece("value", "expression", "variable"))
        if name:
            found[name] = bound
        pair.leave_rest(f'the output "{name}"')
    return found


def named_outputs(pairs: list[Piece]) -> dict[str, Template]:
    """Inputs by name, each a value."""
    found: dict[str, Template] = {}
    for pair in pairs:
        name = pair.text("name", "referenceId")
        node = pair.node.get("value")
        listed = (
            [value(item) for item in pair.pieces("value")] if node is not None and not hasattr(node, "get") else None
        )
        found[name] = (listed[0] if listed else dict(NO_VALUE)) if listed is not None else value(pair.piece("value"))
        pair.leave_rest(f'the input "{name}"')
    return found


def _data(piece: Piece, work: ActionImport) -> Settings:
    category = piece.piece("category")
    integration = category.text("name") or piece.text("category", "categoryName", "integrationName") or "Data Actions"
    details: dict[str, Template] = {"inputs": named_outputs(piece.pieces("inputs"))}
    details["successOutputs"] = bindings(piece.pieces("outputs"))
    failures = bindings(piece.pieces("errorBindings", "failureOutputs"))
    if failures:
        details["failureOutputs"] = failures
    action = piece.text("actionName") or piece.text("actionId")
    piece.take("actionId")
    found: Settings = {"category": {integration: {"dataAction": {action: details}}}}
    if piece.flag("useSuggestedTimeout"):
        piece.take("timeout")
        found["timeout"] = dict(NO_VALUE)
    return found


def _data_table(piece: Piece, work: ActionImport) -> Settings:
    details: dict[str, Template] = {"foundOutputs": bindings(piece.pieces("outputs"))}
    failures = bindings(piece.pieces("errorBindings"))
    if failures:
        details["failureOutputs"] = failures
    name = piece.text("datatableName") or piece.text("datatableId")
    piece.take("datatableId")
    return {"dataTable": {name: details}}


def _statements(piece: Piece, work: ActionImport) -> Settings:
    listed: list[Template] = []
    for pair in piece.pieces("variables", "statements"):
        kind = statement_type(pair, dict(work.declared))
        target = variable(pair.piece("variable"))
        listed.append({kind: {"variable": target.get("var", ""), "value": value(pair.piece("expression", "value"))}})
        pair.leave_rest("an assignment")
    return {"statements": listed}


def _attributes(piece: Piece, work: ActionImport, *, reads: bool) -> Settings:
    listed: list[Template] = []
    for pair in piece.pieces("variables", "attributes"):
        name = value(pair.piece("name" if "name" in pair else "variable"))
        other = pair.piece("expression" if "expression" in pair else "value" if "value" in pair else "variable")
        taken: Template = variable(other).get("var", "") if reads else value(other)
        listed.append({"attribute": {"name": name, "variable" if reads else "value": taken}})
        pair.leave_rest("an attribute")
    return {"attributes": listed}


def _set_attributes(piece: Piece, work: ActionImport) -> Settings:
    return _attributes(piece, work, reads=False)


def _get_attributes(piece: Piece, work: ActionImport) -> Settings:
    return _attributes(piece, work, reads=True)


def _acd(piece: Piece, work: ActionImport) -> Settings:
    found: Settings = {}
    queues = piece.pieces("queues", "queue") or ([piece.piece("queue")] if "queue" in piece else [])
    found["targetQueue"] = value(queues[0]) if queues else dict(NO_VALUE)
    for extra in queues[1:]:
        piece.notes.leave(extra.path, extra.node, "Archy's transferToAcd has one queue; this further one is left out")
    if "skills" in piece or "acdSkills" in piece:
        found["acdSkills"] = _skills(piece)
    name = piece.text("inQueueFlowName")
    own = "enableInQueueFlow" not in piece or piece.flag("enableInQueueFlow")
    if name and own and not piece.flag("useDefaultHandling"):
        found["overrideInQueueFlow"] = {"name": name}
    piece.take("inQueueFlowId", "enableInQueueFlow", "useDefaultHandling", "transferPureMatchType")
    return found


def _collect(piece: Piece, work: ActionImport) -> Settings:
    low, high = value(piece.piece("numberOfDigitsMin")), value(piece.piece("numberOfDigitsMax"))
    key = digit(piece.text("terminatingCharacter"))
    digits: dict[str, Template]
    if low == high and low != NO_VALUE:
        digits = {"exact": _bare(low)}
    else:
        digits = {"range": {"min": _bare(low, 1), "max": _bare(high, 20)}}
        if key:
            digits["range"]["terminatingDtmf"] = key  # type: ignore[index,call-overload]
    kind = piece.text("verificationType").casefold()
    wanted = "verification" not in piece or piece.flag("verification")
    word = _VERIFICATION.get(kind, "none") if wanted else "none"
    return {"digits": digits, "verificationType": word}


_VERIFICATION = {
    "0": "individualDigits",
    "uniquedigits": "individualDigits",
    "individualdigits": "individualDigits",
    "1": "numeric",
    "numeric": "numeric",
}
"""How a number is read back; whether it is, is a flag of its own."""


def _bare(form: dict[str, Template], default: int = 1) -> Template:
    return form.get("lit", form if "exp" in form else default)


def digit(text: str) -> str:
    """A key of the telephone as Archy writes it (``digit_#``); empty for none."""
    names = {"star": "*", "pound": "#", "10": "#", "11": "*", "one": "1", "two": "2", "three": "3", "four": "4",
             "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "zero": "0"}  # fmt: skip
    found = names.get(text.strip().casefold(), text.strip())
    return f"digit_{found}" if found in set("0123456789*#") else ""


def _switch(piece: Piece, work: ActionImport) -> Settings:
    return {}  # its cases hold actions: the flow's own walk builds them


def _schedule(piece: Piece, work: ActionImport) -> Settings:
    at = value(piece.piece("evaluationDateTime"))
    evaluate: Template = {"now": True} if at == NO_VALUE else {"dateTime": at}
    emergency = _entity(piece, "emergencyGroup")
    chosen = _entity(piece, "schedule")
    if chosen == NO_VALUE and emergency != NO_VALUE:
        piece.take("timeZone")
        return {"evaluationType": {"emergencyGroup": {"emergencyGroup": emergency}}}
    details: dict[str, Template] = {"selectedSchedule": chosen}
    if "timeZone" in piece:
        zone = piece.piece("timeZone")
        details["scheduleTimeZone"] = (
            value(zone) if "config" in zone or "text" in zone else {"lit": piece.text("timeZone")}
        )
    details["evaluate"] = evaluate
    return {"evaluationType": {"schedule": details}}


def _schedule_group(piece: Piece, work: ActionImport) -> Settings:
    at = value(piece.piece("evaluationDateTime"))
    return {
        "scheduleGroup": _entity(piece, "scheduleGroup"),
        "emergencyGroup": _entity(piece, "emergencyGroup"),
        "evaluate": {"now": True} if at == NO_VALUE else {"dateTime": at},
    }


def _entity(piece: Piece, name: str) -> dict[str, Template]:
    """A thing of the organisation: an expression, or its name beside its id."""
    given = piece.piece(name)
    label = piece.text(f"{name}Name")
    piece.take(f"{name}Id")
    form = value(given)
    if form == NO_VALUE and label:
        return {"lit": {"name": label}}
    body = literal_of(given.node.get("config"))
    if "lit" in form and body is not None and not isinstance(form["lit"], dict):
        return literal_value(body, Type("cpx_schedule")) or form
    return form


def _task(piece: Piece, work: ActionImport) -> Settings:
    found: Settings = {"targetTaskRef": work.reference("task", piece)}
    given = named_outputs(piece.pieces("inputs"))
    if given:
        found["inputs"] = given
    bound = bindings(piece.pieces("outputs"))
    if bound:
        found["outputVariables"] = bound
    return found


def _menu(piece: Piece, work: ActionImport) -> Settings:
    return {"targetMenuRef": work.reference("menu", piece)}


def _state(piece: Piece, work: ActionImport) -> Settings:
    return {"targetStateRef": work.reference("state", piece)}


def _end_task(piece: Piece, work: ActionImport) -> Settings:
    reference, name = piece.text("pathReference"), piece.text("pathName")
    if name.casefold() in ("", "default") or reference == "__DEFAULT__":
        return {}
    return {"outputPath": {"name": name}}


def _screen_pop(piece: Piece, work: ActionImport) -> Settings:
    name = piece.text("screenPopName", "scriptName") or piece.text("screenPopId", "scriptId")
    piece.take("screenPopId", "scriptId")
    return {"screenPopScript": {name: {"inputs": named_outputs(piece.pieces("inputs"))}}}


def _callback(piece: Piece, work: ActionImport) -> Settings:
    numbers = piece.pieces("callbackNumbers")
    found: Settings = {"callbackNumber": value(numbers[0])} if numbers else {}
    for extra in numbers[1:]:
        piece.notes.leave(extra.path, extra.node, "createCallback has one number; this further one is left out")
    piece.take("useQueue")
    if piece.text("scriptName"):
        found.update(_screen_pop(piece, work))
    piece.take("scriptName", "scriptId", "inputs")
    return found


def _voicemail(piece: Piece, work: ActionImport) -> Settings:
    kind = (piece.text("transferTargetType") or "user").casefold()
    kind = {"0": "user", "1": "queue", "2": "group"}.get(kind, kind)
    target = value(piece.piece("transferTargetQueue" if kind == "queue" else "transferTarget"))
    details: dict[str, Template] = {f"target{kind.capitalize()}": target}
    piece.take("transferTarget", "transferTargetQueue", "scriptName", "scriptId", "inputs")
    if kind == "queue":
        numbers = piece.pieces("callbackNumbers")
        if numbers:
            details["callbackNumber"] = value(numbers[0])
        if "calleeName" in piece:
            details["calleeName"] = value(piece.piece("calleeName"))
        if "voicemailGreeting" in piece:
            details["voicemailGreeting"] = audio(piece.piece("voicemailGreeting"))
    piece.take("callbackNumbers", "calleeName", "voicemailGreeting")
    return {"destination": {kind: details}}


def _flow(piece: Piece, work: ActionImport) -> Settings:
    info = piece.piece("flow", "targetFlow")
    name = piece.text("flowName") or info.text("name") or piece.text("flowId")
    piece.take("flowId")
    return {"targetFlow": {"name": name}}


def _module(setting: str) -> Callable[[Piece, ActionImport], Settings]:
    def convert(piece: Piece, work: ActionImport) -> Settings:
        name = piece.text("flowName", "commonModuleName", "botFlowName", "moduleName", "name") or piece.text("flowId")
        piece.take("flowId", "flowVersion", "versionId", "commonModuleId", "botFlowId", "moduleId")
        details: dict[str, Template] = {
            "inputs": named_outputs(piece.pieces("inputs")),
            "outputs": bindings(piece.pieces("outputs")),
        }
        return {setting: {name: {"ver_latestPublished": details}}}

    return convert


def _hold_music(piece: Piece, work: ActionImport) -> Settings:
    lasts = value(piece.piece("duration"))
    limited = piece.flag("playForDuration")
    return {"playStyle": {"duration": lasts} if limited and lasts != NO_VALUE else {"entirePrompt": True}}


def _announcement(piece: Piece, work: ActionImport) -> Settings:
    piece.take("prompts")  # the words that the vendor makes of the setting; ours are made when it is played
    return {}


def _outcome(piece: Piece, work: ActionImport) -> Settings:
    name = piece.text("outcomeName") or piece.text("outcomeId")
    piece.take("outcomeId")
    found: Settings = {"flowOutcome": {"name": name}}
    given = piece.text("outcomeValue")
    if given:
        found["flowOutcomeValue"] = given.strip('"').upper().rpartition(".")[2]
    return found


def _milestone(piece: Piece, work: ActionImport) -> Settings:
    name = piece.text("milestoneName") or piece.text("milestoneId")
    piece.take("milestoneId")
    return {"flowMilestone": {"name": name}}


def _auto_reply(piece: Piece, work: ActionImport) -> Settings:
    only = "replyToSenderOnly" not in piece or piece.flag("replyToSenderOnly")
    return {"replyMode": "replyToSender" if only else "replyToAll"}


def _slot(piece: Piece, work: ActionImport) -> Settings:
    name = piece.text("selectedSlot", "slotName", "slot")
    piece.take("slotId", "selectedSlotType", "askResult")  # the slot's own type and variable
    return {"slot": {"name": name.removeprefix("Slot.")}}


def _slots(piece: Piece, work: ActionImport) -> Settings:
    listed: list[Template] = []
    for item in piece.pieces("slots"):
        given = item.given.text if isinstance(item.given, Scalar) else item.text("slotName", "name")
        listed.append({"slot": {"name": given.removeprefix("Slot.")}})
    return {"slots": listed}


def _until(piece: Piece, work: ActionImport) -> Settings:
    cases: list[Template] = []
    for case in piece.pieces("untilCases", "cases"):
        condition = value(case.piece("value", "expression", "condition"))
        cases.append({"untilCase": {"name": case.text("name", "label"), "condition": condition}})
        case.leave_rest("a case")
    found: Settings = {"untilCases": cases}
    if "loopCount" in piece:
        found["maxLoopCount"] = value(piece.piece("loopCount"))
    return found


SPECIAL: Mapping[str, Callable[[Piece, ActionImport], Settings]] = {
    "addFlowMilestone": _milestone,
    "askForSlot": _slot,
    "callBotFlow": _module("botFlow"),
    "callBridge": _data,
    "callCommonModule": _module("commonModule"),
    "callData": _data,
    "callDataSecure": _data,
    "callDigitalBotFlow": _module("digitalBotFlow"),
    "callTask": _task,
    "callVoiceFlow": _module("voiceFlow"),
    "changeState": _state,
    "clearSlot": _slots,
    "collectInput": _collect,
    "createCallback": _callback,
    "dataTableLookup": _data_table,
    "endTask": _end_task,
    "evaluateSchedule": _schedule,
    "evaluateScheduleGroup": _schedule_group,
    "extractSecureData": _statements,
    "getConversationData": _get_attributes,
    "getParticipantData": _get_attributes,
    "getSecuredData": _get_attributes,
    "holdMusic": _hold_music,
    "initializeFlowOutcome": _outcome,
    "jumpToMenu": _menu,
    "jumpToTask": _task,
    "loopUntil": _until,
    "playEstimatedWaitTime": _announcement,
    "playPositionInQueue": _announcement,
    "sendAutoReply": _auto_reply,
    "setConversationData": _set_attributes,
    "setFlowOutcome": _outcome,
    "setParticipantData": _set_attributes,
    "setScreenPop": _screen_pop,
    "setSecuredData": _set_attributes,
    "setSkills": lambda piece, work: {"acdSkills": _skills(piece)},
    "switch": _switch,
    "transferToAcd": _acd,
    "transferToFlow": _flow,
    "transferToFlowSecure": _flow,
    "transferToVoicemail": _voicemail,
    "updateData": _statements,
    "updateWorkitem": _statements,
}
"""Actions with settings of a shape of their own."""


def _skills(piece: Piece) -> Template:
    """A collection value, or a list of single skills."""
    whole = piece.piece("skills", "acdSkills")
    if "config" in whole:
        return value(whole)
    listed = [value(item.piece("skill") if "skill" in item else item) for item in piece.pieces("skills", "acdSkills")]
    return [{"acdSkill": skill} for skill in listed] or dict(NO_VALUE)
