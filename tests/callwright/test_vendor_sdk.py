"""The vendor's own Python SDK as a client of a served node.

It is large and needs an environment of its own: ``CALLWRIGHT_VENDOR_SDK`` names a Python that has
``PureCloudPlatformClientV2``.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from callwright.project import load_project
from callwright.serving.center import open_center
from callwright.serving.server import HOST, address_of, listen, served
from store import MemoryStore

ROOT = Path(__file__).parent.parent.parent
SCRIPT = """
import json, sys, urllib.parse, urllib.request
import PureCloudPlatformClientV2 as sdk
address, identity, secret, user = sys.argv[1:]
client = sdk.api_client.ApiClient(host=address)
form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": identity, "client_secret": secret})
answer = json.load(urllib.request.urlopen(address + "/oauth/token", form.encode()))
client.access_token = answer["access_token"]
routing, users, architect = sdk.RoutingApi(client), sdk.UsersApi(client), sdk.ArchitectApi(client)
queues = routing.get_routing_queues(page_size=100)
gold = next(queue for queue in queues.entities if queue.name == "Gold")
told = {
    "queues": sorted(queue.name for queue in queues.entities),
    "total": queues.total,
    "members": sorted(one.name for one in routing.get_routing_queue_members(gold.id).entities),
    "user": users.get_user(user).name,
    "skills": sorted(skill.name for skill in routing.get_routing_skills().entities),
    "presence": sdk.PresenceApi(client).get_user_presence(user, "PURECLOUD").presence_definition.system_presence,
}
try:
    users.get_user("00000000-0000-0000-0000-000000000000")
except sdk.rest.ApiException as error:
    told["missing"] = error.status
print(json.dumps(told))
"""


async def test_the_vendors_sdk_reads_queues_members_skills_and_users() -> None:
    python = os.environ.get("CALLWRIGHT_VENDOR_SDK")
    if not python:
        pytest.skip("CALLWRIGHT_VENDOR_SDK names no Python with the vendor's SDK")
    project = load_project(ROOT / "flows/crm_welcome")[0]
    center = await open_center(project, MemoryStore(), pace=0)
    try:
        ada = center.organisation.user("ada@example.com")
        assert ada is not None
        client, secret = center.clients.add("sdk", ["administrator"])
        listening = listen(HOST, 0)
        address = address_of(listening, HOST)
        async with served(center, listening):
            process = await asyncio.create_subprocess_exec(
                python, "-c", SCRIPT, address, client.id, secret, ada.id, stdout=asyncio.subprocess.PIPE
            )
            out, _ = await process.communicate()
    finally:
        await center.close()
    assert process.returncode == 0
    assert json.loads(out) == {
        "queues": ["General", "Gold", "Priority"],
        "total": 3,
        "members": ["Ada", "Ben"],
        "user": "Ada",
        "skills": ["Billing", "Fiber", "Mobile", "Retention"],
        "presence": "Available",
        "missing": 404,
    }
