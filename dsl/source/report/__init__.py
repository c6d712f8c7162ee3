"""Renderings of findings, one small module per format (authoring.md §3.4).

A renderer is a function from a ``Report`` to text. ``FORMATS`` lists them all.
"""

from __future__ import annotations

from collections.abc import Callable

from dsl.source.report.github import github
from dsl.source.report.json import json_text
from dsl.source.report.junit import junit
from dsl.source.report.oneline import oneline
from dsl.source.report.pretty import pretty
from dsl.source.report.result import Report
from dsl.source.report.sarif import sarif

FORMATS: dict[str, Callable[[Report], str]] = {
    "pretty": pretty,
    "oneline": oneline,
    "json": json_text,
    "github": github,
    "sarif": sarif,
    "junit": junit,
}
"""Every format by the name it has on the command line."""

__all__ = ["FORMATS", "Report", "pretty"]
