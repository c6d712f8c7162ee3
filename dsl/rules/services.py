"""Actions that meet nobody: services that are not there, and flows that an action does not belong into
(flow-format.md §8)."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.actions import FLOW_TYPES, actions
from dsl.inventory import Inventory
from dsl.model import Action, Flow
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, finding


def port_without_service(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """An action whose service is not there yet; each kind of action is told once."""
    told: set[str] = set()
    for action in all_actions(flow):
        spec = actions().get(action.key)
        if spec is None or spec.served or action.key in told:
            continue
        told.add(action.key)
        live = "takes its failure output" if "failure" in spec.outputs else "enters the flow's error handling"
        if "notFound" in spec.outputs and "failure" not in spec.outputs:
            live = "finds nothing"
        message = f"no service answers {action.key} yet: outside rehearsals it {live}"
        help_ = f"in rehearsals, answer it under services: {action.key}"
        yield finding("port-without-service", message, action.span, help=help_, element=action.element)


def knowledge_without_service(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A knowledge base that a bot asks; told once, at its settings."""
    asking = next((action for action in all_actions(flow) if _asks_knowledge(action, flow)), None)
    if asking is None:
        return
    span = flow.settings.get("knowledge.span", asking.span)
    message = "no service answers questions to a knowledge base yet: outside rehearsals it knows nothing"
    help_ = f"in rehearsals, answer it under services: {asking.key}"
    yield finding("port-without-service", message, span, help=help_, element=asking.element)


def _asks_knowledge(action: Action, flow: Flow) -> bool:
    if action.key not in ("askForIntent", "digitalMenu", "waitForInput"):
        return False
    by_settings = "knowledge.name" in flow.settings and action.key != "askForIntent"
    return by_settings or action.output("knowledge") is not None


_WITHOUT_VOICE = frozenset({"workflow", "workitem", "inboundEmail", "inqueueEmail", "surveyInvite"})
_IN_WRITING = frozenset({"inboundShortMessage", "inboundChat", "inqueueShortMessage", "digitalBot"})


def action_not_in_flow_type(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """An action that needs a caller's ear, a written message, a bot, work or a queue where there is none."""
    family = FLOW_TYPES.get(flow.type)
    for action in all_actions(flow):
        spec = actions().get(action.key)
        families = spec.families if spec is not None else frozenset()
        deaf = families == {"voice"} and flow.type in _WITHOUT_VOICE
        deaf |= families == {"voice"} and flow.type in _IN_WRITING and spec is not None and spec.status == "R"
        no_text = bool(families) and families <= {"text", "mail"} and family in ("voice", "work")
        no_bot = families == {"bot"} and family not in ("bot", "module", "unknown")
        no_work = families == {"work"} and family in ("voice", "text", "mail", "bot")
        no_queue = families == {"queue"} and family not in ("module", "unknown") and not flow.type.startswith("inqueue")
        if deaf or no_text or no_bot or no_work or no_queue:
            message = f"{action.key} does not belong into {flow.type}"
            yield finding("action-not-in-flow-type", message, action.span, element=action.element)
