"""Rehearsals: virtual callers and scripted services in virtual time."""

from simulator.caller import Line, VirtualCaller
from simulator.script import read_script
from simulator.session import Rehearsal, Session, rehearse
from simulator.stubs import read_stubs

__all__ = ["Line", "Rehearsal", "Session", "VirtualCaller", "read_script", "read_stubs", "rehearse"]
