"""Queues in the vendor's fields (routing.md §2): what is wrong is reported, everything is kept for routing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contactcenter.organisation.reading import Reader
from contactcenter.organisation.things import METADATA, Thing, extended
from dsl.source import Map, Node, Scalar, Seq, plain
from dsl.source.tree import Plain

WRAPUP_PROMPTS = ("OPTIONAL", "MANDATORY", "MANDATORY_TIMEOUT", "MANDATORY_FORCED_TIMEOUT", "AGENT_REQUESTED")
MEDIA = ("call", "callback", "chat", "email", "message", "workitem")
ALERTING_S: Mapping[str, tuple[float, float]] = {"call": (7, 900)}
"""Lowest and highest alerting time of a medium, in seconds (routing.md §12)."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "skillEvaluationMethod": ("NONE", "BEST", "ALL"),
    "scoringMethod": ("TimestampAndPriority", "PriorityOnly"),
    "lastAgentRoutingMode": ("Disabled", "QueueMembersOnly", "AnyAgent"),
}

REACTIONS = ("HangUp", "TransferToQueue", "TransferToFlow")
CALLBACK_WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("AgentFirst", "CustomerFirst"),
    "liveVoiceReactionType": REACTIONS,
    "answeringMachineReactionType": REACTIONS,
}
CALLBACK_NUMBERS: Mapping[str, tuple[float, float]] = {
    "autoDialDelaySeconds": (0, 1200),
    "autoEndDelaySeconds": (0, 1200),
    "pacingModifier": (0, 100),
    "maxRetryCount": (0, 100),
    "retryDelaySeconds": (1, 30 * 86_400),
}
"""Lowest and highest; seconds but for the pace and the count."""

MEDIA_KEYS = (
    *"alertingTimeoutSeconds serviceLevel enableAutoAnswer enableAutoDialAndEnd subTypeSettings edgeGroup".split(),
    *"autoAnswerAlertToneSeconds manualAnswerAlertToneSeconds liveVoiceFlow answeringMachineFlow".split(),
    *(*CALLBACK_WORDS, *CALLBACK_NUMBERS),
)
"""Settings of one medium of a queue."""
IN_QUEUE_FLOWS = ("queueFlow", "emailInQueueFlow", "messageInQueueFlow")

KEYS = (
    *METADATA,
    *WORDS,
    *"memberCount userMemberCount joinedMemberCount sourceQueueId members mediaSettings routingRules bullseye".split(),
    *"conditionalGroupRouting conditionalGroupActivation acwSettings memberGroups queueFlow emailInQueueFlow".split(),
    *"messageInQueueFlow whisperPrompt autoAnswerOnly onHoldPrompt defaultMediaLanguage defaultScripts".split(),
    *"cannedResponseLibraries enableManualAssignment agentOwnedRouting directRouting callingPartyName".split(),
    *"callingPartyNumber outboundMessagingAddresses outboundEmailAddress peerId enableTranscription".split(),
    *"enableAudioMonitoring suppressInQueueCallRecording wrapupCodes predictiveRouting timeZone".split(),
)

_REFERENCES: Mapping[str, str] = {
    "memberGroups[]": "group",
    "bullseye.rings[].memberGroups[]": "group",
    "bullseye.rings[].actions.skillsToRemove[]": "skill",
    "conditionalGroupRouting.rules[].queue": "queue",
    "conditionalGroupRouting.rules[].groups[]": "group",
    "conditionalGroupActivation.rules[].groups[]": "group",
    "conditionalGroupActivation.rules[].conditions[].simpleMetric.queueId": "queue",
    "conditionalGroupActivation.pilotRule.conditions[].simpleMetric.queueId": "queue",
    "directRouting.backupQueueId": "queue",
    "sourceQueueId": "queue",
    "x-callwright.steps[].agents[]": "user",
    "x-callwright.callback_hours": "schedule-group",
}
"""Where a queue names other things; names are replaced by ids, so that routing reads ids only."""


@dataclass(frozen=True, slots=True)
class Member:
    """A user in a queue: ``joined`` members are offered work; the lower ``ring`` comes first (bullseye)."""

    user: str
    joined: bool = True
    ring: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Thing):
    """A queue; ``settings`` is its entry with every name replaced by an id, in the vendor's fields."""

    members: tuple[Member, ...] = ()
    wrapup_codes: tuple[str, ...] = ()
    settings: Mapping[str, Plain] = field(default_factory=dict, repr=False)


def read_queue(body: Map, thing: Thing, reader: Reader) -> Queue:
    """A queue with its members, wrap-up codes and settings."""
    what = f'the queue "{thing.name}"'
    words = read_words(body, what, reader)
    settings = {key.text: _resolved(value, key.text, reader) for key, value in body}
    settings.update({key: word for key, word in words.items() if word is not None})
    return extended(
        thing,
        Queue,
        members=_members(body.get("members"), what, reader),
        wrapup_codes=reader.references(body.get("wrapupCodes"), "wrapup-code", f'"wrapupCodes" of {what}'),
        settings=settings,
    )


def read_words(body: Map, what: str, reader: Reader) -> dict[str, str | None]:
    """The settings that are one of a few words; what is wrong with any setting is reported."""
    reader.keys(body, KEYS, what)
    words = {key: reader.one_of(body.get(key), f'"{key}" of {what}', allowed) for key, allowed in WORDS.items()}
    _check_acw(body.get("acwSettings"), what, reader)
    _check_media(body.get("mediaSettings"), what, reader)
    for name in IN_QUEUE_FLOWS:
        _check_flow(body.get(name), f'"{name}" of {what}', reader)
    return words


def _members(node: Node | None, what: str, reader: Reader) -> tuple[Member, ...]:
    found: dict[str, Member] = {}
    for item in reader.items(node, f'"members" of {what}'):
        details = item if isinstance(item, Map) else None
        user = reader.reference((details.get("user") or item) if details else item, "user")
        if user is None:
            continue
        joined = reader.boolean(details.get("joined"), '"joined"') if details else None
        ring = reader.number(details.get("ringNumber"), '"ringNumber"', 1, 6) if details else None
        found[user] = Member(user, joined is not False, int(ring or 1))
    return tuple(found.values())


def _check_acw(node: Node | None, what: str, reader: Reader) -> None:
    body = reader.mapping(node, f'"acwSettings" of {what}')
    if body is None:
        return
    reader.keys(body, ("wrapupPrompt", "timeoutMs"), f'"acwSettings" of {what}')
    prompt = reader.one_of(body.get("wrapupPrompt"), '"wrapupPrompt"', WRAPUP_PROMPTS)
    timeout = body.get("timeoutMs")
    reader.number(timeout, '"timeoutMs"', 1_000, 3_600_000)
    if timeout is not None and prompt in ("OPTIONAL", "MANDATORY"):
        help_ = "timed modes: MANDATORY_TIMEOUT, MANDATORY_FORCED_TIMEOUT, AGENT_REQUESTED"
        reader.report("bad-value", f'"timeoutMs" means nothing with {prompt}', timeout.span, help_)


def _check_flow(node: Node | None, what: str, reader: Reader) -> None:
    """A flow is named by {name} or {id}."""
    if isinstance(node, Map) and not ("name" in node or "id" in node):
        reader.report("missing-parameter", f'{what} needs "name"', node.span)
        reader.keys(node, ("name", "id", "selfUri"), what)


def _check_media(node: Node | None, what: str, reader: Reader) -> None:
    body = reader.mapping(node, f'"mediaSettings" of {what}')
    if body is None:
        return
    reader.keys(body, MEDIA, f'"mediaSettings" of {what}')
    for key, value in body:
        settings = reader.mapping(value, f'"{key.text}" of {what}')
        if settings is None:
            continue
        reader.keys(settings, MEDIA_KEYS, f'"{key.text}" of {what}')
        lowest, highest = ALERTING_S.get(key.text, (1, 86_400))
        reader.number(settings.get("alertingTimeoutSeconds"), '"alertingTimeoutSeconds"', lowest, highest)
        level = reader.mapping(settings.get("serviceLevel"), '"serviceLevel"')
        if level is not None:
            reader.keys(level, ("percentage", "durationMs"), f'"serviceLevel" of {what}')
            reader.number(level.get("percentage"), '"percentage"', 0, 1)
            reader.number(level.get("durationMs"), '"durationMs"', 0, 7 * 86_400_000)
        if key.text == "callback":
            _check_callback(settings, what, reader)


def _check_callback(settings: Map, what: str, reader: Reader) -> None:
    """How the queue calls back (routing.md §15)."""
    for key, words in CALLBACK_WORDS.items():
        reader.one_of(settings.get(key), f'"{key}" of {what}', words)
    for key, (low, high) in CALLBACK_NUMBERS.items():
        reader.number(settings.get(key), f'"{key}" of {what}', low, high)
    reader.boolean(settings.get("enableAutoDialAndEnd"), f'"enableAutoDialAndEnd" of {what}')


def _resolved(node: Node, path: str, reader: Reader) -> Plain:
    kind = _REFERENCES.get(path)
    if kind is not None and not (isinstance(node, Scalar) and node.value is None):
        also = "language-skill" if kind == "skill" else None  # rings may take languages off, too (routing.md §6)
        identity = reader.reference(node, kind, also)
        if path.endswith("Id") or path.startswith("x-callwright."):
            return identity
        return None if identity is None else {"id": identity, "name": reader.names.name(kind, identity)}
    if isinstance(node, Seq):
        items = (_resolved(item, f"{path}[]", reader) for item in node)
        return [item for item in items if item is not None or f"{path}[]" not in _REFERENCES]
    if isinstance(node, Map):
        return {key.text: _resolved(value, f"{path}.{key.text}", reader) for key, value in node}
    return plain(node)
