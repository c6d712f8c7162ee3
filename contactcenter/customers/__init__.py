"""The built-in CRM and the single customer view: contacts, identifiers, resolution, records, merge, history."""

from __future__ import annotations

from contactcenter.customers.contacts import Contact
from contactcenter.customers.history import Entry
from contactcenter.customers.loading import check_contacts, load_contacts
from contactcenter.customers.port import CustomerPort
from contactcenter.customers.problems import CustomerError
from contactcenter.customers.resolution import Link, Match
from contactcenter.customers.service import Card, Customers
from contactcenter.customers.settings import CustomerSettings, settings_from
from contactcenter.customers.unit import Actor

__all__ = [
    "Actor",
    "Card",
    "Contact",
    "CustomerError",
    "CustomerPort",
    "CustomerSettings",
    "Customers",
    "Entry",
    "Link",
    "Match",
    "check_contacts",
    "load_contacts",
    "settings_from",
]
