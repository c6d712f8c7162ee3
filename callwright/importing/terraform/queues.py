"""Queues: CX-as-Code's names to the vendor's API fields (routing.md §2)."""

from __future__ import annotations

from callwright.importing.plan import Plan
from callwright.importing.terraform.view import View

_TEXTS = {
    "skill_evaluation_method": "skillEvaluationMethod",
    "scoring_method": "scoringMethod",
    "last_agent_routing_mode": "lastAgentRoutingMode",
    "calling_party_name": "callingPartyName",
    "calling_party_number": "callingPartyNumber",
    "description": "description",
}
_FLAGS = {
    "auto_answer_only": "autoAnswerOnly",
    "enable_transcription": "enableTranscription",
    "enable_audio_monitoring": "enableAudioMonitoring",
    "enable_manual_assignment": "enableManualAssignment",
    "suppress_in_queue_call_recording": "suppressInQueueCallRecording",
}
_NAMED = {
    "queue_flow_id": "queueFlow",
    "email_in_queue_flow_id": "emailInQueueFlow",
    "message_in_queue_flow_id": "messageInQueueFlow",
    "whisper_prompt_id": "whisperPrompt",
    "on_hold_prompt_id": "onHoldPrompt",
}
_MEDIA = ("call", "callback", "chat", "email", "message")


def carry_queue(view: View, plan: Plan) -> None:
    """``genesyscloud_routing_queue``."""
    entry: dict[str, object] = {"name": view.text("name")}
    division = view.name_of("division_id")
    if division:
        entry["division"] = division
    for native, name in _TEXTS.items():
        if view.text(native):
            entry[name] = view.text(native)
    for native, name in _FLAGS.items():
        if view.flag(native) is not None:
            entry[name] = view.flag(native)
    for native, name in _NAMED.items():
        target = view.name_of(native)
        if target:
            entry[name] = {"name": target}
    _after_call_work(view, entry)
    _media(view, entry)
    _members(view, entry)
    _rings(view, entry)
    rules = [_rule(block) for block in view.blocks("routing_rules")]
    if rules:
        entry["routingRules"] = rules
    codes = view.names_of("wrapup_codes")
    if codes:
        entry["wrapupCodes"] = codes
    _direct(view, entry)
    scripts = view.named("default_script_ids")
    if scripts:
        entry["defaultScripts"] = {medium.upper(): {"name": name} for medium, name in scripts.items()}
    view.skip("ignore_members", "source_queue_id", "peer_id", "canned_response_libraries")
    plan.organisation.setdefault("queues", []).append(entry)
    view.leave_rest()


def _after_call_work(view: View, entry: dict[str, object]) -> None:
    prompt, timeout = view.text("acw_wrapup_prompt"), view.number("acw_timeout_ms")
    settings: dict[str, object] = {}
    if prompt:
        settings["wrapupPrompt"] = prompt
    if timeout:
        settings["timeoutMs"] = timeout
    if settings:
        entry["acwSettings"] = settings


def _media(view: View, entry: dict[str, object]) -> None:
    media: dict[str, object] = {}
    for medium in _MEDIA:
        for block in view.blocks(f"media_settings_{medium}"):
            settings: dict[str, object] = {}
            alerting, share = block.number("alerting_timeout_sec"), block.number("service_level_percentage")
            within = block.number("service_level_duration_ms")
            if alerting:
                settings["alertingTimeoutSeconds"] = alerting
            if share is not None and within is not None:
                settings["serviceLevel"] = {"percentage": share, "durationMs": within}
            if block.flag("enable_auto_answer"):
                settings["enableAutoAnswer"] = True
            if medium == "callback":
                settings |= _calling_back(block)
            block.skip("sub_type_settings", "mode", "enable_auto_dial_and_end")
            block.leave_rest()
            media[medium] = settings
    if media:
        entry["mediaSettings"] = media


_CALLBACK_WORDS = {
    "mode": "mode",
    "live_voice_reaction_type": "liveVoiceReactionType",
    "answering_machine_reaction_type": "answeringMachineReactionType",
}
_CALLBACK_NUMBERS = {
    "auto_dial_delay_seconds": "autoDialDelaySeconds",
    "auto_end_delay_seconds": "autoEndDelaySeconds",
    "pacing_modifier": "pacingModifier",
    "max_retry_count": "maxRetryCount",
    "retry_delay_seconds": "retryDelaySeconds",
}
_CALLBACK_FLOWS = {"live_voice_flow": "liveVoiceFlow", "answering_machine_flow": "answeringMachineFlow"}


def _calling_back(block: View) -> dict[str, object]:
    """How the queue calls back, where the configuration says so."""
    found: dict[str, object] = {name: word for key, name in _CALLBACK_WORDS.items() if (word := block.text(key))}
    found |= {name: count for key, name in _CALLBACK_NUMBERS.items() if (count := block.number(key)) is not None}
    found |= {name: {"name": flow} for key, name in _CALLBACK_FLOWS.items() if (flow := block.name_of(key))}
    if block.flag("enable_auto_dial_and_end"):
        found["enableAutoDialAndEnd"] = True
    return found


def _members(view: View, entry: dict[str, object]) -> None:
    members: list[object] = []
    for block in view.blocks("members"):
        name, ring = block.name_of("user_id"), block.number("ring_num")
        if name:
            members.append(name if ring in (None, 1) else {"user": name, "ringNumber": ring})
    if members:
        entry["members"] = members
    groups = [name for native in ("groups", "teams", "skill_groups") for name in view.names_of(native)]
    if groups:
        entry["memberGroups"] = groups


def _rings(view: View, entry: dict[str, object]) -> None:
    rings: list[object] = []
    for block in view.blocks("bullseye_rings"):
        ring: dict[str, object] = {
            "expansionCriteria": [
                {"type": "TIMEOUT_SECONDS", "threshold": block.number("expansion_timeout_seconds") or 0}
            ]
        }
        removed = block.names_of("skills_to_remove")
        if removed:
            ring["actions"] = {"skillsToRemove": removed}
        groups = [name for inner in block.blocks("member_groups") if (name := inner.name_of("member_group_id"))]
        if groups:
            ring["memberGroups"] = groups
        rings.append(ring)
    if rings:
        entry["bullseye"] = {"rings": rings}


def _rule(block: View) -> dict[str, object]:
    rule: dict[str, object] = {"operator": block.text("operator") or "ANY"}
    threshold, wait = block.number("threshold"), block.number("wait_seconds")
    if threshold is not None:
        rule["threshold"] = threshold
    if wait is not None:
        rule["waitSeconds"] = wait
    return rule


def _direct(view: View, entry: dict[str, object]) -> None:
    for block in view.blocks("agent_owned_routing"):
        entry["agentOwnedRouting"] = {
            "enableAgentOwnedCallbacks": bool(block.flag("enable_agent_owned_callbacks")),
            "maxOwnedCallbackHours": block.number("max_owned_callback_hours") or 1,
            "maxOwnedCallbackDelayHours": block.number("max_owned_callback_delay_hours") or 1,
        }
