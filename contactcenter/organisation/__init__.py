"""The organisation: queues, skills, people, prompts, schedules, data tables, roles and the rest, from YAML.

``load_organisation`` reads files in the vendor's field names; the ``Organisation`` value is what flows look
things up in; ``Lookups`` is the request port over it.
"""

from __future__ import annotations

from contactcenter.organisation.conversing import ConversationSettings
from contactcenter.organisation.crm import Crm, CustomField, CustomObject
from contactcenter.organisation.data_tables import DataTable
from contactcenter.organisation.knobs import Knobs
from contactcenter.organisation.load import conversation_settings, load_organisation, settings_of
from contactcenter.organisation.lookups import Lookups
from contactcenter.organisation.organisation import Organisation
from contactcenter.organisation.people import Group, Proficiency, User
from contactcenter.organisation.prompts import Prompt
from contactcenter.organisation.queues import Member, Queue
from contactcenter.organisation.reading import derived_id
from contactcenter.organisation.roles import Role, granted
from contactcenter.organisation.schedules import EmergencyGroup, Schedule, ScheduleGroup
from contactcenter.organisation.things import Thing

__all__ = [
    "ConversationSettings",
    "Crm",
    "CustomField",
    "CustomObject",
    "DataTable",
    "EmergencyGroup",
    "Group",
    "Knobs",
    "Lookups",
    "Member",
    "Organisation",
    "Proficiency",
    "Prompt",
    "Queue",
    "Role",
    "Schedule",
    "ScheduleGroup",
    "Thing",
    "User",
    "conversation_settings",
    "derived_id",
    "granted",
    "load_organisation",
    "settings_of",
]
