"""Integrations, their credentials and their data actions."""

from __future__ import annotations

import json
import re

from callwright.importing.plan import Plan
from callwright.importing.terraform.configuration import MARK, PLACEHOLDER
from callwright.importing.terraform.view import View
from connectors.model import REPLAY_ONLY, RUNNABLE
from dsl.source import Map, Node, Scalar, Seq

_PUBLIC = frozenset({"loginurl", "login_url", "username", "user"})


def carry_integration(view: View, plan: Plan) -> None:
    """``genesyscloud_integration``: a connection under the integration's display name."""
    config = view.block("config")
    name = config.text("name") or view.configuration.name(view.resource.address) or view.resource.label
    kind = view.text("integration_type")
    if kind not in RUNNABLE | REPLAY_ONLY:
        view.report(f'integrations of type "{kind}" call no data action; it is left out')
        return
    connection: dict[str, object] = {"type": kind}
    if kind in REPLAY_ONLY:
        connection["mode"] = "stub"
    credentials: dict[str, object] = {}
    given = config.get("credentials")
    for _, node in given if isinstance(given, Map) else ():
        mark = MARK.fullmatch(node.text) if isinstance(node, Scalar) else None
        target = view.configuration.resource(mark.group(1)) if mark else None
        if target is None:
            view.report("a credential of the integration is not in these files", node.span)
            continue
        fields = view.configuration.body(target).get("fields")
        for key, _ in fields if isinstance(fields, Map) else ():
            credentials[key.text] = f"env:{_variable(name, key.text)}"
    if credentials:
        connection["credentials"] = credentials
    config.skip("properties", "advanced", "notes", "name", "credentials")
    view.skip("intended_state", "config")
    plan.connections[name] = connection
    view.leave_rest()


def _variable(*parts: str) -> str:
    """The environment variable of a secret: ``CRM_PASSWORD``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", "_".join(parts))
    return re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")


def carry_credential(view: View, plan: Plan) -> None:
    """``genesyscloud_integration_credential``: only that it exists; its values are never written anywhere."""
    view.skip("name", "credential_type_name", "fields")
    view.leave_rest()


def carry_action(view: View, plan: Plan) -> None:
    """``genesyscloud_integration_action``: a data action in the vendor's export form."""
    from connectors.format import read_resource, write_export

    integration = view.name_of("integration_id")
    body = _named(view.node, view)
    actions, findings = read_resource(view.resource.kind, body, view.resource.source)
    plan.findings += findings
    for action in actions:
        export = write_export(action)
        if integration:
            export["category"] = integration
        text = json.dumps(export, indent=2, ensure_ascii=False) + "\n"
        unknown = sorted(set(PLACEHOLDER.findall(text)))
        if unknown:
            view.report(f"the action holds {', '.join(unknown)}, which these files do not tell")
        name = view.resource.label if PLACEHOLDER.search(action.name) else action.name
        plan.add("actions", name, ".json", text, view.resource.source.path)


def _named(node: Node, view: View) -> Map:
    """The body with names where marks stand."""

    def walk(inner: Node) -> Node:
        if isinstance(inner, Map):
            return Map(tuple((key, walk(value)) for key, value in inner), inner.span)
        if isinstance(inner, Seq):
            return Seq(tuple(walk(item) for item in inner), inner.span)
        if isinstance(inner.value, str) and MARK.search(inner.value):
            text = view.configuration.plain_text(inner.value)
            return Scalar(text, text, inner.style, inner.span)
        return inner

    found = walk(node)
    assert isinstance(found, Map)
    return found
