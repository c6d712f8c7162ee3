"""Data actions: request template, transport, response translation, and the CRM dialects (data-actions.md).

What needs an HTTP client is imported when it is asked for, so that checking a project loads none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from connectors.check import check_action, check_data_action, check_terraform
from connectors.connections import Connection, load_connections
from connectors.contract import contract_of
from connectors.failures import Failure
from connectors.format import read_export, read_terraform, write_export
from connectors.lines import read_line, render_line, translate_line
from connectors.mapping import mapped_actions, mapping_findings
from connectors.model import DataAction
from connectors.ready import (
    CRM_INTEGRATION,
    CRM_ORIGIN,
    PUBLIC_API,
    PUBLIC_API_ORIGIN,
    crm_connection,
    public_api_connection,
    ready_actions,
)
from connectors.secrets import SecretMissingError, resolve

if TYPE_CHECKING:
    from connectors.asking import Output
    from connectors.http import HttpFactory
    from connectors.port import DataActionPort
    from connectors.run import DataActions

__all__ = [
    "CRM_INTEGRATION",
    "CRM_ORIGIN",
    "PUBLIC_API",
    "PUBLIC_API_ORIGIN",
    "Connection",
    "DataAction",
    "DataActionPort",
    "DataActions",
    "Failure",
    "HttpFactory",
    "Output",
    "SecretMissingError",
    "check_action",
    "check_data_action",
    "check_terraform",
    "contract_of",
    "crm_connection",
    "load_connections",
    "mapped_actions",
    "mapping_findings",
    "public_api_connection",
    "read_export",
    "read_line",
    "read_terraform",
    "ready_actions",
    "render_line",
    "resolve",
    "translate_line",
    "write_export",
]

_LATER = {"DataActionPort": "port", "DataActions": "run", "HttpFactory": "http", "Output": "asking"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"connectors.{_LATER[name]}"), name)
