"""Reading data actions: the vendor's JSON export and its Terraform twin give the same model."""

from connectors.format.export import read_export, write_export
from connectors.format.terraform import HclReader, read_resource, read_terraform

__all__ = ["HclReader", "read_export", "read_resource", "read_terraform", "write_export"]
