"""One emitter per kind of action: what the generated code does for it (flow-format.md §9).

An action that the machine runs itself has an entry in ``EMIT``; every other one is a request to its port by
its catalogue entry.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from dsl.compile import bots, control, dialling, requests, voice
from dsl.compile.compiler import Compiler
from dsl.compile.requests import bind_failures, emit_by_catalogue
from dsl.compile.settings import word
from dsl.model import Action
from dsl.source import Map, Scalar, Seq

Emitter = Callable[[Compiler, Action, int], None]


# Data.


def emit_update_data(c: Compiler, action: Action, site: int) -> None:
    """Assignments in order; only an acknowledged extractSecureData may read secure variables."""
    secure = action.key == "extractSecureData" and bool(action.settings.get("acknowledgment"))
    changes = [
        c.b.assign(c.b.slot(target, type_), c.b.value(value, secure=secure))
        for type_, target, value in action.settings.get("statements") or ()
    ]
    c.b.done(site, None, changes)


def emit_set_participant_data(c: Compiler, action: Action, site: int) -> None:
    pairs = [(c.b.value(name), c.b.value(value)) for name, value in action.settings.get("attributes") or ()]
    names, values = [name for name, _ in pairs], [value for _, value in pairs]
    if all(isinstance(name, ast.Constant) and name.value for name in names):
        c.b.do("set_named_attributes", site, ast.Dict(list(names), values))
    else:
        listed = [ast.Tuple([name, value], ast.Load()) for name, value in pairs]
        c.b.do("set_attributes", site, ast.Tuple(list(listed), ast.Load()))
    c.b.done(site)


def emit_get_participant_data(c: Compiler, action: Action, site: int) -> None:
    changes = [
        c.b.binding(target, c.b.call("attribute", c.b.value(name)))
        for name, target in action.settings.get("attributes") or ()
    ]
    c.b.done(site, None, changes)


def emit_set_language(c: Compiler, action: Action, site: int) -> None:
    c.b.do("set_language", c.b.value(action.settings.get("language")))
    c.b.done(site, None)


def emit_outcome(c: Compiler, action: Action, site: int) -> None:
    name = action.settings.get("flowOutcome") or action.settings.get("flowMilestone")
    value = {"initializeFlowOutcome": "INITIALIZED", "addFlowMilestone": "MILESTONE"}.get(action.key) or word(
        action, "flowOutcomeValue"
    )
    c.b.do("outcome", name, value)
    c.b.done(site, None)


def emit_set_uui(c: Compiler, action: Action, site: int) -> None:
    c.b.do("write_headers", c.b.value(action.settings.get("uuiData")))
    c.b.done(site, None)


def emit_headers(c: Compiler, action: Action, site: int) -> None:
    raw = action.key == "getRawSIPHeaders"
    names = c.b.value(action.settings.get("sipHeaderNames"), ())
    path = c.b.call("read_raw_headers") if raw else c.b.call("read_headers", names)
    target = action.settings.get("rawSIPHeadersResult" if raw else "sipHeadersResult")

    def keep() -> None:
        if target:
            c.b.changed(site, [c.b.binding(target, c.b.call("output", "headers"))])

    failures = action.settings.get("failureOutputs") or {}
    c.paths(action, path, site, {"success": keep, "failure": lambda: bind_failures(c, site, failures)})


def emit_set_wrapup_code(c: Compiler, action: Action, site: int) -> None:
    c.b.do("remember_wrapup", c.b.value(action.settings.get("wrapupCode")))
    emit_by_catalogue(c, action, site)


# Bots.


def emit_intent(c: Compiler, action: Action, site: int) -> None:
    c.b.do("set_intent", c.b.value(action.settings.get("intent")))
    c.b.done(site, None)


def emit_clear_slot(c: Compiler, action: Action, site: int) -> None:
    node = action.settings.get("slots")
    changes = []
    for item in node.items if isinstance(node, Seq) else ():
        body = item.get("slot") if isinstance(item, Map) else None
        name = body.get("name") if isinstance(body, Map) else None
        if isinstance(name, Scalar):
            slot = c.b.slot(name.text if "." in name.text else f"Slot.{name.text}")
            empty: ast.expr = ast.Tuple([], ast.Load()) if c.b.types[slot].endswith("_coll") else ast.Constant(None)
            changes.append(c.b.assign(slot, empty))
    c.b.done(site, None, changes)


EMIT: Mapping[str, Emitter] = {
    "decision": control.emit_decision,
    "switch": control.emit_switch,
    "loop": control.emit_loop,
    "loopUntil": control.emit_loop_until,
    "loopNext": control.emit_loop_next,
    "loopExit": control.emit_loop_exit,
    "callTask": control.emit_call_task,
    "callCommonModule": control.emit_call_module,
    "jumpToTask": control.emit_jump,
    "jumpToMenu": control.emit_jump,
    "previousMenu": control.emit_previous_menu,
    "changeState": control.emit_jump,
    "endTask": control.emit_end_task,
    "endState": control.emit_finish,
    "disconnect": control.emit_disconnect,
    "endWorkflow": control.emit_finish,
    "exitBotFlow": control.emit_finish,
    "exitWorkitemFlow": control.emit_finish,
    "updateData": emit_update_data,
    "extractSecureData": emit_update_data,
    "setParticipantData": emit_set_participant_data,
    "getParticipantData": emit_get_participant_data,
    "setLanguage": emit_set_language,
    "initializeFlowOutcome": emit_outcome,
    "setFlowOutcome": emit_outcome,
    "addFlowMilestone": emit_outcome,
    "playAudio": voice.emit_play_audio,
    "communicate": voice.emit_play_audio,
    "flushAudio": voice.emit_flush_audio,
    "collectInput": voice.emit_collect_input,
    "holdMusic": voice.emit_hold_music,
    "playEstimatedWaitTime": voice.emit_estimated_wait,
    "playPositionInQueue": voice.emit_position,
    "detectSilence": voice.emit_detect_silence,
    "playAudioOnSilence": voice.emit_play_on_silence,
    "wait": voice.emit_wait,
    "callData": requests.emit_call_data,
    "callDataSecure": requests.emit_call_data,
    "callBridge": requests.emit_call_data,
    "transferToAcd": requests.emit_transfer,
    "transferToUser": requests.emit_transfer,
    "transferToGroup": requests.emit_transfer,
    "transferToNumber": requests.emit_transfer,
    "transferToVoicemail": requests.emit_transfer,
    "transferToFlow": requests.emit_transfer,
    "transferToFlowSecure": requests.emit_transfer,
    "dialByExtension": dialling.emit_dial_by_extension,
    "returnToAgent": requests.emit_transfer,
    "setUUIData": emit_set_uui,
    "getSIPHeaders": emit_headers,
    "getRawSIPHeaders": emit_headers,
    "setWrapupCode": emit_set_wrapup_code,
    **dict.fromkeys(bots.KINDS, bots.emit_ask),
    "detectIntent": bots.emit_detect_intent,
    "callBotFlow": bots.emit_call_bot,
    "callDigitalBotFlow": bots.emit_call_bot,
    "callVoiceFlow": bots.emit_call_bot,
    "setIntent": emit_intent,
    "clearActiveIntent": emit_intent,
    "clearSlot": emit_clear_slot,
}
"""Every action that is more than a request by its catalogue entry."""
