"""``callwright check`` as people and programs call it: exit codes, formats, files, folders (authoring.md §2, §3.4)."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from callwright.cli import main
from dsl.source import CODES

ROOT = Path(__file__).parent.parent.parent
SARIF = ROOT / "tests/dsl/source/sarif-2.1.0-rtm.5.json"
Output = pytest.CaptureFixture[str]
FLOW = "inboundCall:\n  name: {0}\n  startUpTaskActions:\n    - {1}\n    - disconnect: {{none: true}}\n"
ERROR = "transfertoAcd: {name: T}"
WARNING = 'decision: {name: D, condition: {exp: "true"}}'
INFO = "callData: {name: C, category: {A: {dataAction: {B: {inputs: {}}}}}}"
CLEAN = "playAudio: {name: P, audio: {tts: Hello.}}"


def flow(folder: Path, name: str, action: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FLOW.format(path.stem, action), encoding="utf-8")
    return path


@pytest.fixture
def mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders of flows with an error, a warning, an info, and nothing."""
    for name, action in (("a/e.yaml", ERROR), ("a/w.yaml", WARNING), ("b c/i.yaml", INFO), ("b c/ok.yaml", CLEAN)):
        flow(tmp_path, name, action)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("action", "code", "strict"), [(ERROR, 1, 1), (WARNING, 0, 1), (INFO, 0, 0), (CLEAN, 0, 0)], ids="ewic"
)
def test_an_error_fails_a_warning_only_under_strict_an_info_never(
    action: str, code: int, strict: int, tmp_path: Path
) -> None:
    path = str(flow(tmp_path, "f.yaml", action))
    assert main(["check", path]) == code
    assert main(["check", path, "--strict"]) == strict


@pytest.mark.parametrize(
    "arguments",
    [[], ["nowhere.yaml"], [".", "--format", "xml"], [".", "--ignore", "unknown-acton"], [".", "--max", "0"]],
)
def test_wrong_usage_has_a_code_of_its_own(arguments: list[str], mixed: Path, capsys: Output) -> None:
    assert main(["check", *arguments]) == 2
    assert capsys.readouterr().err


def found(arguments: list[str], capsys: Output) -> dict[str, list[str]]:
    """Codes by path."""
    main(["check", *arguments, "--format", "json"])
    by_path: dict[str, list[str]] = {}
    for one in json.loads(capsys.readouterr().out)["findings"]:
        by_path.setdefault(one["path"], []).append(one["code"])
    return by_path


def test_many_files_and_folders_are_checked_in_one_run_each_file_once(mixed: Path, capsys: Output) -> None:
    main(["check", "a", "b c", "a/e.yaml", "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert document["files"] == 4
    assert [(one["path"], one["code"]) for one in document["findings"]] == [
        ("a/e.yaml", "unknown-action"),
        ("a/w.yaml", "always-true"),
        ("b c/i.yaml", "missing-failure-path"),
    ]


def test_a_folder_leaves_out_what_is_hidden_ignored_or_only_values(mixed: Path, capsys: Output) -> None:
    for name in (".hidden/e.yaml", "built/e.yaml", "a/values.subst.yaml"):
        flow(mixed, name, ERROR)
    (mixed / ".gitignore").write_text("built/\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=mixed, check=True)
    assert set(found(["."], capsys)) == {"a/e.yaml", "a/w.yaml", "b c/i.yaml"}


def test_an_unknown_root_key_is_an_error_only_where_the_file_was_named(mixed: Path, capsys: Output) -> None:
    (mixed / "other.yaml").write_text("services: {web: {}}\n", encoding="utf-8")
    assert main(["check", "other.yaml"]) == 1
    capsys.readouterr()
    assert main(["check", "b c", "--strict"]) == 0


def test_findings_are_chosen_by_code_and_counted_whole_by_the_exit_code(mixed: Path, capsys: Output) -> None:
    assert found([".", "--select", "always-true"], capsys) == {"a/w.yaml": ["always-true"]}
    assert "a/e.yaml" not in found([".", "--ignore", "unknown-action"], capsys)
    (mixed / "a/a.yaml").write_text(FLOW.format("A", WARNING), encoding="utf-8")
    assert main(["check", ".", "--max", "1", "--format", "oneline"]) == 1, "the error is not shown, and counts"
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_standard_input_is_checked_under_its_name(mixed: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.TextIOWrapper(io.BytesIO(FLOW.format("A", ERROR).encode()))
    monkeypatch.setattr("sys.stdin", data)
    assert main(["check", "-", "--stdin-name", "a/new.yaml", "--format", "oneline"]) == 1
    assert capsys.readouterr().out.startswith("a/new.yaml:4:7: unknown action")


def test_json_is_the_documented_object(mixed: Path, capsys: Output) -> None:
    main(["check", ".", "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "callwright.check/1"
    for one in document["findings"]:
        assert list(one) == "path line column end_line end_column code severity message help element notes".split()
        assert one["severity"] in CODES[one["code"]].severities


def test_oneline_is_taken_apart_by_the_problem_matcher(mixed: Path, capsys: Output) -> None:
    matcher = json.loads((ROOT / "editors/problem-matcher.json").read_text(encoding="utf-8"))
    expression = matcher["problemMatcher"][0]["pattern"][0]["regexp"]
    main(["check", ".", "--format", "oneline"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(re.match(expression, line) for line in lines)


def test_github_gets_a_command_for_each_finding(mixed: Path, capsys: Output) -> None:
    main(["check", ".", "--format", "github"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning", "::notice"]
    assert "file=a/e.yaml,line=4,col=7," in lines[0]


def test_sarif_is_valid_by_its_schema(mixed: Path, capsys: Output) -> None:
    main(["check", ".", "--format", "sarif"])
    log = json.loads(capsys.readouterr().out)
    assert list(Draft4Validator(json.loads(SARIF.read_text(encoding="utf-8"))).iter_errors(log)) == []
    assert {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]} == {
        result["ruleId"] for result in log["runs"][0]["results"]
    }


def test_junit_has_a_case_for_each_file_and_a_failure_for_what_may_fail(mixed: Path, capsys: Output) -> None:
    main(["check", ".", "--format", "junit"])
    suite = ElementTree.fromstring(capsys.readouterr().out.encode()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")
    assert [case.get("name") for case in suite.iter("testcase")] == [
        "a/e.yaml",
        "a/w.yaml",
        "b c/i.yaml",
        "b c/ok.yaml",
    ]


@pytest.mark.parametrize("format_", ["pretty", "oneline", "json", "github", "sarif", "junit"])
def test_every_format_has_an_answer_when_nothing_is_wrong(format_: str, tmp_path: Path, capsys: Output) -> None:
    path = flow(tmp_path, "ok.yaml", CLEAN)
    assert main(["check", str(path), "--format", format_, "--strict"]) == 0
    out = capsys.readouterr().out
    assert (out == "") == (format_ in ("oneline", "github"))


def test_an_organisation_in_a_folder_is_one_and_each_file_has_its_own_findings(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "callwright.yaml").write_text("organisation: organisation\n", encoding="utf-8")
    folder = tmp_path / "organisation"
    folder.mkdir()
    (folder / "skills.yaml").write_text("skills: [{name: German}]\n", encoding="utf-8")
    users = "users: [{username: ada@example.com, name: Ada, skills: [German, Frensh]}]\n"
    (folder / "people.yaml").write_text(users, encoding="utf-8")
    assert found([str(tmp_path)], capsys) == {str(folder / "people.yaml"): ["unknown-skill"]}


def test_files_that_the_project_names_are_what_it_says_they_are(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "callwright.yaml").write_text("connections: systems.yaml\n", encoding="utf-8")
    (tmp_path / "systems.yaml").write_text("connections: {Shop: {orign: https://shop.example.com}}\n", encoding="utf-8")
    assert found([str(tmp_path)], capsys) == {str(tmp_path / "systems.yaml"): ["unknown-key"]}


def test_a_target_is_told_what_it_lacks_and_what_nobody_answers_there(tmp_path: Path, capsys: Output) -> None:
    path = str(flow(tmp_path, "f.yaml", "enableParticipantRecord: {name: R}"))
    assert main(["check", path, "--strict"]) == 0
    assert main(["check", path, "--strict", "--target", "webphone"]) == 1
    capsys.readouterr()
    assert found([path, "--target", "webphone"], capsys) == {path: ["capability-missing", "port-without-service"]}
    assert main(["check", path, "--target", "carrier"]) == 2
    assert 'there is no adapter "carrier", only terminal and webphone' in capsys.readouterr().err


def test_an_organisation_that_routing_cannot_read_is_told_before_a_node_starts(tmp_path: Path, capsys: Output) -> None:
    text = "queues: [{name: Gold, bullseye: {rings: [{expansionCriteria: 5}]}}]\n"
    (tmp_path / "organisation.yaml").write_text(text, encoding="utf-8")
    assert main(["check", str(tmp_path), "--format", "oneline"]) == 1
    assert "at `$.queues[0].bullseye.rings[0].expansionCriteria` [bad-value]" in capsys.readouterr().out


def test_what_was_found_and_is_none_of_ours_is_passed_over(tmp_path: Path, capsys: Output) -> None:
    others = {
        "docker-compose.yml": "services:\n  web: {image: x}\n",
        "k8s.yaml": "a: 1\n---\nb: 2\n",
        "cloud.yaml": "Bucket: !Ref Name\n",
        "chart.yaml": "name: {{ .Values.name }}\n  bad\n",
        "empty.yaml": "",
        "package.json": '{"name": "x"}',
        "tsconfig.json": "{\n  // comments\n}",
    }
    for name, text in others.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["check", "--strict", str(tmp_path)]) == 0
    assert "error" not in capsys.readouterr().out
    assert main(["check", str(tmp_path / "k8s.yaml")]) == 1


def test_a_flow_that_was_found_and_cannot_be_read_is_told(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "f.yaml"
    path.write_text('# a flow\ninboundCall:\n  name: "A\n', encoding="utf-8")
    assert found([str(tmp_path)], capsys) == {str(path): ["syntax-yaml"]}


def test_what_git_ignores_is_left_out_also_where_there_is_no_repository(tmp_path: Path, capsys: Output) -> None:
    flow(tmp_path, "kept.yaml", ERROR)
    flow(tmp_path, "build/left.yaml", ERROR)
    (tmp_path / ".gitignore").write_text("build/\n", encoding="utf-8")
    assert set(found([str(tmp_path)], capsys)) == {str(tmp_path / "kept.yaml")}


def test_a_setting_that_nobody_reads_is_told_with_the_one_that_was_meant(tmp_path: Path, capsys: Output) -> None:
    project = tmp_path / "callwright.yaml"
    project.write_text("settings: {desk: {port: 8080}, trace: {keep: 14d}}\n", encoding="utf-8")
    assert found([str(project)], capsys) == {}
    project.write_text("settings: {dsk: {port: 8080}, routing: {lese: 1s}}\n", encoding="utf-8")
    main(["check", str(project), "--format", "json"])
    told = json.loads(capsys.readouterr().out)["findings"]
    assert [one["help"] for one in told] == ['did you mean "desk"?', 'did you mean "lease"?']
    assert [one["message"] for one in told] == ['there is no setting "dsk"', 'there is no setting "routing.lese"']
