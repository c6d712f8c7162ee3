"""Tasks, menus and states of other files (flow-format.md §1.3)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dsl import Checked, check_flow
from dsl.compile import compile_flow
from dsl.rules.walk import all_actions
from dsl.source import Severity, Source

MAIN = """\
inboundCall:
  name: Main
  startUpRef: ./tasks/task[main]
  variables: [{stringVariable: {name: Flow.name, initialValue: {lit: Ada}}}]
  tasks:
  - task:
      name: main
      actions:
      - callTask: {name: Call, targetTaskRef: "REFERENCE"}
      - disconnect: {none: true}
"""
SHARED = """\
common:
  tasks:
  - task:
      name: Greet
      refId: greet & go
      actions:
      - playAudio: {name: Hello, audio: {exp: 'ToAudioTTS(Flow.name)'}}
      - callTask: {name: On, targetTaskRef: "NEXT"}
  - task:
      name: last
      actions: [{endTask: {name: Bye}}]
"""
GREET = "shared/start.yaml#/common/tasks/task[greet & go]"


def check(
    files: Mapping[str, str], reference: str = GREET, *, substitutions: Mapping[str, str] | None = None
) -> Checked:
    def include(path: str) -> Source | None:
        return Source(path, files[path]) if path in files else None

    source = Source("main.yaml", MAIN.replace("REFERENCE", reference))
    return check_flow(source, include=include, substitutions=substitutions)


def told(checked: Checked) -> list[tuple[str, str, int]]:
    """Code, file and line of all but plain information."""
    findings = [found for found in checked.findings if found.severity is not Severity.INFO]
    return [(found.code, found.span.path, found.span.start.line) for found in findings]


@pytest.mark.parametrize("before", [".", "/common", "start.yaml#/common"])
def test_a_task_of_another_file_comes_with_what_it_leads_to(before: str) -> None:
    checked = check({"shared/start.yaml": SHARED.replace("NEXT", f"{before}/tasks/task[last]")})
    assert told(checked) == []
    assert checked.flow is not None
    assert [action.name for action in all_actions(checked.flow)] == ["Call", "disconnect", "Hello", "On", "Bye"]
    assert [container.name for container in checked.flow.containers] == ["main", "Greet", "last"]
    assert [source.path for source in checked.others] == ["shared/start.yaml"]
    compile_flow(checked.flow, "")


def test_mistakes_are_told_where_they_stand() -> None:
    text = SHARED.replace("NEXT", "./tasks/task[lst]").replace("Flow.name)", "Flow.nme)")
    assert told(check({"shared/start.yaml": text})) == [
        ("unknown-variable", "shared/start.yaml", 7),
        ("unknown-task", "shared/start.yaml", 8),
    ]


def test_an_ignore_holds_in_its_own_file_only() -> None:
    ignored = "Flow.nme)'}}  # callwright: ignore unknown-variable"
    text = SHARED.replace("NEXT", "./tasks/task[last]").replace("Flow.name)'}}", ignored)
    assert told(check({"shared/start.yaml": text})) == []


def test_a_file_that_is_not_there_is_told_once() -> None:
    checked = check({})
    assert told(checked) == [("unknown-include", "main.yaml", 9)]


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("shared/start.yaml#/common/tasks/task[grete]", "unknown-task"),
        ("shared/start.yaml#/common/menus/menu[main]", "unknown-menu"),
        ("shared/start.yaml#/common/tasks", "unknown-include"),
        ("shared/start.yaml#/", "unknown-include"),
    ],
)
def test_a_path_that_names_nothing_is_told(reference: str, code: str) -> None:
    checked = check({"shared/start.yaml": SHARED.replace("NEXT", "./tasks/task[last]")}, reference)
    assert told(checked) == [(code, "main.yaml", 9)]


def test_files_that_lead_to_each_other_come_to_an_end() -> None:
    one = SHARED.replace("callTask", "jumpToTask").replace("NEXT", "../other.yaml#/workflow/tasks/task[x]")
    other = f"workflow: {{tasks: [{{task: {{name: x, actions: [{{jumpToTask: {{targetTaskRef: '{GREET}'}}}}]}}}}]}}"
    checked = check({"shared/start.yaml": one, "other.yaml": other})
    assert checked.flow is not None
    assert len(checked.flow.containers) == 3
    assert [code for code, *_ in told(checked)] == ["unreachable-action", "loop-without-exit", "loop-without-exit"]


def test_a_value_may_be_used_in_any_of_the_files() -> None:
    text = SHARED.replace("NEXT", "./tasks/task[last]").replace("Bye", "'{{bye}}'")
    checked = check({"shared/start.yaml": text}, substitutions={"bye": "Bye", "never": "x"})
    unused = [found.message for found in checked.findings if found.code == "unused-substitution"]
    assert unused == ['no "{{never}}" asks for this value']


def test_a_refid_with_a_hash_is_no_file() -> None:
    text = MAIN.replace("REFERENCE", "./tasks/task[Menu #1]")
    assert told(check_flow(Source("main.yaml", text))) == [("unknown-task", "main.yaml", 9)]
