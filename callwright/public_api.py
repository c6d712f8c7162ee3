"""The vendor's ``/api/v2`` of a node, wired: for clients over HTTP, and for the node's own data actions in process."""

from __future__ import annotations

from callwright.crm import BuiltInCrm, asgi
from callwright.serving.flows import PublishedFlows
from connectors import CRM_ORIGIN, PUBLIC_API_ORIGIN, public_api_connection
from contactcenter.conversations import SharedConversations, Workflows
from contactcenter.organisation.live import LiveOrganisation
from contactcenter.routing import Shards
from interpreter.clock import LoopClock
from store import Store
from web.api.callbacks import CrmCallbacks
from web.api.vendor import INTERNAL, PublicApi, VendorApplication


def open_public_api(
    live: LiveOrganisation,
    crm: BuiltInCrm,
    conversations: SharedConversations,
    workflows: Workflows,
    routing: Shards,
    flows: PublishedFlows,
    store: Store,
    clock: LoopClock,
) -> PublicApi:
    """The API over a node's services; from now on actions of the type ``purecloud-data-actions`` reach it without a
    connection and without a socket."""
    programs = (executable.program for executable in flows.by_name.values())
    api = PublicApi(
        live=live,
        conversations=conversations,
        workflows=workflows,
        routing=routing,
        store=store,
        crm=crm.operations,
        now=clock.now,
        flows=tuple((program.flow, program.type) for program in programs),
    )
    crm.actions.factory.mount(PUBLIC_API_ORIGIN, VendorApplication(api, lambda authorization: INTERNAL))
    crm.actions.connect(public_api_connection())
    crm.actions.factory.mount(CRM_ORIGIN, CrmCallbacks(api, asgi(crm.operations)))
    return api
