"""The path explorer: every way through a flow, with the caller's behaviour that leads there."""

from simulator.explore.index import Index
from simulator.explore.place import Bounds
from simulator.explore.report import Path, Report, Spot, as_json, explore
from simulator.explore.script import yaml_of

__all__ = ["Bounds", "Index", "Path", "Report", "Spot", "as_json", "explore", "yaml_of"]
