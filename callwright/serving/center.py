"""The composition root of a node: everything that a call meets, wired together (DESIGN.md, "A call's way")."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from callwright.accounts import OrganisationAccounts
from callwright.actions import connections_of
from callwright.crm import BuiltInCrm, built_in_crm
from callwright.inventory import surroundings_of
from callwright.project import Project
from callwright.public_api import open_public_api
from callwright.serving.cards import Cards
from callwright.serving.desk import DeskService
from callwright.serving.display import BadDisplayError, pop_settings, shown_in_alerts
from callwright.serving.flows import Publication, publish
from callwright.serving.foreign import ForeignPages
from callwright.serving.links import CustomerLinks
from callwright.serving.pacer import Pacer
from callwright.serving.phones import BrowserPhone
from callwright.serving.stories import LiveStories
from callwright.serving.supervisor import SupervisorService
from callwright.serving.talk import Talk
from callwright.settings import duration_ms, setting
from callwright.story import Sink
from channels.telephony import DeskPhones, Dialler, LocalBridges
from connectors import DataActionPort
from contactcenter.conversations import (
    Conversation,
    ConversationEvent,
    Conversations,
    ExecutionDocuments,
    OrganisationDirectory,
    Surroundings,
    Workflows,
)
from contactcenter.customers import CustomerPort
from contactcenter.organisation import Lookups, Organisation
from contactcenter.organisation.live import LiveOrganisation
from contactcenter.routing import Ownership, RoutingService
from contactcenter.routing import messages as m
from dsl.expressions.values import Duration
from interpreter.clock import LoopClock
from interpreter.ports import RequestPort
from store import Store
from web.api.vendor import Clients, PublicApi

SPOKEN_PACE = "60ms"


class CannotStartError(Exception):
    """Why a node does not start, in a sentence for whoever started it."""


@dataclass(slots=True)
class ContactCenter:
    """A running node."""

    project: Project
    organisation: Organisation
    publication: Publication
    store: Store
    clock: LoopClock
    crm: BuiltInCrm
    routing: RoutingService
    conversations: Conversations
    workflows: Workflows
    links: CustomerLinks
    desk: DeskService
    supervisor: SupervisorService
    cards: Cards
    phone: BrowserPhone
    pacer: Pacer
    accounts: OrganisationAccounts
    api: PublicApi
    clients: Clients

    async def close(self) -> None:
        """Finish what was begun; calls and agents stay as they are stored."""
        self.pacer.close()
        self.workflows.close()
        await self.conversations.close()
        await self.links.settled()
        await self.routing.stop()
        await self.crm.close()
        self.store.close()


async def open_center(
    project: Project,
    store: Store,
    *,
    pace: int | None = None,
    dialler: Dialler | None = None,
    tell: Sink | None = None,
    verbose: bool = False,
) -> ContactCenter:
    """Start a node on a store: flows published, the shard taken, stored conversations taken up again.

    ``pace`` is how long spoken prompts take, in ms a character (default: the setting ``phone.pace``); ``tell`` gets
    the story of every call, line by line; ``dialler`` places calls to numbers (default: to the
    browsers that wait there). Raises ``CannotStartError``.
    """
    organisation = surroundings_of(project).organisation
    if organisation is None:
        raise CannotStartError(f"{project.root} has no organisation file")
    try:
        shown, pops = shown_in_alerts(project.settings, organisation), pop_settings(project.settings)
    except BadDisplayError as error:
        raise CannotStartError(f"{project.root / 'callwright.yaml'}: {error}") from None
    clock = LoopClock(asyncio.get_running_loop())
    publication = publish(project)
    crm = built_in_crm(project, organisation, store, clock.now)
    routing = await _routing(project, organisation, store, clock)
    lookups, live = Lookups(organisation, clock.now), LiveOrganisation(organisation, store)
    live.subscribe(lookups.see)
    talk = Talk()
    names = {user.id: user.name for user in organisation.all("user")}

    def name_of(agent: str) -> str:
        return names.get(agent, agent)

    stories = LiveStories(tell, clock, name_of, verbose=verbose) if tell is not None else None
    links = CustomerLinks(crm.customers, organisation, stories.logged if stories is not None else None)
    devices = DeskPhones(clock, talk.told, name_of=name_of)
    directory = OrganisationDirectory(organisation)
    requests: dict[str, RequestPort] = {
        "data_actions": DataActionPort(crm.actions, clock),
        "lookups": lookups,
        "customers": CustomerPort(crm.customers),
    }
    conversations = Conversations(
        store,
        routing,
        Surroundings(
            clock=clock,
            programs=publication.flows,
            directory=directory,
            devices=devices,
            bridges=LocalBridges(),
            requests=requests,
            waiting=lambda conversation: _waiting(routing, conversation),
            traced=stories.traced if stories is not None else None,
            executions=ExecutionDocuments(store),
        ),
        on_closed=links.closed,
    )
    links.attach(conversations)

    def forget(event: ConversationEvent, state: Conversation) -> None:
        if event.type == "ConversationClosed":
            talk.forget(state.id)

    conversations.subscribe(forget)
    if pace is None:
        pace = duration_ms(setting(project.settings, "phone.pace", SPOKEN_PACE)) or 0
    phone = BrowserPhone(conversations, clock, pace=pace)
    devices.dialler = dialler or phone.ring
    pacer = Pacer(conversations, routing)
    await conversations.recover(phone.take_up(conversations.stored()))
    cards, pages = Cards(crm.customers, organisation), ForeignPages(connections_of(project)[0].values())
    workflows = Workflows(store, publication.flows, clock, requests, ExecutionDocuments(store))
    desk = DeskService(store, clock, conversations, routing, cards, directory, devices, talk, pages, pops, shown)
    if stories is not None:
        stories.pop = desk.pop
        conversations.subscribe(stories.heard)
    center = ContactCenter(
        project=project,
        organisation=organisation,
        publication=publication,
        store=store,
        clock=clock,
        crm=crm,
        routing=routing,
        conversations=conversations,
        workflows=workflows,
        links=links,
        desk=desk,
        supervisor=SupervisorService(store, conversations, routing, organisation),
        cards=cards,
        phone=phone,
        pacer=pacer,
        accounts=OrganisationAccounts(organisation, store),
        api=open_public_api(live, crm, conversations, workflows, routing, publication.flows, store, clock),
        clients=Clients(store, clock.now),
    )
    workflows.recover()
    return center


async def _routing(project: Project, organisation: Organisation, store: Store, clock: LoopClock) -> RoutingService:
    lease = duration_ms(setting(project.settings, "routing.lease", "1s")) or 1_000
    service = RoutingService(store, clock, ownership=Ownership(str(uuid4()), lease_ms=lease), heartbeats=True)
    until = clock.now() + 2 * lease
    while not await service.start():
        if clock.now() > until:
            raise CannotStartError(
                "another callwright is running on this database; stop it, or name another --database"
            )
        await asyncio.sleep(lease / 4_000)
    answer = await service.send(
        m.Configure(command_id=f"configure:{uuid4()}", configuration=organisation.routing_configuration())
    )
    if isinstance(answer, m.Refused):
        raise CannotStartError(f"the organisation cannot be routed by: {answer.message}")
    return service


def _waiting(routing: RoutingService, conversation: str) -> Mapping[str, Any]:
    """The built-in values of a waiting caller."""
    views = routing.views
    position, wait = views.position(conversation), views.estimated_wait(conversation)
    found: dict[str, Any] = {"call.positioninqueue": position}
    if wait is not None and wait.ms is not None:
        found["call.estimatedwaittime"] = Duration(wait.ms)
    return found
