"""A small contact centre, served, with a client of the vendor's API."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from callwright.serving.center import ContactCenter
from connectors.http import HttpClient, HttpRequest
from web.services import User

TABLE = "c602af71-de81-434d-b30c-d40ff8d73966"


FILES = {
    "callwright.yaml": 'name: line\nnumbers: {"+49301": flows/line.yaml}\n',
    "organisation.yaml": f"""
divisions: [{{name: Home}}]
skills: [{{name: Billing}}, {{name: German}}]
utilizationLabels: [Vip]
wrapupCodes: [{{name: Done}}]
roles: [{{name: reader, permissions: ["directory:user:view"]}}]
queues:
  - name: Gold
    enableManualAssignment: true
    acwSettings: {{wrapupPrompt: MANDATORY}}
    wrapupCodes: [Done]
    members: [ada@example.com]
  - {{name: Silver}}
users:
  - username: ada@example.com
    name: Ada
    roles: [agent]
    skills: [{{name: Billing, proficiency: 4}}]
    addresses: [{{address: "4711", mediaType: PHONE}}]
  - {{username: ben@example.com, name: Ben, roles: [agent]}}
dataTables:
  - {{name: Flags, id: {TABLE}, columns: {{AttributeValue: string, Limit: number}}, rows: [{{key: k1, Limit: 2.5}}]}}
schedules: [{{name: Open, start: "2026-01-01T08:00:00", end: "2026-01-01T18:00:00", rrule: FREQ=DAILY}}]
scheduleGroups: [{{name: Hours, openSchedules: [Open]}}]
emergencyGroups: [{{name: Fire, enabled: false}}]
""",
    "flows/double.yaml": """
workflow:
  name: Double
  startUpRef: ./states/state[S]
  defaultLanguage: en-us
  variables:
    - integerVariable: {name: Flow.number, isInput: true, initialValue: {lit: 0}}
    - integerVariable: {name: Flow.twice, isOutput: true, initialValue: {lit: 0}}
  states:
    - state:
        name: S
        refId: S
        actions:
          - updateData: {name: Set, statements: [{integer: {variable: Flow.twice, value: {exp: Flow.number * 2}}}]}
          - endWorkflow: {name: Done, exitReason: {lit: doubled}}
""",
    "flows/line.yaml": """
inboundCall:
  name: Line
  startUpRef: /inboundCall/tasks/task[main]
  defaultLanguage: en-us
  tasks:
    - task:
        name: Main
        refId: main
        actions:
          - transferToAcd: {name: Queue, targetQueue: {lit: {name: Gold}}}
          - disconnect: {name: Bye}
""",
}


@dataclass
class Node:
    """A served node with one client that may everything."""

    center: ContactCenter
    address: str
    http: HttpClient
    token: str = ""

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, form: str = ""
    ) -> tuple[int, Any]:
        headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
        token = self.token if token is None else token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = form.encode() or (b"" if body is None else json.dumps(body).encode())
        request = HttpRequest(method, self.address + path, headers, content)
        answer = await self.http.send(request, asyncio.get_running_loop().time() + 20)
        return answer.status, json.loads(answer.body) if answer.body else None

    async def log_in(self, *roles: str) -> str:
        client, secret = self.center.clients.add("test", roles)
        form = f"grant_type=client_credentials&client_id={client.id}&client_secret={secret}"
        status, body = await self.ask("POST", "/oauth/token", form=form, token="")
        assert status == 200
        return str(body["access_token"])

    async def waiting_call(self) -> str:
        """A caller who has reached the queue."""
        queued = asyncio.Event()
        end = self.center.conversations.subscribe(
            lambda event, state: queued.set() if state.queue_entry is not None else None
        )
        await self.center.phone.dial("+4930555", "+49301")
        await asyncio.wait_for(queued.wait(), 10)
        end()
        return self.center.conversations.open()[0].id

    async def desk(self, name: str, conversation: str = "", username: str = "ada@example.com", **args: Any) -> None:
        person = self.center.organisation.user(username)
        assert person is not None
        user = User(person.id, person.username, person.name, frozenset({"agent"}))
        body = {"commandId": f"{name}{conversation}{args}", "interactionId": conversation, "args": args}
        outcome = await self.center.desk.command(user, name, body)
        assert outcome.status == 200, outcome

    def id(self, kind: str, name: str) -> str:
        found = self.center.organisation.get(kind, name)
        assert found is not None
        return found.id
