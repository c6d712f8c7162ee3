"""Telephones: legs that conversations play to, hear from and bridge.

Those that live in this process share ``PacedLeg``: the terminal phone, the scripted caller, the browser's phone and
the agent's desk phone; ``LocalBridges`` lets them hear each other.
"""

from channels.telephony.adapter import PacedLeg, spoken_ms
from channels.telephony.bridge import LocalBridges
from channels.telephony.desk_phone import DeskPhone, DeskPhones, Dialler
from channels.telephony.scripted import ScriptedCaller
from channels.telephony.terminal import TerminalPhone
from channels.telephony.webphone import PhoneEvent, WebPhone, WebPhoneSession

__all__ = [
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
