"""Architect's native export, read into Archy's form: ``decode_native``, then ``import_flow``, then ``to_text``."""

from dsl.native.decode import decode_native, is_native
from dsl.native.flow import Imported, import_flow
from dsl.native.text import to_text

__all__ = ["Imported", "decode_native", "import_flow", "is_native", "to_text"]
