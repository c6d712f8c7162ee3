"""The flow machine and the execution that drives it through its ports."""

from interpreter.directory import Directory, NoDirectory
from interpreter.state import State
from interpreter.step import Executable, Step, again, link, start, step
from interpreter.trace import Tracer

__all__ = ["Directory", "Executable", "NoDirectory", "State", "Step", "Tracer", "again", "link", "start", "step"]
