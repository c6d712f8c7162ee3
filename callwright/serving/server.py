"""The web of a node: pages and API on one address, served until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from callwright.project import Project
from callwright.serving.center import CannotStartError, ContactCenter
from callwright.settings import setting
from connectors import SecretMissingError, resolve
from web import Services, User, WebSettings, create_app
from web.api.crm import Api
from web.api.nodes import node_routes
from web.api.vendor import vendor_routes

HOST = "127.0.0.1"


@asynccontextmanager
async def served(
    center: ContactCenter, listening: socket.socket, callers: Sequence[tuple[str, str]] = ()
) -> AsyncIterator[None]:
    """Serve a node on a socket of ``listen``; ``callers`` are names and numbers that the phone page offers to call as.

    Raises ``CannotStartError``.
    """
    services = Services(
        accounts=center.accounts,
        desk=center.desk,
        supervisor=center.supervisor,
        customers=center.cards,
        phone=center.phone,
        default_number=next(iter(center.project.numbers), ""),
        sample_callers=callers,
    )

    def allows(user: User, permission: str) -> bool:
        return center.organisation.allows(user.id, permission)

    settings = WebSettings(
        now=center.clock.now,
        store=center.store,
        api=Api(center.crm.operations, allows),
        extra_routes=(*vendor_routes(center.api, center.clients), *node_routes(center.brought, center.secret)),
        routing=lambda: center.routing.views,
        metrics_token=_metrics_token(center.project),
    )
    app = create_app(services, settings)
    config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await running


def _metrics_token(project: Project) -> str:
    """What a scrape of ``/metrics`` must carry; without one it must come from this machine."""
    try:
        return resolve(str(setting(project.settings, "metrics.token", ""))).reveal()
    except SecretMissingError as error:
        raise CannotStartError(f"metrics.token: {error}") from None


class _Server(uvicorn.Server):
    """Signals are the command line's business, not the server's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None are captured."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket for a node; port 0 takes a free one. Raises ``CannotStartError`` when it is taken."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        remedy = "stop what uses it, or name another --port" if port else "check --host"
        raise CannotStartError(f"{host}:{port} cannot be listened on ({error.strerror}); {remedy}") from None
    listening.listen(128)
    return listening


def address_of(listening: socket.socket, host: str) -> str:
    """Where pages and other nodes find it; a node that listens everywhere goes by the name of its machine."""
    name = socket.gethostname() if host in ("0.0.0.0", "::", "") else host
    port = listening.getsockname()[1]
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
