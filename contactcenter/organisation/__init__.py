"""Queues, skills, users, wrap-up codes, prompts, schedules, data tables, divisions, roles: what an organisation has."""

from contactcenter.organisation.load import derived_id, load_organisation
from contactcenter.organisation.lookups import Lookups
from contactcenter.organisation.organisation import Organisation, Thing

__all__ = ["Lookups", "Organisation", "Thing", "derived_id", "load_organisation"]
