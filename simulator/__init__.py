"""Rehearsals: virtual callers and scripted services in virtual time."""

from simulator.caller import Line, VirtualCaller
from simulator.script import read_script
from simulator.session import Rehearsal, Session, rehearse
from simulator.stubs import read_stubs
from simulator.testfile import check_test_file

__all__ = ["Line", "Rehearsal", "Session", "VirtualCaller", "check_test_file", "read_script", "read_stubs", "rehearse"]
