"""The YAML language server that editors use completes our flows and finds mistakes in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.editors.conftest import LanguageServer

ROOT = Path(__file__).parent.parent.parent
FLOW = "inboundCall:\n  name: A\n  startUpTaskActions:\n"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("    - pl|\n", {"playAudio", "transferToAcd", "identifyCaller"}),
        ("    - transferToAcd:\n        |\n", {"targetQueue", "acdSkills", "priority"}),
        ("    - callData:\n        outputs:\n          |\n", {"success", "failure", "timeout"}),
        ("    - playAudio:\n        audio:\n          |\n", {"tts", "prompt", "exp"}),
        ("    - collectInput:\n        digits:\n          |\n", {"exact", "range"}),
        ("    - setFlowOutcome:\n        flowOutcomeValue: |\n", {"SUCCESS", "FAILURE"}),
        ("    - routeByRecord:\n        |\n", {"rules", "default", "skills"}),
    ],
)
def test_it_offers_what_may_stand_there(text: str, offered: set[str], server: LanguageServer) -> None:
    assert offered <= set(server.complete(FLOW + text))


def test_it_offers_the_keys_of_a_flow_and_its_variables(server: LanguageServer) -> None:
    assert {"tasks", "menus", "startUpRef"} <= set(server.complete("inboundCall:\n  name: A\n  |\n"))
    variables = server.complete("inboundCall:\n  name: A\n  variables:\n    - |\n")
    assert {"stringVariable", "queueVariable"} <= set(variables)


def test_it_finds_a_mistake_on_its_line(server: LanguageServer) -> None:
    ((line, message),) = server.check(FLOW + "    - transfertoAcd: {name: T}\n")
    assert line == 4
    assert "transfertoAcd" in message


def test_it_finds_nothing_in_our_own_flow(server: LanguageServer) -> None:
    text = (ROOT / "flows/crm_welcome/flows/crm_welcome.yaml").read_text(encoding="utf-8")
    assert server.check(text) == []
