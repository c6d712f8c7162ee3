"""CX-as-Code: Terraform's HCL and JSON, read without Terraform, and what its resources become."""

from callwright.importing.terraform.carry import carry_over
from callwright.importing.terraform.configuration import Configuration

__all__ = ["Configuration", "carry_over"]
