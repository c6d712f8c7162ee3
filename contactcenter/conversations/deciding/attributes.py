"""Limits of participant data (conversations.md §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contactcenter.conversations.settings import Settings


def problem_with(written: Mapping[str, Any], present: Mapping[str, str], settings: Settings) -> str | None:
    """Why these attributes may not be added to those; None when they may."""
    for name, value in written.items():
        if not isinstance(name, str) or not isinstance(value, str):
            return f'the attribute "{name}" is not a text'
        if not 1 <= len(name) <= settings.attribute_name:
            return f'the attribute name "{name[:40]}" is not 1 to {settings.attribute_name} characters long'
        if len(value) > settings.attribute_value:
            return f'the attribute "{name}" has {len(value):,} characters, {settings.attribute_value:,} are allowed'
        if not (_is_text(name) and _is_text(value)):
            return f'the attribute "{name!a}" holds a NUL or half a character'
    merged = {**present, **written}
    if len(merged) > settings.attributes_names:
        return f"there would be {len(merged)} attributes, {settings.attributes_names} are allowed"
    total = sum(len(name.encode()) + len(value.encode()) for name, value in merged.items())
    if total > settings.attributes_total:
        return f"the attributes would take {total:,} bytes, {settings.attributes_total:,} are allowed"
    return None


def _is_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
