"""Pictures of flows: the author's words, keys on the edges, queues and data actions."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from dsl import check_flow
from dsl.graph import FORMATS, Picture, picture_of
from dsl.source import Source, has_errors

ROOT = Path(__file__).parent.parent.parent.parent
MENU = Path(__file__).parent / "menu.yaml"
WELCOME = ROOT / "flows/crm_welcome/flows/crm_welcome.yaml"


def picture(path: Path) -> Picture:
    checked = check_flow(Source(path.name, path.read_text(encoding="utf-8")))
    assert checked.flow is not None
    assert not has_errors(checked.findings), checked.findings
    return picture_of(checked.flow)


@pytest.mark.parametrize("format_", sorted(FORMATS))
@pytest.mark.parametrize("path", [MENU, WELCOME], ids=lambda path: path.stem)
def test_a_flow_is_drawn_as_agreed(path: Path, format_: str, snapshot: SnapshotAssertion) -> None:
    assert FORMATS[format_](picture(path)) == snapshot


def edges(drawn: Picture) -> set[tuple[str, str, str]]:
    document = json.loads(FORMATS["json"](drawn))
    titles = {node["id"]: node["title"] for node in document["nodes"]}
    boxes = list(document["boxes"])
    while boxes:
        box = boxes.pop()
        titles |= {node["id"]: node["title"] for node in box["nodes"]}
        boxes += box["boxes"]
    return {(titles[edge["from"]], edge["label"], titles[edge["to"]]) for edge in document["edges"]}


def test_keys_of_a_menu_are_on_its_edges() -> None:
    found = edges(picture(MENU))
    assert ("Main menu", "1", "Look up") in found
    assert ("Main menu", "2 / sales", "To sales") in found
    assert ("Main menu", "9 / default", "Goodbye") in found


def test_outputs_without_actions_go_on_to_what_follows() -> None:
    found = edges(picture(MENU))
    assert ("Look up", "success", "Say it") in found
    assert ("Look up", "failure, timeout", "Three times") in found


def test_a_loop_leads_back_to_itself_and_its_exit_out_of_it() -> None:
    found = edges(picture(MENU))
    assert ("Ask", "failure", "Three times") in found
    assert ("Got it", "", "Bye") in found
    assert ("Three times", "done", "Bye") in found


def test_a_call_of_a_task_is_drawn_beside_the_way_on() -> None:
    found = edges(picture(MENU))
    assert ("Hours", "call", "Open?") in found
    assert ("Open?", "open", "We are open") in found


def test_a_concise_action_is_one_node_that_leads_to_its_queues() -> None:
    found = edges(picture(WELCOME))
    assert {target for source, _, target in found if source == "Route"} == {"Priority", "Gold", "General"}


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
@pytest.mark.parametrize("path", [MENU, WELCOME], ids=lambda path: path.stem)
def test_graphviz_draws_it(path: Path) -> None:
    text = FORMATS["dot"](picture(path))
    done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "</svg>" in done.stdout


@pytest.mark.corpus
def test_published_flows_can_be_drawn(corpus: Path) -> None:
    for path in sorted((corpus / "flows").rglob("*.y*ml")):
        if path.name.endswith(".subst.yaml"):
            continue
        flow = check_flow(Source(path.name, path.read_text(encoding="utf-8-sig"))).flow
        assert flow is not None
        for render in FORMATS.values():
            assert render(picture_of(flow))


@pytest.mark.parametrize(
    ("audio", "shown"),
    [
        ("{tts: Hello.}", "“Hello.”"),
        ('{exp: \'ToAudioTTS(Append("Hello ", Flow.name, "."))\'}', "“Hello {Flow.name}.”"),
        ("{exp: 'AudioPlaybackOptions(ToAudioTTS(\"Please listen.\"), false)'}", "“Please listen.”"),
        ("{exp: 'ToAudioBlank(500)'}", "ToAudioBlank(500)"),
        ("{prompt: Prompt.Welcome}", "Prompt.Welcome"),
        ("{tts: " + "x" * 60 + "}", "“" + "x" * 39 + "…”"),
    ],
)
def test_what_is_said_is_shown_as_the_caller_hears_it(audio: str, shown: str) -> None:
    text = f"""inboundCall:
  name: A
  variables: [{{stringVariable: {{name: Flow.name, initialValue: {{lit: Ann}}}}}}]
  startUpTaskActions: [{{playAudio: {{name: P, audio: {audio}}}}}, {{disconnect: {{name: End}}}}]
"""
    flow = check_flow(Source("a", text)).flow
    assert flow is not None
    (box,) = picture_of(flow).boxes
    assert box.nodes[0].details == (shown,)
