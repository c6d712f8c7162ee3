"""Who the customer is: as resolution, flow and agent say (customers.md §4; race 18)."""

from __future__ import annotations

from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.messages import Refused


def link(draft: Draft) -> Refused | None:
    """``link {contact, how}``: an agent's link wins over the resolution's, whatever the order (race 18)."""
    customer = draft.state.customer
    if customer is None:
        return draft.refuse("not_participant", "there is no customer")
    how = str(draft.args.get("how") or "resolution")
    same = customer.external_contact_id == draft.args.get("contact")
    if (customer.contact_linked_by == "agent" and how != "agent") or (same and customer.contact_linked_by == how):
        return None
    data = {key: draft.args[key] for key in ("contact", "division", "name") if draft.args.get(key)}
    draft.emit("ContactLinked", {**data, "how": how}, participant=customer.id)
    return None


def unlink(draft: Draft) -> Refused | None:
    """``unlink``: the agent says that it is somebody else; a late resolution does not link again."""
    customer = draft.state.customer
    if customer is not None and customer.external_contact_id is not None:
        draft.emit("ContactUnlinked", {"how": "agent"}, participant=customer.id)
    return None
