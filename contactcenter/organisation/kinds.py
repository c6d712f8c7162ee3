"""The kinds of things an organisation consists of: where they stand in the file and what each is called elsewhere.

One row per section of ``organisation.yaml``. ``kind`` is the name under which ``dsl.Inventory`` lists the
things, ``type`` their code in the expression language (``None``: no flow holds a value of it), ``code`` the
diagnostic for a name that is not there, ``key`` what names a thing in its section.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One row; ``label`` is the word used in messages, ``also`` names further sections with things of this kind."""

    section: str
    kind: str
    label: str
    type: str | None
    code: str
    key: str = "name"
    also: tuple[str, ...] = ()


_ROWS = (
    Kind("divisions", "division", "division", None, "unknown-division"),
    Kind("roles", "role", "role", None, "bad-literal"),
    Kind("skills", "skill", "skill", "skl", "unknown-skill"),
    Kind("languages", "language-skill", "language skill", "lac", "unknown-language-skill"),
    Kind("users", "user", "user", "usr", "unknown-user", key="username"),
    Kind("groups", "group", "group", "grp", "unknown-group", also=("teams", "skillGroups")),
    Kind("wrapupCodes", "wrapup-code", "wrap-up code", "wrc", "unknown-wrapup-code"),
    Kind("scripts", "script", "script", None, "unknown-script"),
    Kind("queues", "queue", "queue", "que", "unknown-queue"),
    Kind("prompts", "prompt", "prompt", "pmt", "unknown-prompt"),
    Kind("schedules", "schedule", "schedule", "cpx_schedule", "unknown-schedule"),
    Kind("scheduleGroups", "schedule-group", "schedule group", "cpx_scheduleGroup", "unknown-schedule-group"),
    Kind("emergencyGroups", "emergency-group", "emergency group", "cpx_emergencyGroup", "unknown-emergency-group"),
    Kind("dataTables", "data-table", "data table", None, "unknown-data-table"),
    Kind("flowOutcomes", "flow-outcome", "flow outcome", None, "unknown-flow-outcome"),
    Kind("utilizationLabels", "utilization-label", "utilisation label", "cpx_utilizationLabel", "bad-literal"),
    Kind("grammars", "grammar", "grammar", "cpx_grammar", "bad-literal"),
)

KINDS = {row.kind: row for row in _ROWS}
"""Every kind by name, in the order in which sections refer to each other."""

SECTIONS = {section: row for row in _ROWS for section in (row.section, *row.also)}
"""Every kind by its sections of the file."""

KIND_OF_TYPE = {row.type: row.kind for row in _ROWS if row.type is not None}
"""The kind behind a type code of the expression language."""

SETTINGS = (
    *("crm", "customers", "card", "numbers", "attributes", "utilization", "routing", "conversations"),
    "callbackLimits",
)
"""Sections that are settings and not lists of things, kept as they are for their packages."""

ELSEWHERE = ("worktypes", "workbins", "emailRoutes", "openMessaging", "webDeployments")
"""Sections that other packages read and check; here they are kept and only count as known."""
