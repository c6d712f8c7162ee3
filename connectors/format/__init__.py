"""Reading data actions: the vendor's JSON export and its Terraform twin give the same model."""

from connectors.format.export import read_export, write_export

__all__ = ["read_export", "write_export"]
