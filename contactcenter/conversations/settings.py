"""Settings of conversations, as the organisation has them (conversations.md, routing.md §13)."""

from __future__ import annotations

from contactcenter.organisation import ConversationSettings as Settings

DEFAULTS = Settings()

__all__ = ["DEFAULTS", "Settings"]
