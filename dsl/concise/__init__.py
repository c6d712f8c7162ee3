"""The four short actions of the CRM use case and what they expand to (concise-actions.md)."""

from dsl.concise.expand import Expansion, expand
from dsl.concise.read import CONCISE, KEYS, KeySpec

__all__ = ["CONCISE", "KEYS", "Expansion", "KeySpec", "expand"]
