"""Bringing what exists elsewhere into a project: Architect's native exports and CX-as-Code (docs/import.md)."""

from callwright.importing.plan import Plan, collisions, write
from callwright.importing.sorting import plan_import

__all__ = ["Plan", "collisions", "plan_import", "write"]
