"""The kinds of things an organisation has, and the keys of each, in the vendor's field names.

Keys that callwright reads are listed; further vendor keys of an export are kept and not reported (``OPEN_KINDS``), while a key near a
known one is taken for a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: the section it stands in, its type code in expressions, the name under which an inventory lists it, its keys."""

    section: str
    code: str
    inventory: str
    keys: tuple[str, ...]
    name_key: str = "name"


_COMMON = ("id", "name", "description", "division", "selfUri", "dateCreated", "dateModified", "modifiedBy", "createdBy")

KINDS: Mapping[str, Kind] = {
    kind.section: kind
    for kind in (
        Kind(
            "queues",
            "que",
            "queue",
            tuple(
                (
                    "members memberGroups mediaSettings routingRules bullseye conditionalGroupRouting "
                    "conditionalGroupActivation scoringMethod skillEvaluationMethod lastAgentRoutingMode acwSettings "
                    "queueFlow emailInQueueFlow messageInQueueFlow whisperPrompt autoAnswerOnly onHoldPrompt "
                    "defaultMediaLanguage defaultScripts enableManualAssignment agentOwnedRouting directRouting "
                    "callingPartyName callingPartyNumber outboundMessagingAddresses outboundEmailAddress peerId "
                    "enableTranscription enableAudioMonitoring suppressInQueueCallRecording wrapupCodes memberCount "
                    "userMemberCount joinedMemberCount sourceQueueId cannedResponseLibraries predictiveRouting x-callwright"
                ).split()
            ),
        ),
        Kind("skills", "skl", "skill", ("state",)),
        Kind("languages", "lac", "language-skill", ("state",)),
        Kind(
            "users",
            "usr",
            "user",
            (
                "username",
                "email",
                "roles",
                "skills",
                "languages",
                "groups",
                "department",
                "title",
                "state",
                "utilization",
            ),
            "username",
        ),
        Kind("groups", "grp", "group", ("members", "type")),
        Kind("wrapupCodes", "wrc", "wrapup-code", ()),
        Kind("prompts", "pmt", "prompt", ("texts", "text", "files")),
        Kind(
            "schedules",
            "cpx_schedule",
            "schedule",
            ("start", "end", "rrule", "timeZone"),
        ),
        Kind(
            "scheduleGroups",
            "cpx_scheduleGroup",
            "schedule-group",
            ("timeZone", "openSchedules", "closedSchedules", "holidaySchedules"),
        ),
        Kind("emergencyGroups", "cpx_emergencyGroup", "emergency-group", ("enabled",)),
        Kind("scripts", "scr", "script", ("file",)),
        Kind("flowOutcomes", "out", "flow-outcome", ()),
        Kind("divisions", "div", "division", ()),
        Kind("utilizationLabels", "cpx_utilizationLabel", "utilization-label", ()),
        Kind("grammars", "cpx_grammar", "grammar", ()),
        Kind("roles", "rol", "role", ("permissions",)),
        Kind("dataTables", "tab", "data-table", ("key", "columns", "rows")),
    )
}
"""Every section of an organisation file that lists things."""
COMMON_KEYS = _COMMON
OTHER_SECTIONS = ("crm", "numbers", "utilization", "callbackLimits", "workbins", "worktypes", "routing")
"""Sections that other packages read."""
