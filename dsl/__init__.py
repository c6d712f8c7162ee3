"""The language: text to tree to model to checked flow to program."""

from dsl.check import Checked, check_flow
from dsl.inventory import NOTHING_KNOWN, ActionContract, Field, FlowInterface, Inventory

__all__ = [
    "NOTHING_KNOWN",
    "ActionContract",
    "Checked",
    "Field",
    "FlowInterface",
    "Inventory",
    "check_flow",
]
