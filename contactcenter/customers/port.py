"""The request port ``customers``: what flows ask of contacts without a data action (flow-format.md §9.4).

Answered in the same turn; every refusal takes an output of the action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from contactcenter.customers import merges, records, searching
from contactcenter.customers.contacts import CURATED, Contact
from contactcenter.customers.identifiers import EMAIL_SLOTS, PHONE_SLOTS
from contactcenter.customers.problems import CustomerError
from contactcenter.customers.records import Record
from contactcenter.customers.service import Customers
from contactcenter.customers.unit import Unit
from dsl.expressions.values import Structure
from interpreter.commands import Request
from interpreter.ports import Answer
from store import StoreError

Outcome = tuple[str, Mapping[str, Any]]
_TEXTS = ("firstName", "middleName", "lastName", "salutation", "title", "externalSystemUrl", *EMAIL_SLOTS)
_NOT_FOUND: Outcome = ("notFound", {})


class CustomerPort:
    """Contacts, organisations, search and promotion for flows."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._operations: Mapping[str, Callable[[Mapping[str, Any]], Outcome]] = {
            "contact": self._contact,
            "organisation": self._organisation,
            "search": self._search,
            "promote": self._promote,
        }

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer; what is not served here (journey) finds nothing."""
        operation = self._operations.get(request.operation, _nobody)
        refused = "failure" if request.operation == "promote" else "notFound"
        try:
            path, outputs = operation(request.inputs)
        except CustomerError as error:
            answer(refused, {}, {"errorType": error.code, "errorCode": error.code, "userMessage": error.message})
            return
        except StoreError as error:
            answer(refused, {}, {"errorType": "unavailable", "errorCode": "unavailable", "userMessage": str(error)})
            return
        answer(path, outputs, {})

    def cancel(self, execution: str, request_id: str) -> None:
        """Nothing is ever open."""

    def _contact(self, inputs: Mapping[str, Any]) -> Outcome:
        identity = inputs.get("externalId")
        if not identity:
            return _NOT_FOUND
        found = self._customers.read(lambda unit: contact_value(unit, unit.head(_bare(identity))))
        return ("found", {"externalResult": found})

    def _organisation(self, inputs: Mapping[str, Any]) -> Outcome:
        identity = inputs.get("externalId")
        if not identity:
            return _NOT_FOUND
        found = self._customers.read(lambda unit: records.record_of(unit, _bare(identity), "account"))
        return ("found", {"externalResult": organisation_value(found)})

    def _search(self, inputs: Mapping[str, Any]) -> Outcome:
        """Number, e-mail or screen name; a quoted term is taken as it stands and not as a number."""
        term = str(inputs.get("searchTerm") or "").strip()
        if not term:
            return _NOT_FOUND
        quoted = len(term) > 1 and term[0] == term[-1] == '"'

        def work(unit: Unit) -> tuple[Structure, ...]:
            found = [] if quoted else searching.reverse_lookup(unit, term)
            found = found or searching.search(unit, term.strip('"'))[0]
            return tuple(contact_value(unit, one) for one in found)

        found = self._customers.read(work)
        if not found:
            return _NOT_FOUND
        return ("matchExact" if len(found) == 1 else "matchMultiple", {"externalResults": found})

    def _promote(self, inputs: Mapping[str, Any]) -> Outcome:
        identity = _bare(str(inputs.get("externalId") or ""))
        found = self._customers.write(lambda unit: contact_value(unit, merges.promote(unit, identity)))
        return ("success", {"externalResult": found})


def _nobody(inputs: Mapping[str, Any]) -> Outcome:
    return _NOT_FOUND


def _bare(identity: str) -> str:
    """An id, also out of ``builtin:contact:<id>``."""
    return identity.rpartition(":")[2]


def contact_value(unit: Unit, contact: Contact) -> Structure:
    """A contact as a value of the expression language."""
    fields = contact.fields
    found: dict[str, Any] = {name: fields.get(name) for name in _TEXTS}
    found.update({slot: _phone(fields.get(slot)) for slot in PHONE_SLOTS})
    account = (fields.get("externalOrganization") or {}).get("id")
    known = records.records(unit, type_="account", limit=10_000) if account else []
    found.update(
        id=contact.id,
        kind="curated" if contact.type == CURATED else contact.type.casefold(),
        surveyOptOut=fields.get("surveyOptOut"),
        createDateTimeUtc=_instant(contact.created_at),
        modifyDateTimeUtc=_instant(contact.modified_at),
        address=_structure("cpx_externalAddress", fields.get("address")),
        externalOrganization=next((organisation_value(one) for one in known if one.id == account), None),
    )
    return Structure("cpx_externalContact", found)


def organisation_value(record: Record) -> Structure:
    """An account as a value of the expression language."""
    fields = record.fields
    found: dict[str, Any] = {
        name: fields.get(name) for name in ("companyType", "industry", "externalSystemUrl", "employeeCount", "revenue")
    }
    found.update(
        id=record.id,
        name=record.title,
        tags=tuple(fields.get("tags") or ()),
        websites=tuple(fields.get("websites") or ()),
        phoneNumber=_phone(fields.get("phoneNumber")),
        faxNumber=_phone(fields.get("faxNumber")),
        address=_structure("cpx_externalAddress", fields.get("address")),
        createDateTimeUtc=_instant(record.created_at),
        modifyDateTimeUtc=_instant(record.modified_at),
    )
    return Structure("cpx_externalOrganization", found)


def _phone(value: Mapping[str, Any] | None) -> Structure | None:
    if not value:
        return None
    extension = value.get("extension")
    found = {name: value.get(name) for name in ("display", "userInput", "e164", "countryCode")}
    return Structure(
        "cpx_externalPhoneNumber",
        {**found, "extension": None if extension is None else str(extension), "acceptsSMS": value.get("acceptsSms")},
    )


def _structure(kind: str, value: Mapping[str, Any] | None) -> Structure | None:
    return Structure(kind, dict(value)) if value else None


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
