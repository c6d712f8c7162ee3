"""Workflows over the API: launched with their inputs, and asked for their outcome."""

from __future__ import annotations

from typing import Any

from contactcenter.conversations import LaunchError, Run
from web.api.vendor.architect import flow_id
from web.api.vendor.message import ApiError, Call, PublicApi, iso, not_found, reference
from web.sentences import sentence


async def launch(api: PublicApi, call: Call) -> Any:
    """POST /flows/executions: ``flowId`` (or the flow's name), ``inputData``, ``name``."""
    wanted, inputs = str(call.fields.get("flowId") or ""), call.fields.get("inputData") or {}
    if not isinstance(inputs, dict):
        raise ApiError(400, "bad.request", '"inputData" is an object of names and values.')
    flow = next((name for name, _ in api.flows if wanted in (flow_id(name), name)), None)
    if flow is None:
        raise not_found(f'flow "{wanted}"')
    try:
        run = await api.workflows.launch(flow, inputs, str(call.fields.get("name") or ""))
    except LaunchError as error:
        raise ApiError(400, "bad.request", sentence(str(error))) from None
    return {**reference(run.id, "flows/executions", run.name), "flowVersion": _version(run)}


async def execution(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /flows/executions/{id}: how far it is, and what came of it."""
    run = await api.workflows.get(identity)
    if run is None:
        raise not_found(f'flow execution "{identity}"')
    found = {**reference(run.id, "flows/executions", run.name), "flowVersion": _version(run)}
    found |= {"dateLaunched": iso(run.launched), "status": run.status, "outputData": dict(run.outputs)}
    if run.completed is not None:
        found |= {"dateCompleted": iso(run.completed)}
    if run.reason is not None:
        found["flowErrorReason" if run.status == "ERROR" else "completionReason"] = run.reason
    return found


def _version(run: Run) -> dict[str, Any]:
    return {"id": "1.0", "name": run.flow, "selfUri": f"/api/v2/flows/{flow_id(run.flow)}/versions/1.0"}
