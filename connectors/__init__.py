"""Data actions: request template, transport, response translation, and the CRM dialects (data-actions.md)."""

from connectors.connections import Connection, load_connections
from connectors.contract import contract_of
from connectors.failures import Failure
from connectors.format import read_export, write_export
from connectors.http import HttpFactory
from connectors.lines import read_line, render_line, translate_line
from connectors.model import DataAction
from connectors.port import DataActionPort
from connectors.ready import CRM_INTEGRATION, CRM_ORIGIN, crm_connection, public_api_connection, ready_actions
from connectors.run import DataActions, Output

__all__ = [
    "CRM_INTEGRATION",
    "CRM_ORIGIN",
    "Connection",
    "DataAction",
    "DataActionPort",
    "DataActions",
    "Failure",
    "HttpFactory",
    "Output",
    "contract_of",
    "crm_connection",
    "load_connections",
    "public_api_connection",
    "read_export",
    "read_line",
    "ready_actions",
    "render_line",
    "translate_line",
    "write_export",
]
