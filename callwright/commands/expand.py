"""``callwright expand``: the Architect YAML that concise actions become."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from callwright.commands.options import FLOW, flow_options


@click.command("expand")
@click.argument("flow", type=FLOW)
@flow_options
def command(flow: Path, subst: Path | None, organisation: Path | None) -> int:
    """Print FLOW with its concise actions written out as plain Architect YAML.

    The result depends on the flow file alone and can be deployed as it is.
    """
    from callwright.sources import read_with_substitutions
    from dsl.actions import FLOW_TYPES
    from dsl.concise import expand
    from dsl.source import Map, finding, has_errors
    from dsl.source.emit import to_yaml
    from dsl.source.report import Report, pretty

    source, tree, findings = read_with_substitutions(flow, subst)
    if isinstance(tree, Map) and not any(key.text in FLOW_TYPES for key, _ in tree):
        key = tree.items[0][0] if len(tree) else None
        message = f'{flow} is no flow: "{key.text if key else ""}" is no flow type'
        help_ = "name a flow: its one root key is its type, such as inboundCall"
        findings.append(finding("unknown-flow-type", message, key.span if key else tree.span, help=help_))
    elif isinstance(tree, Map):
        expansion = expand(tree)
        findings.extend(expansion.findings)
        if not has_errors(findings):
            click.echo(to_yaml(expansion.tree), nl=False)
    if findings:
        sources = {source.path: source} if source else {}
        click.echo(pretty(Report([str(flow)], findings, sources, color=sys.stderr.isatty())), err=True, nl=False)
    return int(has_errors(findings) or tree is None)
