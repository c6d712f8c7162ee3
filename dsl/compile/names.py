"""Constants of the system by name in lower case (expressions.md §8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsl.expressions.text_of import MAX_DATE_TIME, MIN_DATE_TIME
from dsl.expressions.values import MAX_INT, Duration

SYSTEM: Mapping[str, Any] = {
    "system.maxint": MAX_INT,
    "system.minint": -MAX_INT,
    "system.maxdatetime": MAX_DATE_TIME,
    "system.mindatetime": MIN_DATE_TIME,
    "system.maxduration": Duration(MAX_INT),
    "system.minduration": Duration(-MAX_INT),
}
