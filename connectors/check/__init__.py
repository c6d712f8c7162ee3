"""Checking data actions: every rule of data-actions.md §13, as findings with positions inside the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from connectors.check.contract import contract
from connectors.check.secrets import secrets
from connectors.check.templates import (
    directives,
    escapes,
    headers,
    methods,
    names,
    optional_inputs,
    sosl_braces,
    syntax,
    url,
)
from connectors.check.translation import paths, success_template, unused
from connectors.check.uses import Facts
from connectors.contract import has_open_outputs
from connectors.format import read_export, read_terraform
from connectors.model import RUNNABLE, DataAction
from dsl.source import Diagnostic, Source, finding, sorted_unique

__all__ = ["check_action", "check_data_action", "check_terraform"]


def contracts(facts: Facts) -> Iterator[Diagnostic]:
    """Rules of the contract."""
    yield from contract(facts.action.inputs, facts.action.outputs, may_be_open=has_open_outputs(facts.action))


def integration(facts: Facts) -> Iterator[Diagnostic]:
    """Integration types that cannot call their system."""
    kind = facts.action.integration_type
    if kind and kind not in RUNNABLE:
        message = f'integrations of type "{kind}" run only from a stub or a cassette'
        yield finding("replay-only-integration", message, facts.action.span, element="/integrationType")


RULES: tuple[Callable[[Facts], Iterator[Diagnostic]], ...] = (
    contracts,
    integration,
    syntax,
    directives,
    methods,
    names,
    optional_inputs,
    escapes,
    sosl_braces,
    url,
    headers,
    secrets,
    paths,
    unused,
    success_template,
)
"""Everything that is checked about one action."""


def check_action(action: DataAction, allowed_hosts: Iterable[str] = ()) -> list[Diagnostic]:
    """The findings of one loaded action; ``allowed_hosts`` are those of its connection."""
    facts = Facts(action, tuple(allowed_hosts))
    return [found for rule in RULES for found in rule(facts)]


def check_data_action(
    source: Source, *, named: bool = True, allowed_hosts: Iterable[str] = ()
) -> tuple[DataAction | None, list[Diagnostic]]:
    """Read and check a JSON export. A file that was only met in a folder and is no data action gives nothing."""
    action, findings = read_export(source, named=named)
    if action is not None:
        findings = [*findings, *check_action(action, allowed_hosts)]
    return action, sorted_unique(findings)


def check_terraform(source: Source, *, named: bool = True) -> tuple[list[DataAction], list[Diagnostic]]:
    """Read and check every data action of a Terraform file."""
    actions, findings = read_terraform(source, named=named)
    for action in actions:
        findings = [*findings, *check_action(action)]
    return actions, sorted_unique(findings)
