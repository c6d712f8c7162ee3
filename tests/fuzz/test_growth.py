"""Values that grow out of themselves in a circle: each meets a limit of its own, and memory stays bounded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from callwright.loading import load_flow_file
from callwright.rehearsing import Caller, Stage, play
from dsl.source import has_errors

MOST_MB = 1_000
GROWING = {
    "text": ("string", "Append(Flow.x, Flow.x)", "{lit: abc}", "1,000,000 characters"),
    "text by replacing": ("string", 'Replace(Flow.x, "a", "aaaaaaaaaa")', "{lit: abc}", "1,000,000 characters"),
    "list": ("stringCollection", 'Split(ToString(Flow.x), ",")', "[{lit: 'a,b'}]", "10,000 actions"),
    "document": (
        "json",
        'SetJsonObjectProperty(SetJsonObjectProperty(Flow.x, "a", Flow.x), "b", Flow.x)',
        "{exp: 'JsonParse(\"{}\")'}",
        "500,000 parts",
    ),
    "deep document": ("json", 'SetJsonObjectProperty(Flow.x, "a", Flow.x)', "{exp: 'JsonParse(\"{}\")'}", "200 levels"),
    "communication": (
        "communication",
        "MakeCommunication(Flow.x, Flow.x)",
        "{exp: 'MakeCommunication(\"a\")'}",
        "1,000 parts",
    ),
    "whole number": ("integer", "Flow.x * Flow.x", "{lit: 3}", "range of Integer"),
    "decimal": ("decimal", "Flow.x * Flow.x", "{lit: 3.5}", "range of Decimal"),
    "duration": ("duration", "Flow.x + Flow.x", "{lit: {seconds: 5}}", "range of Duration"),
}
CIRCLE = """\
inboundCall:
  name: Circle
  startUpRef: ./tasks/task[main]
  defaultLanguage: en-us
  variables:
  - {type}Variable: {{name: Flow.x, initialValue: {initial}}}
  - integerVariable: {{name: Flow.i, initialValue: {{lit: 0}}}}
  tasks:
  - task:
      name: Main
      refId: main
      actions:
      - updateData: {{name: Grow, statements: [{{{type}: {{variable: Flow.x, value: {{exp: {grow}}}}}}}]}}
      - jumpToTask: {{name: Again, targetTaskRef: './tasks/task[main]'}}
"""
LONG = """\
{flow}:
  name: Long
  startUpRef: ./{part}s/{part}[main]
  defaultLanguage: en-us
  variables:
  - stringVariable: {{name: Flow.x, initialValue: {{lit: abcdefghij}}}}
  - integerVariable: {{name: Flow.i, initialValue: {{lit: 0}}}}
  {part}s:
  - {part}:
      name: Main
      refId: main
      actions:
      - loop:
          name: Grow
          loopCount: {{lit: 16}}
          currentIndex: {{var: Flow.i}}
          outputs:
            loop:
              actions:
              - updateData:
                  name: Twice
                  statements: [{{string: {{variable: Flow.x, value: {{exp: 'Append(Flow.x, Flow.x)'}}}}}}]
      - loop:
          name: Again
          loopCount: {{exp: Length(Flow.x)}}
          currentIndex: {{var: Flow.i}}
          outputs: {{loop: {{actions: [{action}]}}}}
"""
TOLD = "Append(Flow.x, ToString(Flow.i))"
OFTEN = {
    "assigned": (
        "inboundCall",
        "{updateData: {name: W, statements: [{string: {variable: Flow.x, value: "
        f"{{exp: 'Left({TOLD}, 655360)'}}}}}}]}}}}",
    ),
    "played": ("inboundCall", f"{{playAudio: {{name: W, audio: {{exp: 'ToAudioTTS({TOLD})'}}}}}}"),
    "sent": ("inboundShortMessage", f"{{sendResponse: {{name: W, messageBody: {{exp: '{TOLD}'}}}}}}"),
    "popped": (
        "inboundCall",
        f"{{setScreenPop: {{name: W, screenPopScript: {{S: {{inputs: {{a: {{exp: '{TOLD}'}}}}}}}}}}}}",
    ),
}


@pytest.mark.parametrize("what", GROWING)
def test_a_value_that_grows_out_of_itself_meets_a_limit(tmp_path: Path, what: str) -> None:
    type_, grow, initial, limit = GROWING[what]
    flow = tmp_path / "circle.yaml"
    flow.write_text(CIRCLE.format(type=type_, grow=json.dumps(grow), initial=initial), encoding="utf-8")
    loaded = load_flow_file(flow)
    assert not has_errors(loaded.findings), [found.message for found in loaded.findings]
    trace = play(loaded, Caller(), Stage()).rehearsal.trace
    assert limit in next(element["error"]["message"] for element in trace if "error" in element)


@pytest.mark.parametrize("what", OFTEN)
def test_a_long_text_ten_thousand_times_does_not_fill_the_memory(tmp_path: Path, what: str) -> None:
    flow_type, action = OFTEN[what]
    flow = tmp_path / "long.yaml"
    part = "task" if flow_type == "inboundCall" else "state"
    flow.write_text(LONG.format(flow=flow_type, part=part, action=action), encoding="utf-8")
    playing = (
        "import resource, sys; from callwright.cli import main; main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
    )
    command = [sys.executable, "-c", playing, "run", str(flow), "--script", str(flow.with_name("none.yaml"))]
    flow.with_name("none.yaml").write_text("script: []\n", encoding="utf-8")
    # What is said goes nowhere: kept here, it would count as the memory of the next one that this process starts.
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )
    assert int(done.stderr.rstrip().rpartition("\n")[2]) < MOST_MB, done.stderr
