"""What a project lets the desk show and open: ``desk.alert.display`` and ``screenpop`` of its settings (desk.md §3.1,
§4)."""

from __future__ import annotations

from collections.abc import Mapping

from callwright.serving.agents import DEFAULT_SHOWN, Shown
from contactcenter.conversations import SECURE
from contactcenter.organisation import Organisation
from web.desk.screenpop import PopSettings

DISPLAY = "desk.alert.display.call"
_PARTICIPANT = "participant."
_OTHERS = {"framework.displayaddress": "Number", "call.conversationid": "Conversation"}


class BadDisplayError(Exception):
    """A setting that cannot be followed; says which and what it may be."""


def shown_in_alerts(settings: Mapping[str, object], organisation: Organisation) -> tuple[Shown, ...]:
    """The attributes of an alert in the order of the setting; tier and name without one. Raises ``BadDisplayError``."""
    listed = _setting(settings, DISPLAY)
    if listed is None:
        return DEFAULT_SHOWN
    if not isinstance(listed, list):
        raise BadDisplayError(f"{DISPLAY} is a list such as [participant.crm.tier]")
    return tuple(_shown(str(entry), organisation) for entry in listed)


def _shown(entry: str, organisation: Organisation) -> Shown:
    if entry.casefold() in _OTHERS:
        return Shown(entry.casefold(), _OTHERS[entry.casefold()])
    if not entry.casefold().startswith(_PARTICIPANT) or entry.casefold().startswith(_PARTICIPANT + SECURE):
        known = ", ".join(("participant.NAME", *_OTHERS))
        raise BadDisplayError(f'{DISPLAY} has "{entry}", which cannot be shown; known: {known}')
    name = entry[len(_PARTICIPANT) :]
    field = name.removeprefix("crm.")
    labels = {one.name: one.label for one in organisation.crm.fields.get("contact", ())}
    return Shown(name, labels.get(field) or field[:1].upper() + field[1:])


def pop_settings(settings: Mapping[str, object]) -> PopSettings:
    """How the record that opens is found. Raises ``BadDisplayError``."""
    given = _setting(settings, "screenpop")
    if given is None:
        return PopSettings()
    if not isinstance(given, Mapping):
        raise BadDisplayError("screenpop has keys such as allowed_hosts and ani_search")
    unknown = sorted(set(given) - {"record_attribute", "allowed_hosts", "plain_http_hosts", "ani_search"})
    if unknown:
        raise BadDisplayError(f'screenpop has no key "{unknown[0]}"')
    hosts = {name: frozenset(map(str, given.get(name) or ())) for name in ("allowed_hosts", "plain_http_hosts")}
    record = str(given.get("record_attribute") or PopSettings().record_attribute)
    return PopSettings(record, hosts["allowed_hosts"], hosts["plain_http_hosts"], bool(given.get("ani_search")))


def _setting(settings: Mapping[str, object], name: str) -> object:
    value: object = settings
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
