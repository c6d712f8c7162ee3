"""The knobs of this package: section ``customers:`` of the organisation file, and what it says under ``crm:``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from contactcenter.organisation import CustomField, CustomObject, Organisation, settings_of

DAY_MS = 86_400_000


class CustomerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings with their defaults (customers.md §1 to §10); names follow the page.

    ``fields`` holds the custom fields by record type, ``objects`` the custom record types.
    """

    enabled: bool = True
    divisions: bool = False
    default_region: str = "US"
    min_digits: int = 6
    expiry_days: int = 60
    web_events_renew: bool = False
    create_on_unknown: bool = True
    shared_threshold: int = 20
    blocked: frozenset[str] = frozenset()
    phone_claim_warn_days: int = 540
    max_per_contact: int = 64
    merge_max_set: int = 52
    merge_undo_days: int = 0
    legacy_policy: str = "no_two_curated"
    duplicate_threshold: int = 60
    bulk_max_entities: int = 50
    import_max_bytes: int = 50_000_000
    reresolve_days: int = 90
    unique_fields: tuple[str, ...] = ()
    policy_version: int = 1
    fields: Mapping[str, tuple[CustomField, ...]] = {}
    objects: Mapping[str, CustomObject] = {}

    def custom(self, record: str) -> Mapping[str, CustomField]:
        """The enabled custom fields of a record type, by name."""
        return {field.name: field for field in self.fields.get(record, ()) if field.enabled}


_PATHS: Mapping[str, tuple[str, ...]] = {
    "divisions": ("divisions",),
    "default_region": ("phone", "default_region"),
    "min_digits": ("phone", "min_digits"),
    "expiry_days": ("expiry", "days"),
    "web_events_renew": ("expiry", "web_events_renew"),
    "create_on_unknown": ("identity", "create"),
    "shared_threshold": ("identity", "shared_threshold"),
    "phone_claim_warn_days": ("identity", "phone_claim_warn_days"),
    "max_per_contact": ("custom_fields", "max_per_contact"),
    "merge_max_set": ("merge", "max_set"),
    "merge_undo_days": ("merge", "undo_days"),
    "legacy_policy": ("merge", "legacy_policy"),
    "duplicate_threshold": ("duplicates", "threshold"),
    "bulk_max_entities": ("bulk", "max_entities"),
    "import_max_bytes": ("import", "max_bytes"),
    "reresolve_days": ("history", "reresolve_days"),
}
"""Where each knob stands below ``customers:``."""


def settings_from(organisation: Organisation) -> CustomerSettings:
    """The settings of an organisation; a knob of the wrong kind keeps its default."""
    section = settings_of(organisation, "customers")
    chosen: dict[str, Any] = {}
    for name, path in _PATHS.items():
        value = _at(section, path)
        default = getattr(CustomerSettings(), name)
        if value is not None and type(value) is type(default):
            chosen[name] = value
    blocked = _at(section, ("identity", "blocked"))
    if isinstance(blocked, list):
        chosen["blocked"] = frozenset(str(value).casefold() for value in blocked)
    crm = organisation.crm
    return CustomerSettings(
        enabled=crm.enabled, unique_fields=crm.unique_fields, fields=crm.fields, objects=crm.objects, **chosen
    )


def _at(section: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = section
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
