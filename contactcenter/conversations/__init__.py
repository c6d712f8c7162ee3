"""The one authority on a conversation: what it is, what may happen to it, and in which order it did.

``decide`` and ``apply`` are the pure aggregate. ``Conversations`` is the service around it: one queue per conversation,
one commit per command, and between executions, routing and media everything that follows from it; ``Surroundings``
says what it is wired to. ``SharedConversations`` is a node's part in the conversations of all nodes.
"""

from contactcenter.conversations.apply import UnknownEvent, apply, replay
from contactcenter.conversations.callbacks import (
    CallbackRequest,
    asked_of_an_agent,
    create_callback,
)
from contactcenter.conversations.deadlines import Deadline, deadlines, next_deadline
from contactcenter.conversations.deciding import COMMANDS, decide
from contactcenter.conversations.directory import OrganisationDirectory
from contactcenter.conversations.effects import Surroundings
from contactcenter.conversations.executions import ExecutionDocuments
from contactcenter.conversations.first_contact import first_contacts
from contactcenter.conversations.history import Interaction, interaction_of
from contactcenter.conversations.homes import Homes
from contactcenter.conversations.ids import derived
from contactcenter.conversations.lines import Bridges, Devices, Leg, LegReport, Programs, QueueFacts, UserFacts
from contactcenter.conversations.messages import Actor, Answer, Command, ConversationEvent, Done, Refused
from contactcenter.conversations.pacing import Line, to_dial
from contactcenter.conversations.service import CLOSED, OPEN, Conversations
from contactcenter.conversations.settings import Settings
from contactcenter.conversations.shared import SharedConversations
from contactcenter.conversations.state import (
    RECORD,
    SECURE,
    Callback,
    CallbackRules,
    Conversation,
    Destination,
    Fallback,
    Participant,
    QueuePlace,
    shown_attributes,
)
from contactcenter.conversations.workflows import LaunchError, Run, Workflows

__all__ = [
    "CLOSED",
    "COMMANDS",
    "OPEN",
    "RECORD",
    "SECURE",
    "Actor",
    "Answer",
    "Bridges",
    "Callback",
    "CallbackRequest",
    "CallbackRules",
    "Command",
    "Conversation",
    "ConversationEvent",
    "Conversations",
    "Deadline",
    "Destination",
    "Devices",
    "Done",
    "ExecutionDocuments",
    "Fallback",
    "Homes",
    "Interaction",
    "LaunchError",
    "Leg",
    "LegReport",
    "Line",
    "OrganisationDirectory",
    "Participant",
    "Programs",
    "QueueFacts",
    "QueuePlace",
    "Refused",
    "Run",
    "Settings",
    "SharedConversations",
    "Surroundings",
    "UnknownEvent",
    "UserFacts",
    "Workflows",
    "apply",
    "asked_of_an_agent",
    "create_callback",
    "deadlines",
    "decide",
    "derived",
    "first_contacts",
    "interaction_of",
    "next_deadline",
    "replay",
    "shown_attributes",
    "to_dial",
]
