"""The composition root of a node: everything that a call meets, wired together (DESIGN.md, "A call's way")."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec

from callwright.accounts import OrganisationAccounts
from callwright.actions import connections_of
from callwright.crm import BuiltInCrm, built_in_crm
from callwright.inventory import surroundings_of
from callwright.peers import Peers, secret_of
from callwright.project import Project
from callwright.public_api import open_public_api
from callwright.serving.agents import Shown
from callwright.serving.cards import Cards
from callwright.serving.desk import DeskService
from callwright.serving.display import BadDisplayError, pop_settings, shown_in_alerts
from callwright.serving.flows import Publication, publish
from callwright.serving.foreign import ForeignPages
from callwright.serving.links import CustomerLinks
from callwright.serving.pacer import Pacer
from callwright.serving.phones import ADAPTER, BrowserPhone
from callwright.serving.stories import LiveStories
from callwright.serving.supervisor import SupervisorService
from callwright.serving.talk import Talk
from callwright.serving.threads import InThreads
from callwright.serving.words import AgentsWords
from callwright.settings import duration_ms, setting
from callwright.story import Sink
from channels.telephony import DeskPhones, Dialler, LocalBridges
from connectors import DataActionPort
from contactcenter.conversations import (
    Conversation,
    Conversations,
    ExecutionDocuments,
    Homes,
    Leg,
    OrganisationDirectory,
    SharedConversations,
    Surroundings,
    Workflows,
)
from contactcenter.customers import CustomerPort
from contactcenter.organisation import ConversationSettings, Lookups, Organisation, conversation_settings
from contactcenter.organisation.live import LiveOrganisation
from contactcenter.routing import Ownership, Shards, labels_of
from contactcenter.routing import messages as m
from contactcenter.routing.configuration import BAD_CONFIGURATION
from dsl.expressions.values import Duration
from interpreter.clock import LoopClock
from interpreter.ports import RequestPort
from store import Store, StoreError
from web.api.nodes import Answer as Brought
from web.api.vendor import Clients, PublicApi
from web.desk.screenpop import PopSettings

SPOKEN_PACE = "60ms"
"""How long a spoken prompt takes a character, where no setting says so."""

FOLLOW_S = 1.0
"""How soon is known here what another node has changed of the organisation."""


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
    routing: Shards
    conversations: SharedConversations
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
    peers: Peers
    secret: str
    brought: Mapping[str, Brought]
    """What the other nodes bring, by name (``web.api.nodes``)."""

    following: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Finish what was begun; calls and agents stay as they are stored."""
        if self.following is not None:
            self.following.cancel()
        self.desk.news.close()
        self.pacer.close()
        await self.workflows.close()
        await self.conversations.close()
        await self.links.settled()
        await self.routing.stop()
        await self.crm.close()
        await self.peers.close()
        self.store.close()


async def open_center(
    project: Project,
    store: Store,
    *,
    address: str = "",
    pace: int | None = None,
    dialler: Dialler | None = None,
    tell: Sink | None = None,
    verbose: bool = False,
) -> ContactCenter:
    """Start a node on a store: flows published, routing's shard found or taken, what nobody decides for taken up.

    ``address`` is where the other nodes of the same store reach this one; ``pace`` is how long spoken prompts take, in
    ms a character (default: the setting ``phone.pace``); ``tell`` gets the story of every call, line by line;
    ``dialler`` places calls to numbers (default: to the browsers that wait there). Raises ``CannotStartError``.
    """
    organisation = surroundings_of(project).organisation
    if organisation is None:
        raise CannotStartError(f"{project.root} has no organisation file")
    shown, pops, settings = _settings_of(project, organisation)
    clock = LoopClock(asyncio.get_running_loop())
    publication = publish(project, (ADAPTER,))
    crm = built_in_crm(project, organisation, store, clock.now)
    secret = await asyncio.to_thread(secret_of, store)
    peers, node = Peers(secret), Ownership(str(uuid4()), address, lease_of(project))
    routing = await _routing(organisation, store, clock, node, peers)
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
        "customers": InThreads(CustomerPort(crm.customers)),
    }
    homes, executions = Homes(store, node, routing.parts), ExecutionDocuments(store, clock)
    local = Conversations(
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
            executions=executions,
        ),
        homes,
        settings=settings,
        on_closed=links.closed,
    )
    links.attach(local)
    local.subscribe(talk.heard)

    def legs(taken_up: Sequence[Conversation]) -> Mapping[str, Leg]:
        return {**phone.take_up(taken_up), **devices.take_up(taken_up)}

    def dropped(conversations: list[str]) -> None:
        phone.drop(conversations)
        devices.drop(conversations)

    workflows = Workflows(store, publication.flows, clock, requests, executions, homes)
    carry = peers.carrier("conversations")
    conversations = SharedConversations(local, carry, workflows, legs=legs, dropped=dropped)
    if pace is None:
        pace = duration_ms(setting(project.settings, "phone.pace", SPOKEN_PACE)) or 0
    phone = BrowserPhone(conversations, peers, clock, pace=pace)
    devices.dialler = dialler or phone.ring
    pacer = Pacer(conversations, routing, clock)
    words = AgentsWords(talk, devices, conversations, peers)
    cards, pages = Cards(crm.customers, organisation), ForeignPages(connections_of(project)[0].values())
    desk = DeskService(store, clock, conversations, routing, cards, directory, words, talk, pages, pops, shown)
    if stories is not None:
        stories.pop = desk.pop
        conversations.subscribe(stories.heard)
    api = open_public_api(live, crm, conversations, workflows, routing, publication.flows, store, clock)
    await conversations.start()
    return ContactCenter(
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
        supervisor=SupervisorService(store, conversations, routing, organisation, crm.customers),
        cards=cards,
        phone=phone,
        pacer=pacer,
        accounts=OrganisationAccounts(organisation, store),
        api=api,
        clients=Clients(store, clock.now),
        peers=peers,
        following=asyncio.create_task(_follow(live)) if store.is_shared else None,
        secret=secret,
        brought={
            "routing": routing.answer,
            "conversations": conversations.answer,
            "phones": phone.brought,
            "words": words.answer,
        },
    )


def _settings_of(
    project: Project, organisation: Organisation
) -> tuple[Sequence[Shown], PopSettings, ConversationSettings]:
    """What alerts show, which record opens, and how conversations go. Raises ``CannotStartError``."""
    try:
        shown, pops = shown_in_alerts(project.settings, organisation), pop_settings(project.settings)
        return shown, pops, conversation_settings(organisation)
    except BadDisplayError as error:
        raise CannotStartError(f"{project.root / 'callwright.yaml'}: {error}") from None
    except msgspec.ValidationError as error:
        raise CannotStartError(f"a setting under conversations: in the organisation cannot be: {error}") from None


async def _follow(live: LiveOrganisation) -> None:
    """Read along what other nodes change of the organisation."""
    while True:
        await asyncio.sleep(FOLLOW_S)
        with suppress(StoreError):
            await asyncio.to_thread(live.read_along)


def lease_of(project: Project) -> int:
    """How long a node may be silent before another one takes over, in ms."""
    return duration_ms(setting(project.settings, "routing.lease", "1s")) or 1_000


async def _routing(organisation: Organisation, store: Store, clock: LoopClock, node: Ownership, peers: Peers) -> Shards:
    configuration = organisation.routing_configuration()
    try:
        labels = labels_of(configuration)
    except BAD_CONFIGURATION as error:
        raise CannotStartError(f"the organisation cannot be routed by: {error}") from None
    routing = Shards(store, clock, node, peers.carrier("routing"), labels=labels)
    await routing.start()
    try:
        if not store.is_shared:
            await _alone(routing, clock, node)
        answer = await routing.send(m.Configure(command_id=f"configure:{uuid4()}", configuration=configuration))
        if isinstance(answer, m.Refused):
            raise CannotStartError(f"the organisation cannot be routed by: {answer.message}")
    except BaseException:
        await routing.stop()
        raise
    return routing


async def _alone(routing: Shards, clock: LoopClock, node: Ownership) -> None:
    """The node has the database for itself, once the lease of one that was killed has run out."""
    until = clock.now() + 2 * node.lease_ms
    while not routing.owns:
        if clock.now() > until:
            raise CannotStartError(
                "another callwright is running on this database, and an SQLite file has one node; stop it, "
                "name another --database, or use PostgreSQL for several nodes"
            )
        await asyncio.sleep(node.lease_ms / 4_000)


def _waiting(routing: Shards, conversation: str) -> Mapping[str, Any]:
    """The built-in values of a waiting caller."""
    views = routing.views
    position, wait = views.position(conversation), views.estimated_wait(conversation)
    found: dict[str, Any] = {"call.positioninqueue": position}
    if wait is not None and wait.ms is not None:
        found["call.estimatedwaittime"] = Duration(wait.ms)
    return found
