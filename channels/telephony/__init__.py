"""Telephones: legs that conversations play to, hear from and bridge.

Those that live in this process share ``PacedLeg``: the terminal phone, the scripted caller, the browser's phone and
the agent's desk phone; ``LocalBridges`` lets them hear each other.
"""

from collections.abc import Mapping

from channels.telephony.adapter import WORDS_ONLY, PacedLeg, spoken_ms
from channels.telephony.bridge import LocalBridges
from channels.telephony.desk_phone import DeskPhone, DeskPhones, Dialler
from channels.telephony.scripted import ScriptedCaller
from channels.telephony.terminal import TerminalPhone
from channels.telephony.webphone import PhoneEvent, WebPhone, WebPhoneSession
from interpreter.ports import Capabilities

ADAPTERS: Mapping[str, Capabilities] = {"terminal": WORDS_ONLY, "webphone": WORDS_ONLY}
"""Every adapter that calls may come in by, with what it can do."""

__all__ = [
    "ADAPTERS",
    "DeskPhone",
    "DeskPhones",
    "Dialler",
    "LocalBridges",
    "PacedLeg",
    "PhoneEvent",
    "ScriptedCaller",
    "TerminalPhone",
    "WebPhone",
    "WebPhoneSession",
    "spoken_ms",
]
