"""The flow machine and the execution that drives it through its ports."""

from interpreter.clock import LoopClock, VirtualClock
from interpreter.directory import Directory, NoDirectory
from interpreter.execution import Execution, Ports
from interpreter.media import Adapter, LiveMedia
from interpreter.narrative import narrate
from interpreter.snapshot import UnknownSnapshotError, pack, unpack
from interpreter.state import State
from interpreter.step import Executable, Step, advance, again, link, start, step
from interpreter.trace import Tracer

__all__ = [
    "Adapter",
    "Directory",
    "Executable",
    "Execution",
    "LiveMedia",
    "LoopClock",
    "NoDirectory",
    "Ports",
    "State",
    "Step",
    "Tracer",
    "UnknownSnapshotError",
    "VirtualClock",
    "advance",
    "again",
    "link",
    "narrate",
    "pack",
    "start",
    "step",
    "unpack",
]
