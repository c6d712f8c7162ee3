"""What each CRM keeps and where: record types with their fields, phone fields, ids and pages (crm-apis.md §1.1, §4-§7).

A connection adds to this under ``types``: own fields, other phone fields, custom objects. One table for everything that
depends on the system alone; requests stand in the data actions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.connections import Connection


@dataclass(frozen=True, slots=True)
class RecordType:
    """One kind of record in one system.

    ``object`` is the system's own name of the type, ``path`` the part of an address where it differs, ``key`` the field
    of the id. ``names`` gives for the usual names (name, firstName, email, ...) the system's fields, several of them
    joined with a blank. ``owners`` says which field points to the contact or account; ``open`` is the condition of an
    open record.
    """

    kind: str
    object: str
    key: str = "id"
    path: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    phones: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    open: str = ""
    expand: str = ""
    custom: bool = False
    """Whether the system does not know it out of the box."""

    @property
    def asked(self) -> list[str]:
        """Every field to ask for, the id first, each once; what lies behind a navigation (``a/b``) is expanded."""
        named = [name for text in self.names.values() for name in text.split()]
        owned = self.owners.values()
        every = dict.fromkeys([self.key, *named, *self.phones, *owned, *self.fields])
        return [name for name in every if "/" not in name]

    def own_name(self, name: str) -> str:
        """The system's field for a usual name; any other name is the system's already."""
        return self.names.get(name, name).split()[0]


@dataclass(frozen=True, slots=True)
class System:
    """A CRM: form of its ids, default API version, its record types, and the page of a record."""

    id: re.Pattern[str]
    types: Mapping[str, RecordType] = field(default_factory=dict)
    version: str = ""
    page: str = ""
    within: str = ""
    """The member of a record that holds its fields; empty where they stand in the record itself."""

    custom_path: str = ""
    """Where a custom object is, by its ``{object}``; empty where that name is the path."""


def _types(*types: RecordType) -> dict[str, RecordType]:
    return {one.kind: one for one in types}


_PERSON = {"name": "Name", "firstName": "FirstName", "lastName": "LastName", "email": "Email", "phone": "Phone"}
_SALESFORCE = System(
    id=re.compile(r"[A-Za-z0-9]{18}|[A-Za-z0-9]{15}"),
    version="v60.0",
    page="https://{lightning}/lightning/r/{object}/{id}/view",
    types=_types(
        RecordType(
            "contact", "Contact", "Id",
            names=_PERSON, phones=("Phone", "MobilePhone", "HomePhone", "OtherPhone"), owners={"account": "AccountId"},
        ),
        RecordType("lead", "Lead", "Id", names=_PERSON, phones=("Phone", "MobilePhone"), open="IsConverted = false"),
        RecordType(
            "account", "Account", "Id",
            names={"name": "Name", "phone": "Phone", "customerNumber": "AccountNumber"}, phones=("Phone",),
        ),
        RecordType(
            "case", "Case", "Id",
            names={"name": "Subject", "number": "CaseNumber", "status": "Status"},
            phones=("SuppliedPhone", "Contact.Phone", "Contact.MobilePhone", "Account.Phone"),
            owners={"contact": "ContactId", "account": "AccountId"}, open="IsClosed = false",
        ),
        RecordType("task", "Task", "Id", names={"name": "Subject"}, fields=("CallObject",)),
    ),
)  # fmt: skip

_NUMBERS = ("telephone1", "telephone2", "telephone3")
_DYNAMICS = System(
    id=re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    version="v9.2",
    page="https://{host}/main.aspx?{app}pagetype=entityrecord&etn={object}&id={id}",
    types=_types(
        RecordType(
            "contact", "contact", "contactid", "contacts",
            names={"name": "fullname", "firstName": "firstname", "lastName": "lastname", "email": "emailaddress1",
                   "phone": "telephone1"},
            phones=(*_NUMBERS, "mobilephone"), owners={"account": "_parentcustomerid_value"},
        ),
        RecordType(
            "account", "account", "accountid", "accounts",
            names={"name": "name", "email": "emailaddress1", "phone": "telephone1", "customerNumber": "accountnumber"},
            phones=_NUMBERS,
        ),
        RecordType(
            "lead", "lead", "leadid", "leads",
            names={"name": "fullname", "firstName": "firstname", "lastName": "lastname", "email": "emailaddress1",
                   "phone": "telephone1"},
            phones=(*_NUMBERS, "mobilephone"), open="statecode eq 0",
        ),
        RecordType(
            "case", "incident", "incidentid", "incidents",
            names={"name": "title", "number": "ticketnumber", "status": "statuscode"},
            phones=("customerid_contact/telephone1", "customerid_contact/mobilephone", "customerid_account/telephone1"),
            owners={"contact": "_customerid_value", "account": "_customerid_value"}, open="statecode eq 0",
            expand="customerid_contact($select=telephone1,mobilephone),customerid_account($select=telephone1)",
        ),
        RecordType("phonecall", "phonecall", "activityid", "phonecalls", names={"name": "subject"}),
    ),
)  # fmt: skip

_ZENDESK = System(
    id=re.compile(r"\d{1,20}|[0-9A-Z]{26}"),
    page="https://{host}/agent/{path}/{id}",
    within="custom_object_fields",
    custom_path="custom_objects/{object}/records",
    types=_types(
        RecordType("contact", "user", path="users", names={"name": "name", "email": "email", "phone": "phone"},
                   phones=("phone",)),
        RecordType("account", "organization", path="organizations", names={"name": "name"}),
        RecordType("case", "ticket", path="tickets", names={"name": "subject", "status": "status"},
                   owners={"contact": "requester_id", "account": "organization_id"}),
    ),
)  # fmt: skip

_SERVICENOW = System(
    id=re.compile(r"[0-9a-f]{32}"),
    page="https://{host}/nav_to.do?uri={object}.do%3Fsys_id%3D{id}",
    types=_types(
        RecordType(
            "contact", "sys_user", "sys_id",
            names={"name": "name", "firstName": "first_name", "lastName": "last_name", "email": "email",
                   "phone": "phone"},
            phones=("phone", "mobile_phone", "home_phone"), owners={"account": "company"},
        ),
        RecordType("account", "core_company", "sys_id", names={"name": "name", "phone": "phone"}, phones=("phone",)),
        RecordType(
            "case", "incident", "sys_id",
            names={"name": "short_description", "number": "number", "status": "state"},
            phones=("caller_id.phone", "caller_id.mobile_phone", "caller_id.home_phone"),
            owners={"contact": "caller_id", "account": "company"}, open="active=true",
        ),
        RecordType("interaction", "interaction", "sys_id", names={"name": "short_description", "number": "number"},
                   fields=("correlation_id",)),
    ),
)  # fmt: skip

_HUBSPOT = System(
    id=re.compile(r"\d{1,20}"),
    page="https://app.hubspot.com/contacts/{portal}/record/{code}/{id}",
    within="properties",
    types=_types(
        RecordType(
            "contact", "contact", "hs_object_id", "contacts",
            names={"name": "firstname lastname", "firstName": "firstname", "lastName": "lastname", "email": "email",
                   "phone": "phone"},
            phones=("phone", "mobilephone"), owners={"account": "associations.company"},
        ),
        RecordType("account", "company", "hs_object_id", "companies", names={"name": "name", "phone": "phone"},
                   phones=("phone",)),
        RecordType("case", "ticket", "hs_object_id", "tickets",
                   names={"name": "subject", "status": "hs_pipeline_stage"},
                   owners={"contact": "associations.contact", "account": "associations.company"}),
        RecordType("call", "call", "hs_object_id", "calls", names={"name": "hs_call_title"}),
    ),
)  # fmt: skip

_GENERIC = System(
    id=re.compile(r"[^\s/?#%\\]{1,200}"),
    types=_types(
        RecordType("contact", "contact", path="contacts"),
        RecordType("account", "account", path="accounts"),
        RecordType("case", "case", path="cases"),
    ),
)

SYSTEMS: Mapping[str, System] = {
    "salesforce-datadip": _SALESFORCE,
    "microsoft-dynamics-data-actions": _DYNAMICS,
    "zendesk-data-actions": _ZENDESK,
    "servicenow": _SERVICENOW,
    "hubspot": _HUBSPOT,
}
"""By integration type; any other one is generic, and its connection says where things are."""


def system_of(connection: Connection, integration_type: str = "") -> System:
    """The system behind a connection."""
    return SYSTEMS.get(connection.type or integration_type, _GENERIC)


def types_of(connection: Connection, integration_type: str = "") -> dict[str, RecordType]:
    """Record types by kind: those of the system, with what the connection says about them and its custom objects."""
    system = system_of(connection, integration_type)
    found = dict(system.types)
    given = connection.options.get("types")
    for kind, settings in given.items() if isinstance(given, dict) else ():
        if isinstance(settings, dict):
            type_ = _with(found.get(kind) or RecordType(kind, kind, custom=True), settings)
            path = type_.path or (system.custom_path.format(object=type_.object) if type_.custom else "")
            found[kind] = replace(type_, path=path)
    return found


def _with(type_: RecordType, settings: Mapping[str, Any]) -> RecordType:
    """A record type with a connection's settings: fields add, everything else takes the place of the default."""
    changes: dict[str, Any] = {
        ours: str(settings[theirs])
        for ours, theirs in (("object", "object"), ("key", "id"), ("path", "path"), ("open", "open"))
        if theirs in settings
    }
    if "phone" in settings:
        changes["phones"] = _names(settings["phone"])
    changes["fields"] = (*type_.fields, *_names(settings.get("fields")))
    names, owner = settings.get("names"), settings.get("owner")
    changes["names"] = {**type_.names, **({k: str(v) for k, v in names.items()} if isinstance(names, dict) else {})}
    if owner is not None:
        changes["owners"] = (
            {k: str(v) for k, v in owner.items()} if isinstance(owner, dict) else {"contact": str(owner)}
        )
    return replace(type_, **changes)


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else () if value is None else (str(value),)
