"""From a flow's inputs to the request's values, and from a response to the outputs that the flow sees."""

from connectors.translation.inputs import bind, input_context, problem_with
from connectors.translation.jsonpath import NOT_FOUND, JaywayPath, PathSyntaxError, compile_path, read_path
from connectors.translation.outputs import OutputMismatchError, flatten
from connectors.translation.translate import TranslationError, parse_json, translate, translate_response

__all__ = [
    "NOT_FOUND",
    "JaywayPath",
    "OutputMismatchError",
    "PathSyntaxError",
    "TranslationError",
    "bind",
    "compile_path",
    "flatten",
    "input_context",
    "parse_json",
    "problem_with",
    "read_path",
    "translate",
    "translate_response",
]
