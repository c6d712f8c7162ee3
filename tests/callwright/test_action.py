"""``callwright action``, as users call it."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from callwright.cli import main

KEY = "s3cret-key-of-the-shop"

EXPORT = {
    "name": "Find Customer",
    "integrationType": "custom-rest-actions",
    "actionType": "custom",
    "config": {
        "request": {
            "requestUrlTemplate": "/customers?phone=$esc.uriEncode(${input.phone})",
            "requestType": "GET",
            "headers": {"X-Shop": "${credentials.apiKey}"},
            "requestTemplate": "",
        },
        "response": {
            "translationMap": {"name": "$.name"},
            "translationMapDefaults": {},
            "successTemplate": '{"name": ${name}}',
        },
    },
    "contract": {
        "input": {
            "inputSchema": {"type": "object", "properties": {"phone": {"type": "string"}}, "required": ["phone"]}
        },
        "output": {"successSchema": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
    "secure": False,
}
FLOW = """
inboundCall:
  name: Shop
  defaultLanguage: en-us
  initialGreeting: {tts: Hello.}
  startUpRef: /inboundCall/tasks/task[main]
  tasks:
    - task:
        name: Main
        refId: main
        actions:
          - callData:
              name: Find
              category:
                Shop:
                  dataAction:
                    Find Customer:
                      inputs: {phone: {exp: 'Replace(Call.Ani, "tel:", "")'}}
                      successOutputs: {name: {var: Task.name}}
              outputs:
                success: {actions: [{playAudio: {name: Greet, audio: {exp: "ToAudioTTS(\\"Hello \\" + Task.name)"}}}]}
          - disconnect: {name: Bye}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with one data action; its system is nowhere yet."""
    folder = tmp_path / "actions" / "Shop"
    folder.mkdir(parents=True)
    (folder / "find.json").write_text(json.dumps(EXPORT))
    (tmp_path / "callwright.yaml").write_text("name: shop\n")
    return tmp_path


def connect(project: Path, origin: str) -> None:
    (project / "connections.yaml").write_text(
        f"connections:\n  Shop:\n    type: custom-rest-actions\n    origin: {origin}\n    allowHttp: true\n"
        f"    allowedNetworks: [127.0.0.0/8]\n    credentials: {{apiKey: env:SHOP_KEY}}\n"
    )


@contextmanager
def serving(answer: Callable[[str, str], tuple[int, Any]]) -> Iterator[str]:
    """A server of another make on a free port, from the standard library."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path, self.headers.get("X-Shop", ""))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_run_answers_with_the_outputs_of_the_real_endpoint(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_KEY", KEY)
    seen: list[tuple[str, str]] = []

    def answer(path: str, key: str) -> tuple[int, Any]:
        seen.append((path, key))
        return 200, {"name": "Anna"}

    with serving(answer) as origin:
        connect(shop, origin)
        arguments = ["action", "run", str(shop / "actions/Shop/find.json"), "--input", '{"phone": "+4930"}']
        assert main([*arguments, "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"path": "success", "status": 200, "attempts": 1, "outputs": {"name": "Anna"}}
    assert seen == [("/customers?phone=%2B4930", KEY)]


def test_a_recording_holds_no_secret_and_plays_without_one(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_KEY", KEY)
    cassette = shop / "anna.jsonl"
    arguments = ["action", "run", str(shop / "actions/Shop/find.json"), "--input", '{"phone": "+4930"}']
    with serving(lambda path, key: (200, {"name": "Anna", "code": 7, "echo": key})) as origin:
        connect(shop, origin)
        assert main([*arguments, "--record", str(cassette)]) == 0
    assert KEY not in cassette.read_text()
    assert json.loads(json.loads(cassette.read_text())["response"]["body"])["code"] == 7
    monkeypatch.delenv("SHOP_KEY")
    (shop / "connections.yaml").unlink()
    capsys.readouterr()
    assert main([*arguments, "--replay", str(cassette)]) == 0
    assert capsys.readouterr().out == 'success (200)\n  name = "Anna"\n'


def test_a_failing_system_gives_the_failure_outputs_and_exit_code_1(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_KEY", KEY)
    with serving(lambda path, key: (404, {"message": f"no such customer {key}"})) as origin:
        connect(shop, origin)
        arguments = ["action", "run", str(shop / "actions/Shop/find.json"), "--input", '{"phone": "+4930"}']
        assert main([*arguments, "--format", "json"]) == 1
    out = capsys.readouterr().out
    shown = json.loads(out)
    assert (shown["path"], shown["outputs"]["status"], len(shown["outputs"])) == ("failure", 404, 13)
    assert KEY not in out


def test_without_a_connection_the_remedy_is_told(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["action", "run", str(shop / "actions/Shop/find.json"), "--input", '{"phone": "+4930"}']) == 1
    shown = capsys.readouterr()
    assert '"Shop" has no connection: add "Shop" to connections.yaml' in shown.err
    assert "ACTION.NOT_CONFIGURED" in shown.out


def test_the_built_in_crm_answers_by_name_from_the_contacts_of_the_project_and_without_a_socket(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2] / "flows/crm_welcome")
    given = json.dumps({"type": "contact", "field": "customerNumber", "value": "100202"})
    assert main(["action", "run", "callwright CRM / Find Contact By Field", "--input", given, "--format", "json"]) == 0
    outputs = json.loads(capsys.readouterr().out)["outputs"]
    assert (outputs["outcome"], outputs["name"]) == ("found", "David Moreau")


def test_a_shipped_action_is_shown_by_its_name_and_a_misspelt_one_gets_the_right_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["action", "render", "Zendesk / Find Contact By Phone", "--input", '{"phone": "+4930123456"}']) == 0
    assert capsys.readouterr().out.startswith("GET /api/v2/users/search.json?query=phone")
    assert main(["action", "run", "Zendesk / Find Contact By Fone"]) == 2
    assert 'did you mean "Zendesk / Find Contact By Phone"?' in capsys.readouterr().err


def test_rendering_masks_secrets_and_reads_none(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SHOP_KEY", raising=False)
    connect(shop, "https://shop.example")
    assert main(["action", "render", str(shop / "actions/Shop/find.json"), "--input", '{"phone": "+49 30"}']) == 0
    assert capsys.readouterr().out.splitlines() == [
        "GET https://shop.example/customers?phone=%2B49%2030",
        "X-Shop: ***",
        "Accept: application/json",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [("[1]", "the input is a JSON object"), ("{", "the input is not JSON"), ("@nowhere.json", "cannot be read")],
)
def test_bad_input_is_wrong_usage(given: str, message: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["action", "run", str(shop / "actions/Shop/find.json"), "--input", given]) == 2
    assert message in capsys.readouterr().err


def test_a_file_without_an_action_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.json").write_text('{"a": 1}')
    assert main(["action", "render", str(tmp_path / "other.json")]) == 1
    assert "syntax-data-action" in capsys.readouterr().err


def test_one_action_of_a_terraform_file_is_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = """
resource "genesyscloud_integration_action" "%s" {
  name = "%s"
  category = "Public API"
  integration_id = "x"
  contract_input = jsonencode({"type" = "object", "properties" = {}})
  contract_output = jsonencode({"type" = "object", "properties" = {}})
  config_request {
    request_url_template = "/api/v2/%s"
    request_type = "GET"
  }
  config_response { success_template = "$${rawResult}" }
}
"""
    file = tmp_path / "actions.tf"
    file.write_text(block % ("one", "First", "users") + block % ("two", "Second", "routing/queues"))
    assert main(["action", "render", str(file)]) == 2
    assert "First, Second" in capsys.readouterr().err
    assert main(["action", "render", str(file), "--name", "second"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "GET /api/v2/routing/queues"


def lines_of(
    command: str, questions: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[Any]:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(question + "\n" for question in questions)))
    assert main(["action", command, "-"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_line_has_an_answer_in_order_whatever_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template = {"template": "${input.x}!", "context": {"input": {"x": "ü"}}}
    half = {"template": "${input.x}", "context": {"input": {"x": "\ud800"}}}
    questions = [json.dumps(template), "no json", "7", json.dumps({"template": "#if("}), json.dumps(half)]
    answers = lines_of("render", questions, monkeypatch, capsys)
    assert answers[0] == {"output": "ü!"}
    assert [answer["error"]["code"] for answer in answers[1:4]] == ["syntax-json", "wrong-kind", "syntax-template"]
    assert answers[4] == {"output": "\ud800"}


def test_paths_are_read_and_responses_translated_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reads = [json.dumps({"path": path, "document": {"a": 1}}) for path in ("$.a", "$.b", "$..a", "$$.x")]
    found = lines_of("read", reads, monkeypatch, capsys)
    assert found[:3] == [{"value": 1}, {"not_found": True}, {"value": [1]}]
    assert found[3]["error"]["code"] == "syntax-jsonpath"
    asked = {"translationMap": {"n": "$.n"}, "translationMapDefaults": {"n": "0"}, "successTemplate": '{"n": ${n}}'}
    answers = lines_of("translate", [json.dumps({**asked, "response": {}})], monkeypatch, capsys)
    assert answers == [{"output": {"n": 0}}]


def test_the_corpus_agrees_through_the_command(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All but what no original engine answered: three errors, and a helper that the vendor alone has."""
    rows = json.loads((corpus / "templates/velocity.json").read_text())
    asked = [json.dumps({"template": row["template"], "context": row["context"]}) for row in rows]
    answers = lines_of("render", asked, monkeypatch, capsys)
    comparable = [
        (row, answer)
        for row, answer in zip(rows, answers, strict=True)
        if not row.get("error") and "msdynamics" not in row["helpers"]
    ]
    assert len(rows) - len(comparable) == 6
    assert [row["id"] for row, answer in comparable if answer != {"output": row["expected"]}] == []
    reads = json.loads((corpus / "templates/jsonpath.json").read_text())
    asked = [json.dumps({"path": row["path"], "document": row["document"]}) for row in reads]
    found = lines_of("read", asked, monkeypatch, capsys)
    wanted = {"value": lambda row: {"value": row["expected"]}, "not_found": lambda row: {"not_found": True}}
    wrong = [
        row["id"]
        for row, answer in zip(reads, found, strict=True)
        if row["kind"] in wanted and answer != wanted[row["kind"]](row)
    ]
    assert wrong == []


def test_a_rehearsal_plays_a_cassette(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://shop.example/customers?phone=%2B4930123456"
    line = {"matcher": f"GET {url}", "request": {"url": url}, "response": {"status": 200, "body": '{"name": "Anna"}'}}
    (shop / "flows").mkdir()
    (shop / "flows/shop.yaml").write_text(FLOW)
    (shop / "anna.jsonl").write_text(json.dumps(line))
    test = shop / "shop.test.yaml"
    text = (
        "flow: flows/shop.yaml\nactions:\n  Shop / Find Customer:\n    - cassette: {}\ncalls:\n"
        '  - name: greeted\n    from: "+4930123456"\n    expect: {{heard: Hello Anna}}\n'
    )
    test.write_text(text.format("anna.jsonl"))
    assert main(["test", str(test)]) == 0, capsys.readouterr().out
    (shop / "anna.jsonl").write_text(json.dumps({**line, "matcher": "GET https://shop.example/somebody/else"}))
    assert main(["test", str(test)]) == 1
    assert "Shop / Find Customer: anna.jsonl holds no recording of GET" in capsys.readouterr().out
    test.write_text(text.format("otto.jsonl"))
    assert main(["test", str(test)]) == 1
    assert "the cassette otto.jsonl is not there" in capsys.readouterr().out


def test_a_replay_needs_no_event_of_the_network(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", forbidden)
    (shop / "empty.jsonl").write_text("")
    arguments = ["action", "run", str(shop / "actions/Shop/find.json"), "--input", '{"phone": "+4930"}']
    assert main([*arguments, "--replay", str(shop / "empty.jsonl")]) == 1
    assert "empty.jsonl" in capsys.readouterr().out


def action_to(url: str, **changes: Any) -> str:
    request = {**EXPORT["config"]["request"], "requestUrlTemplate": url}  # type: ignore[index]
    config = {**EXPORT["config"], "request": request}  # type: ignore[dict-item]
    return json.dumps({**EXPORT, "config": config, "integrationType": "purecloud-data-actions", **changes})


def test_coverage_counts_routes_by_use_and_says_which_are_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = ["/api/v2/users/${input.phone}?expand=x", "/api/v2/users/$esc.url(${input.phone})", "/api/v2/nothing"]
    for place, url in enumerate(urls):
        (tmp_path / f"{place}.json").write_text(action_to(url))
    zendesk = action_to("/api/v2/users/search.json", integrationType="zendesk-data-actions")
    (tmp_path / "zendesk.json").write_text(zendesk)
    assert main(["action", "coverage", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "   2  served  GET    /api/v2/users/{}",
        "   1  501     GET    /api/v2/nothing",
        "2 of 3 calls are served (67 %)",
    ]


def test_the_coverage_of_the_corpus_is_what_the_manual_says(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["action", "coverage", str(corpus / "data-actions"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    manual = (Path(__file__).parent.parent.parent / "docs/fidelity.md").read_text()
    assert f"{found['calls']} call this API; {found['served']} of them" in manual


def test_a_client_is_added_listed_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = ["--database", f"sqlite:///{tmp_path}/a.db"]
    assert main(["client", "add", "wallboard", *database]) == 2
    assert main(["client", "add", "wallboard", "--role", "supervisor", *database]) == 0
    identity = capsys.readouterr().out.splitlines()[0].split()[1]
    assert main(["client", "list", *database]) == 0
    assert capsys.readouterr().out == f"{identity}  wallboard (supervisor)\n"
    assert main(["client", "remove", identity, *database]) == 0
    assert main(["client", "remove", identity, *database]) == 2
