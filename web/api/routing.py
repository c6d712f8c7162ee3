"""Routing as supervisors and monitoring read it: live, historical, explained, and as Prometheus metrics.

Under ``/api/callwright/v1/routing``, beside the vendor's own routes. Times are ISO or UTC ms; half-hours count.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from inspect import isawaitable
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contactcenter.routing import Views
from web.api.crm import refusal
from web.desk.rendering import Pages

BASE = "/api/callwright/v1/routing"
DAY_MS = 86_400_000
LOCAL = frozenset({"127.0.0.1", "::1"})

Read = Callable[[Views, Request], Any]  # JSON, what gives it, or None when there is no such thing


def routing_routes(pages: Pages, views: Callable[[], Views]) -> list[Route]:
    """Reads for supervisors; ``views`` gives what routing knows now."""

    def route(path: str, read: Read) -> Route:
        async def answer(request: Request) -> Response:
            found = pages.who(request)
            if found is None:
                return refusal(401, "authentication.required", "No authentication bearer token or session was given.")
            if not found[0].may("supervisor"):
                return refusal(403, "not.authorized", "This is for supervisors.")
            try:
                body = read(views(), request)
                body = await body if isawaitable(body) else body
            except ValueError as error:
                return refusal(400, "bad.request", str(error))
            if body is None:
                return refusal(404, "not.found", f"There is nothing at {request.url.path}.")
            return JSONResponse(body)

        return Route(BASE + path, answer)

    def first_contacts(now: Views, asked: Request) -> Any:
        return pages.services.supervisor.first_contacts(*_interval(now, asked))

    return [
        route("/first-contacts", first_contacts),
        route("/queues", lambda now, _: {"queues": now.queues()}),
        route("/agents", lambda now, asked: {"agents": now.agents(asked.query_params.get("queue"))}),
        route("/waiting", lambda now, asked: {"waiting": now.waiting(asked.query_params.get("queue"))}),
        route("/items/{id}", lambda now, asked: now.item(asked.path_params["id"])),
        route("/items/{id}/explain", lambda now, asked: now.explain(asked.path_params["id"])),
        route("/queues/{id}/statistics", _of_queue),
        route("/skills/{id}/statistics", _of_skill),
        route("/agents/{id}/statistics", _of_agent),
    ]


def _of_queue(now: Views, asked: Request) -> Any:
    queue, media = asked.path_params["id"], asked.query_params.get("media")
    switches = now.switches(queue)
    if switches is not None:
        switches = replace(switches, **_switched(asked))
    return _answered(now.queue_figures(queue, *_interval(now, asked), media, switches))


def _switched(asked: Request) -> dict[str, bool]:
    """``?flow_outs=true&short_abandons=false&abandons=false``: what the service level counts, in place of the queue's
    own."""
    found = {}
    for name, (switch, inverted) in SWITCHES.items():
        word = asked.query_params.get(name, "").casefold()
        if word not in ("", "true", "false"):
            raise ValueError(f"{name} is true or false, not {word!r}")
        if word:
            found[switch] = (word == "true") is not inverted
    return found


SWITCHES: Mapping[str, tuple[str, bool]] = {
    "flow_outs": ("include_flow_outs", False),
    "short_abandons": ("exclude_short_abandons", True),
    "abandons": ("exclude_abandons", True),
}
"""Switches of the service level by the name of their parameter; those that leave something out are the other way
round."""


def _of_skill(now: Views, asked: Request) -> Any:
    return _answered(
        now.skill_figures(asked.path_params["id"], *_interval(now, asked), asked.query_params.get("media"))
    )


def _of_agent(now: Views, asked: Request) -> Any:
    return _answered(now.agent_figures(asked.path_params["id"], *_interval(now, asked)))


def _answered(figures: Mapping[str, Any] | None) -> Any:
    return None if figures is None else {"statistics": figures}


def _interval(now: Views, asked: Request) -> tuple[int, int]:
    """``from`` and ``to``; since midnight UTC without them."""
    since = _moment(asked.query_params.get("from"), now.now - now.now % DAY_MS)
    until = _moment(asked.query_params.get("to"), now.now)
    if since > until:
        raise ValueError("from lies after to")
    return since, until


def _moment(text: str | None, default: int) -> int:
    if text is None:
        return default
    if text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write 2026-01-31T08:00:00Z or UTC ms") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; end it with Z for UTC")
    return round(moment.timestamp() * 1000)


def metrics_route(views: Callable[[], Views], token: str = "") -> Route:
    """``GET /metrics`` for Prometheus: with the token as bearer, or from this machine when there is none."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(views))

    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        allowed = hmac.compare_digest(given.encode(), f"Bearer {token}".encode()) if token else _is_local(request)
        if not allowed:
            return Response(status_code=401)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)


def _is_local(request: Request) -> bool:
    return request.client is not None and request.client.host in LOCAL


LIVE: Sequence[tuple[str, str, str]] = (
    ("waiting", "waiting", "Items that wait, offered ones left aside"),
    ("alerting", "alerting", "Items that are being offered"),
    ("longest_wait_seconds", "longest_wait_ms", "How long the item has waited that waits longest"),
    ("agents_on_queue", "agents_on_queue", "Members who may be offered something"),
    ("agents_idle", "agents_idle", "Members who have nothing to do"),
    ("estimated_wait_seconds", "estimated_wait_ms", "How long somebody would wait who came now"),
    ("service_level_percent", "service_level", "Answered in time since midnight UTC"),
)

EVER: Sequence[tuple[str, str]] = (
    ("offered", "Items that came"),
    ("answered", "Items that an agent took"),
    ("abandoned", "Items whose customer gave up"),
    ("flow_outs", "Items that left for somewhere else"),
    ("alerts", "Offers to agents"),
    ("not_answered", "Offers that were declined or timed out"),
    ("handled", "Items that were finished"),
)


class _Collector:
    """The views as metric families, made anew for every scrape; counters are those of the journal."""

    def __init__(self, views: Callable[[], Views]) -> None:
        self._views = views

    def collect(self) -> Iterator[Metric]:
        """Every family with a sample for each queue, or status."""
        views = self._views()
        queues = views.queues()
        for name, field, text in LIVE:
            gauge = GaugeMetricFamily(f"callwright_queue_{name}", text, labels=["queue"])
            for queue in queues:
                if queue[field] is not None:
                    gauge.add_metric([queue["name"] or queue["id"]], _in_unit(name, queue[field]))
            yield gauge
        ever = {queue["id"]: views.queue_counts(queue["id"]) for queue in queues}
        for name, text in EVER:
            counter = CounterMetricFamily(f"callwright_queue_{name}", text, labels=["queue"])
            for queue in queues:
                counter.add_metric([queue["name"] or queue["id"]], ever[queue["id"]][name])
            yield counter
        statuses: dict[str, int] = {}
        for agent in views.agents():
            statuses[agent["status"]] = statuses.get(agent["status"], 0) + 1
        people = GaugeMetricFamily("callwright_agents", "Agents by routing status", labels=["status"])
        for status, n in sorted(statuses.items()):
            people.add_metric([status], n)
        yield people


def _in_unit(name: str, value: float) -> float:
    return value / 1000 if name.endswith("_seconds") else value
