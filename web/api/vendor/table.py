"""Which operations are served: method, path, the permission that it takes, and who answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from web.api.vendor import (
    analytics,
    architect,
    callbacks,
    conversations,
    directory,
    executions,
    external,
    membership,
    routing,
)
from web.api.vendor.message import API

Handler = Callable[..., Any | Awaitable[Any]]
"""``handler(api, call, **parameters of the path)`` gives JSON, an ``Answer``, or an awaitable of one; raises
``ApiError``."""

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """An operation; ``path`` begins with ``/api/v2`` and holds ``{parameters}``."""

    method: str
    path: str
    permission: str
    handler: Handler

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", self.path))


def _listed(kind: str, path: str, permission: str) -> list[tuple[str, str, Handler]]:
    return [
        (f"GET /{path}", permission, routing.listing(kind, path)),
        (f"GET /{path}/{{identity}}", permission, routing.single(kind, path)),
    ]


def _held(kind: str, path: str, permission: str) -> tuple[tuple[str, str, Handler], ...]:
    """What is done with the skills, or the languages, of a user."""
    whole = "/users/{identity}/" + path
    return (
        (f"GET {whole}", f"{permission}:view", membership.listing(kind)),
        (f"POST {whole}", f"{permission}:assign", membership.adding(kind)),
        (f"PATCH {whole}/bulk", f"{permission}:assign", membership.adding(kind)),
        (f"PUT {whole}/bulk", f"{permission}:assign", membership.replacing(kind)),
        (f"PUT {whole}/{{held}}", f"{permission}:assign", membership.changing(kind)),
        (f"DELETE {whole}/{{held}}", f"{permission}:assign", membership.taking(kind)),
    )


_PART = "/conversations/{conversation}/participants/{participant}"
_CALL_PART = "/conversations/calls/{conversation}/participants/{participant}"
_CALLBACK_PART = "/conversations/callbacks/{conversation}/participants/{participant}"
_ROWS: list[tuple[str, str, Handler]] = [
    # conversations
    ("GET /conversations", "conversation:communication:view", conversations.open_conversations),
    ("GET /conversations/{identity}", "conversation:communication:view", conversations.conversation),
    ("GET /conversations/calls/{identity}", "conversation:call:view", conversations.conversation),
    ("GET /conversations/callbacks", "conversation:callback:view", callbacks.open_callbacks),
    ("POST /conversations/callbacks", "conversation:callback:create", callbacks.create),
    ("PATCH /conversations/callbacks", "conversation:callback:edit", callbacks.put_off),
    ("GET /conversations/callbacks/{identity}", "conversation:callback:view", callbacks.callback),
    ("PATCH /conversations/callbacks/{identity}", "conversation:callback:edit", callbacks.change),
    (f"POST {_PART}/callbacks", "conversation:callback:create", callbacks.create_for),
    (
        "POST /conversations/{conversation}/disconnect",
        "conversation:communication:disconnect",
        conversations.disconnect,
    ),
    ("POST /conversations/{conversation}/assign", "routing:conversation:edit", conversations.assign),
    ("PUT /conversations/{conversation}/tags", "conversation:externalTag:edit", conversations.tag),
    ("GET /conversations/{conversation}/recordings", "recording:recording:view", conversations.recordings),
    ("GET /conversations/{conversation}/summaries", "conversation:summary:view", conversations.summaries),
    *(
        row
        for part in (_PART, _CALL_PART, _CALLBACK_PART)
        for row in (
            (f"PATCH {part}", "conversation:communication:edit", conversations.change_participant),
            (f"PATCH {part}/attributes", "conversation:participant:edit", conversations.change_attributes),
            (f"POST {part}/replace", "conversation:communication:transfer", conversations.replace_participant),
            (f"POST {part}/replace/queue", "conversation:communication:transfer", conversations.replace_participant),
            (f"POST {part}/replace/agent", "conversation:communication:transfer", conversations.replace_participant),
            (f"POST {part}/replace/external", "conversation:communication:transfer", conversations.replace_participant),
            (f"GET {part}/wrapupcodes", "routing:wrapupCode:view", conversations.wrapup_codes),
        )
    ),
    # analytics
    ("POST /analytics/conversations/details/query", "analytics:conversationDetail:view", analytics.details_query),
    ("GET /analytics/conversations/{conversation}/details", "analytics:conversationDetail:view", analytics.details),
    ("POST /analytics/conversations/aggregates/query", "analytics:conversationAggregate:view", analytics.aggregates),
    ("POST /analytics/queues/observations/query", "analytics:queueObservation:view", analytics.queue_observations),
    # people
    ("GET /users", "directory:user:view", directory.users),
    ("POST /users/search", "directory:user:view", directory.search_users),
    ("POST /search", "directory:user:view", directory.search),
    ("GET /users/{identity}", "directory:user:view", directory.user),
    ("GET /users/{identity}/queues", "routing:queue:view", directory.queues_of),
    ("PATCH /users/{identity}/queues/{queue}", "routing:queue:edit", membership.change_queue),
    *_held("skill", "routingskills", "routing:skill"),
    *_held("language-skill", "routinglanguages", "routing:language"),
    ("GET /users/{identity}/routingstatus", "directory:user:view", directory.routing_status),
    ("GET /users/{identity}/outofoffice", "directory:user:view", directory.out_of_office),
    ("GET /users/{identity}/presences/{source}", "directory:user:view", directory.presence),
    ("PATCH /users/{identity}/presences/{source}", "routing:conversation:edit", directory.set_presence),
    ("GET /presence/definitions", "directory:user:view", directory.presences),
    ("GET /presencedefinitions", "directory:user:view", directory.presences),
    ("GET /scim/users/{identity}", "directory:user:view", directory.scim_user),
    ("GET /scim/v2/users/{identity}", "directory:user:view", directory.scim_user),
    # routing
    ("GET /routing/queues", "routing:queue:view", routing.queues),
    ("GET /routing/queues/{identity}", "routing:queue:view", routing.queue),
    ("GET /routing/queues/{identity}/users", "routing:queue:view", routing.members),
    ("GET /routing/queues/{identity}/members", "routing:queue:view", routing.members),
    ("PATCH /routing/queues/{identity}/members/{member}", "routing:queue:edit", membership.change_member),
    ("GET /routing/queues/{identity}/wrapupcodes", "routing:wrapupCode:view", routing.wrapup_codes_of),
    ("GET /routing/queues/{identity}/estimatedwaittime", "routing:queue:view", routing.estimated_wait),
    (
        "GET /routing/queues/{identity}/mediatypes/{media}/estimatedwaittime",
        "routing:queue:view",
        routing.estimated_wait,
    ),
    ("PATCH /routing/conversations/{conversation}", "routing:conversation:edit", routing.change_waiting),
    *_listed("skill", "routing/skills", "routing:skill:view"),
    *_listed("language-skill", "routing/languages", "routing:language:view"),
    *_listed("wrapup-code", "routing/wrapupcodes", "routing:wrapupCode:view"),
    *_listed("division", "authorization/divisions", "authorization:division:view"),
    *_listed("group", "groups", "directory:group:view"),
    # architect
    ("GET /architect/schedules", "routing:schedule:view", architect.schedules),
    ("GET /architect/schedules/{identity}", "routing:schedule:view", architect.schedule),
    ("GET /architect/schedulegroups", "routing:scheduleGroup:view", architect.schedule_groups),
    ("GET /architect/schedulegroups/{identity}", "routing:scheduleGroup:view", architect.schedule_group),
    ("GET /architect/emergencygroups", "routing:emergencyGroup:view", architect.emergency_groups),
    ("GET /architect/emergencygroups/{identity}", "routing:emergencyGroup:view", architect.emergency_group),
    ("PUT /architect/emergencygroups/{identity}", "routing:emergencyGroup:edit", architect.switch_emergency),
    ("GET /flows", "architect:flow:view", architect.flows),
    ("POST /flows/executions", "architect:flow:launch", executions.launch),
    ("GET /flows/executions/{identity}", "architect:flowExecution:view", executions.execution),
    ("GET /flows/datatables", "architect:datatable:view", architect.tables),
    ("GET /flows/datatables/{identity}", "architect:datatable:view", architect.table),
    ("GET /flows/datatables/{identity}/rows", "architect:datatableRow:view", architect.rows),
    ("POST /flows/datatables/{identity}/rows", "architect:datatableRow:add", architect.add_row),
    ("GET /flows/datatables/{identity}/rows/{key}", "architect:datatableRow:view", architect.row),
    ("PUT /flows/datatables/{identity}/rows/{key}", "architect:datatableRow:edit", architect.write_row),
    ("DELETE /flows/datatables/{identity}/rows/{key}", "architect:datatableRow:delete", architect.delete_row),
    ("GET /timezones", "directory:user:view", architect.time_zones),
    ("GET /date", "directory:user:view", architect.date),
]


def _operation(key: str, permission: str, handler: Handler) -> Operation:
    method, path = key.split(" ")
    return Operation(method, API + path, permission, handler)


def _specific_first(operation: Operation) -> tuple[int, str]:
    return len(_PARAMETER.findall(operation.path)), operation.path


OPERATIONS: tuple[Operation, ...] = tuple(
    sorted(
        (
            *(_operation(key, permission, handler) for key, permission, handler in _ROWS),
            *(Operation(method, path, "", external.handler) for method, path in external.served()),
        ),
        key=_specific_first,
    )
)
"""Everything that is served, literal paths before those with parameters."""


def operation_at(method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
    """The operation behind a request and the parameters of its path."""
    for operation in OPERATIONS:
        found = operation.expression.fullmatch(path) if operation.method == method else None
        if found is not None:
            return operation, found.groupdict()
    return None
