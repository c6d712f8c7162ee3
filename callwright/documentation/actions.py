"""docs/actions.md: every action of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from callwright.documentation.markdown import page, table
from dsl.actions import MENU_CHOICES, ActionSpec, Parameter, actions, sections
from dsl.actions.meanings import meaning_of, meaning_of_parameter
from dsl.concise.read import CONCISE, KEYS, OUTPUTS
from dsl.schema.values import word_of

_INTRODUCTION = """
Every action that flows may use, by what it is for: Architect's own, and the four concise ones. Each takes a `name`
and, where it has outputs, `outputs: {OUTPUT: {actions: [...]}}`; an output without actions goes on behind the action.

How it runs: *here* means by callwright's own machine; a *request* goes to another part of the house (routing, CRM,
look-ups ...); *foreign* ones need a service of another vendor, and rehearsals answer for it.
"""
_RUNS = {"R": "here", "H": "request", "P": "foreign"}
_SHAPES = {
    "inputs": "values by name",
    "bindings": "variables by name",
    "failures": "variables by name",
    "statements": "list of assignments",
    "workitemStatements": "list of assignments",
    "setAttributes": "list of names and values",
    "getAttributes": "list of names and variables",
    "skills": "skills",
    "digits": "exact, or range",
    "dataAction": "data action",
    "dataTable": "table",
    "module": "flow",
    "screenPop": "script",
    "schedule": "schedule",
    "evaluate": "now, or dateTime",
    "named": "name",
    "playStyle": "entirePrompt, or duration",
    "destination": "user, group or queue",
    "any": "",
    "flag": "true or false",
    "switch": "firstTrue, or firstMatch",
    "untilCases": "list of cases",
    "task": "reference",
    "menu": "reference",
    "state": "reference",
}


def actions_page() -> str:
    """The page."""
    parts = [part for heading, keys in sections().items() for part in _section(heading, keys)]
    choices = (
        (f"`{kind}`", f"`{action}`" if action else "by the menu itself") for kind, action in MENU_CHOICES.items()
    )
    menus = ["## Menu choices", "Behind a key or a word in a menu.", table(["choice", "does"], choices)]
    return page("Actions", _INTRODUCTION, "## Concise actions", *map(_concise, CONCISE), *parts, *menus)


def _section(heading: str, keys: tuple[str, ...]) -> Iterator[str]:
    yield f"## {heading}"
    for key in keys:
        yield _action(actions()[key])


def _action(spec: ActionSpec) -> str:
    families = f", {' and '.join(sorted(spec.families))} flows" if spec.families else ""
    outputs = [f"`{path}`" for path in spec.outputs] + (["those of its own"] if spec.open_outputs else [])
    about = f"*{_RUNS[spec.status]}{families}{', nothing follows it' if spec.ends else ''}.*"
    parts = [f"### {spec.key}", f"{meaning_of(spec.key)} {about}"]
    if spec.parameters:
        rows = [_row(spec.key, parameter) for parameter in spec.parameters.values()]
        parts.append(table(["parameter", "holds", "meaning"], rows))
    if outputs:
        parts.append(f"Outputs: {', '.join(outputs)}.")
    return "\n\n".join(parts)


def _row(action: str, parameter: Parameter) -> tuple[str, str, str]:
    name = f"`{parameter.name}`" + (" (needed)" if parameter.required else "")
    return name, _kind(parameter), meaning_of_parameter(action, parameter.name)


def _kind(parameter: Parameter) -> str:
    if parameter.is_output:
        return f"variable: {word_of(parameter.kind[1:])}"
    shape = _SHAPES.get(parameter.kind)
    kind = ", ".join(parameter.words) or (word_of(parameter.kind) if shape is None else shape)
    default = f"by default {parameter.text_of(parameter.default)}" if parameter.default is not None else ""
    told = ", ".join(part for part in (kind, parameter.limits) if part)
    return "; ".join(part for part in (told, default) if part)


def _concise(key: str) -> str:
    rows = ((f"`{name}`" + (" (needed)" if spec.required else ""), spec.meaning) for name, spec in KEYS[key].items())
    outputs = ", ".join(f"`{path}`" for path in OUTPUTS.get(key, ()))
    end = f"\n\nOutputs: {outputs}." if outputs else ""
    return f"### {key}\n\n{meaning_of(key)}\n\n{table(['key', 'meaning'], rows)}{end}"
