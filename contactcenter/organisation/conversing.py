"""How conversations go: under ``conversations:`` in the organisation (conversations.md, routing.md §13, §14, §16)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class ConversationSettings(msgspec.Struct, frozen=True):
    """What an organisation may change; the names carry the unit, the defaults are those of the reference."""

    answer_s: int = 10
    agent_leg_timeout_s: int = 20
    direct_alert_s: int = 30
    transfer_alert_s: int = 30
    dial_timeout_s: int = 30
    consult_timeout_s: int = 300
    agent_lost_s: int = 20
    hold_alarm_s: int = 1800
    acw_alarm_s: int = 3600
    acw_force_after_alarm: bool = False
    acw_timeout_ms: int = 300_000
    acw_extend_s: int = 30
    acw_max_extends: int = 1
    max_call_hours: int = 24
    max_open: int = 10_000
    conference_max: int = 10
    blind_unanswered: str = "queue"
    consult_lost: str = "queue"
    inqueue_on_unanswered: str = "continue"
    callback_keeps_place: bool = True
    wrapup_timeout_code: str = "ININ-WRAP-UP-TIMEOUT"
    wrapup_skipped_code: str = "callwright.skipped"
    wrapup_edit_hours: int = 24
    attribute_name: int = 200
    attribute_value: int = 32_000
    attributes_total: int = 64_000
    attributes_names: int = 200
    fcr_days: int = 7
    fcr_scope: str = "any"
    strip_skills_on_blind_transfer: bool = False
    default_fallback: str = "We are sorry, we cannot take your call at the moment. Please try again later."
    not_in_service: str = "The number you have dialled is not in service."


CONVERSATION_WORDS: Mapping[str, tuple[str, ...]] = {
    "blind_unanswered": ("queue", "disconnect"),
    "consult_lost": ("queue", "end"),
    "fcr_scope": ("any", "queue", "wrapup"),
    "inqueue_on_unanswered": ("continue", "restart"),
}
"""Settings that are one of a few words."""
