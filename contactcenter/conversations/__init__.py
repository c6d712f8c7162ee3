"""The one authority on a conversation: what it is, what may happen to it, and in which order it did.

``decide`` and ``apply`` are the pure aggregate.
"""

from contactcenter.conversations.apply import UnknownEvent, apply, replay
from contactcenter.conversations.deadlines import Deadline, deadlines, next_deadline
from contactcenter.conversations.deciding import COMMANDS, decide
from contactcenter.conversations.ids import derived
from contactcenter.conversations.messages import Actor, Answer, Command, ConversationEvent, Done, Refused
from contactcenter.conversations.settings import Settings
from contactcenter.conversations.state import Conversation, Destination, Fallback, Participant, QueuePlace

__all__ = [
    "COMMANDS",
    "Actor",
    "Answer",
    "Command",
    "Conversation",
    "ConversationEvent",
    "Deadline",
    "Destination",
    "Done",
    "Fallback",
    "Participant",
    "QueuePlace",
    "Refused",
    "Settings",
    "UnknownEvent",
    "apply",
    "deadlines",
    "decide",
    "derived",
    "next_deadline",
    "replay",
]
