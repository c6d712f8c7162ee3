"""The one implicit conversion of an expression's result to the type of its setting (expressions.md §7.2)."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.expressions.types import Type, is_collection

_CASTS: Mapping[str, tuple[str, str]] = {
    "bln": ("ToBool", "str int dec jsn"),
    "int": ("ToInt", "bln dec str dur jsn"),
    "dec": ("ToDecimal", "bln cur str int jsn"),
    "cur": ("ToCurrency", "str dec int"),
    "dtm": ("ToDateTime", "str int"),
    "dur": ("ToDuration", "str int"),
    "skl": ("ToSkill", "str"),
    "lac": ("ToLanguageSkill", "str"),
    "usr": ("ToUser", "str"),
    "que": ("ToQueue", "str"),
    "grp": ("ToGroup", "str"),
    "wrc": ("ToWrapupCode", "str"),
    "phn": ("ToPhoneNumber", "str"),
    "cpx_schedule": ("ToSchedule", "str"),
    "cpx_scheduleGroup": ("ToScheduleGroup", "str"),
    "cpx_emergencyGroup": ("ToEmergencyGroup", "str"),
}
_AUDIO: Mapping[str, str] = {
    "str": "ToAudioTTS",
    "int": "ToAudioNumber",
    "dec": "ToAudioNumber",
    "bln": "ToAudioBool",
    "dur": "ToAudioDuration",
    "cur": "ToAudioCurrency",
    "dtm": "ToAudioDateTime",
    "pmt": "ToAudio",
}
_UNSPEAKABLE = ("aud", "cst_", "csc", "daf", "dac", "stf", "stc")
"""Types of audio and constants: neither a text nor a document can be made of them."""


def cast_function(source: Type, target: Type) -> str | None:
    """The function that converts, or None when there is no implicit conversion."""
    if target == "str":
        return None if source.startswith(_UNSPEAKABLE) else "ToString"
    if is_collection(source) or is_collection(target):
        return None
    if target == "aud":
        return _AUDIO.get(source)
    if target == "com":
        return None if source.startswith(_UNSPEAKABLE) else "ToCommunication"
    if target == "jsn":  # a text may be meant as a text or as a document
        return None if source == "str" or source.startswith(_UNSPEAKABLE) else "ToJson"
    function, sources = _CASTS.get(target, ("", ""))
    return function if source in sources.split() else None
