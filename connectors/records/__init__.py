"""CRM records behind data actions: what each system keeps where, how a number is found, what an answer means.

A ready action says ``record`` in its ``x-callwright`` settings; then its templates see the record type, the caller's
number in every spelling and the fields under the system's own names, and its answer becomes the same outputs for every
CRM (crm-apis.md §1): ``outcome``, ``ref``, ``refs``, ``popUrl``, the usual names, and what the record holds.
"""

from connectors.records.answers import NoRecordError, nobody, shaped
from connectors.records.pages import pop_url
from connectors.records.prepare import NothingToAsk, Prepared, RecordError, prepare
from connectors.records.refs import Ref, connector_name, read_ref
from connectors.records.systems import RecordType, system_of, types_of

__all__ = [
    "NoRecordError",
    "NothingToAsk",
    "Prepared",
    "RecordError",
    "RecordType",
    "Ref",
    "connector_name",
    "nobody",
    "pop_url",
    "prepare",
    "read_ref",
    "shaped",
    "system_of",
    "types_of",
]
