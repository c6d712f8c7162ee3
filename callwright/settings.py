"""Settings: option > ``CALLWRIGHT_*`` > ``callwright.yaml`` > default; and the folders callwright writes to."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

Groups: TypeAlias = "Mapping[str, Groups | None]"

SETTINGS: Groups = {
    "desk": {"host": None, "port": None, "alert": {"display": None}},
    "keys": None,
    "metrics": {"token": None},
    "nodes": {"address": None},
    "phone": {"pace": None},
    "routing": {"lease": None},
    "screenpop": dict.fromkeys(("record_attribute", "allowed_hosts", "plain_http_hosts", "ani_search")),
    "trace": {"keep": None},
}
"""What a project may set, by group; what lies below None is the setting's own affair."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\Z")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def data_folder() -> Path:
    """``$CALLWRIGHT_HOME``, else the platform's folder for a program's data."""
    given = os.environ.get("CALLWRIGHT_HOME")
    if given:
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "callwright"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "callwright"


def setting(settings: Mapping[str, object], name: str, default: object, option: object = None) -> object:
    """The value of a dotted setting (``desk.port``), asked for in the order of precedence."""
    if option is not None:
        return option
    environment = os.environ.get("CALLWRIGHT_" + name.upper().replace(".", "_"))
    if environment is not None:
        return environment
    value: object = settings
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return default if value is None else value


def duration_ms(text: object) -> int | None:
    """Milliseconds of ``400ms``, ``10s``, ``2m``, ``1h``, ``14d``; None when it is no duration."""
    match = _DURATION.match(str(text).strip())
    return None if match is None else int(float(match.group(1)) * _UNITS[match.group(2)])


def database_url() -> str:
    """``$CALLWRIGHT_DATABASE``, else an SQLite file in the data folder."""
    given = os.environ.get("CALLWRIGHT_DATABASE")
    if given:
        return given
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'callwright.db'}"
