"""Text and everything about it: positions, the YAML and JSON readers, diagnostics and how they are shown."""

from dsl.source.codes import CODES, Code
from dsl.source.diagnostics import Diagnostic, Edit, Note, Severity, finding, has_errors, sorted_unique
from dsl.source.files import decode, read_file
from dsl.source.json import read_json
from dsl.source.nearest import did_you_mean, nearest
from dsl.source.text import Position, Source, Span
from dsl.source.tree import Key, Map, Node, Scalar, Seq, plain, written
from dsl.source.yaml import read_yaml

__all__ = [
    "CODES",
    "Code",
    "Diagnostic",
    "Edit",
    "Key",
    "Map",
    "Node",
    "Note",
    "Position",
    "Scalar",
    "Seq",
    "Severity",
    "Source",
    "Span",
    "decode",
    "did_you_mean",
    "finding",
    "has_errors",
    "nearest",
    "plain",
    "read_file",
    "read_json",
    "read_yaml",
    "sorted_unique",
    "written",
]
