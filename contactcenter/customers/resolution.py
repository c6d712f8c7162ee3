"""Who is it? Resolution by rules in order, first created wins, and every answer can be explained (customers.md §4).

No score ever decides: the live holder of the first identifier that anybody holds is the person, and of several
holders the one that held it first. The others are listed beside the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import insert, select

from contactcenter.customers import tables
from contactcenter.customers.contacts import CURATED, EPHEMERAL, IDENTIFIED, Claim, Contact
from contactcenter.customers.identifiers import Identifier
from contactcenter.customers.settings import DAY_MS
from contactcenter.customers.unit import Unit
from contactcenter.customers.writing import create, raise_type, touch

SINGLE, FIRST_OF_MANY, CREATED, BY_FLOW, BY_AGENT = "single", "first_of_many", "created", "flow", "agent"


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why: the rule, the identifier that decided, since when its owner holds it, and what else is to be known."""

    rule: str
    identifier: str | None = None
    owner: str | None = None
    since: int | None = None
    candidates: tuple[str, ...] = ()
    hint: str | None = None
    policy: int = 1


class Match(msgspec.Struct, frozen=True):
    """The answer to a look-up: ``outcome`` = found, several or unknown; ``contact`` is the first created, ``others``
    the remaining holders in order."""

    outcome: str
    contact: Contact | None
    others: tuple[Contact, ...]
    explanation: Explanation
    identifier: Identifier | None = None


class Link(msgspec.Struct, frozen=True):
    """Which contact an interaction belongs to, how that came about, and since when."""

    id: str
    conversation_id: str
    contact_id: str
    how: str
    at: int
    level: str = "claimed"
    by: str | None = None
    participant_id: str | None = None
    explain: Explanation = Explanation("none")


def look_up(unit: Unit, identifiers: Sequence[Identifier]) -> Match:
    """The first identifier that anybody holds decides; nothing is written."""
    shared: tuple[Contact, ...] = ()
    for one in identifiers:
        holders = _allowed(unit, one)
        heads = _heads(unit, holders)
        if not heads:
            continue
        curated = sum(head.type == CURATED for head in heads)
        if 0 < unit.settings.shared_threshold < curated:
            shared = shared or tuple(heads)
            continue
        owner = holders[0][0]
        outcome = "found" if len(heads) == 1 else "several"
        return Match(outcome, heads[0], tuple(heads[1:]), _explain(unit, one, owner, heads), one)
    if shared:
        ids = tuple(head.id for head in shared[:10])
        hint = "so many contacts share the number that it identifies nobody"
        return Match("unknown", None, shared[:10], Explanation("shared identifier", candidates=ids, hint=hint))
    return Match("unknown", None, (), Explanation("no identifier" if not identifiers else "nobody holds it"))


def _allowed(unit: Unit, one: Identifier) -> list[tuple[Claim, Contact]]:
    """Holders without those of whom an agent said that it is not them (§4.7)."""
    table = tables.negative.c
    query = select(table.contact_id).where(table.type == one.type, table.norm == one.norm)
    refused = {row["contact_id"] for row in unit.rows(query)}
    return [(held, contact) for held, contact in unit.holders(one) if not {contact.id, contact.head_id} & refused]


def _heads(unit: Unit, holders: Sequence[tuple[Claim, Contact]]) -> list[Contact]:
    heads: dict[str, Contact] = {}
    for _, contact in holders:
        head = unit.contact(contact.head_id)
        if head is not None:
            heads.setdefault(head.id, head)
    return list(heads.values())


def _explain(unit: Unit, one: Identifier, owner: Claim, heads: Sequence[Contact]) -> Explanation:
    age_days = (unit.at - owner.claimed_at) // DAY_MS
    old = one.type == "Phone" and age_days > unit.settings.phone_claim_warn_days
    return Explanation(
        rule="first created of several" if len(heads) > 1 else "the only holder",
        identifier=f"{one.type} {one.norm}",
        owner=heads[0].id,
        since=owner.claimed_at,
        candidates=tuple(head.id for head in heads[1:]),
        hint=f"the number has been held for {age_days} days" if old else None,
        policy=unit.settings.policy_version,
    )


def resolve(
    unit: Unit, conversation: str, identifiers: Sequence[Identifier], *, create_unknown: bool, participant: str | None
) -> tuple[Link | None, Match]:
    """Link an interaction to whom its identifiers tell; an unknown person becomes a contact of its own (§4.2)."""
    match = look_up(unit, identifiers)
    if match.contact is not None:
        how = SINGLE if match.outcome == "found" else FIRST_OF_MANY
        touch(unit, match.contact)
        return link(unit, conversation, match.contact, how, explain=match.explanation, participant=participant), match
    if match.others or not identifiers or not create_unknown:
        return None, match
    personal = next((one for one in identifiers if one.is_personal), None)
    cause = personal or identifiers[0]
    made = create(unit, _fields_of(cause), type_=IDENTIFIED if personal else EPHEMERAL, cause=cause)
    explanation = Explanation("nobody held it: made by the interaction", f"{cause.type} {cause.norm}", made.id, unit.at)
    made_link = link(unit, conversation, made, CREATED, explain=explanation, participant=participant)
    return made_link, Match("unknown", made, (), explanation, cause)


def _fields_of(one: Identifier) -> dict[str, object]:
    if one.type == "Phone":
        return {"otherPhone": {"display": one.norm, "userInput": one.value, "e164": one.norm}}
    if one.type == "Email":
        return {"otherEmail": one.value}
    if one.type == "ExternalId":
        return {"externalIds": [{"externalSource": {"id": one.source}, "value": one.value}]}
    return {}


def link(
    unit: Unit,
    conversation: str,
    contact: Contact,
    how: str,
    *,
    explain: Explanation | None = None,
    participant: str | None = None,
    level: str | None = None,
) -> Link:
    """Link an interaction, ending an earlier link; no identifier moves. What an agent links becomes curated."""
    unlink(unit, conversation)
    if how == BY_AGENT:
        contact = touch(unit, raise_type(unit, contact))
    made = Link(
        id=unit.new_id(),
        conversation_id=conversation,
        contact_id=contact.id,
        how=how,
        at=unit.at,
        level=level or ("verified" if how == BY_AGENT else "claimed"),
        by=unit.actor.id,
        participant_id=participant,
        explain=explain or Explanation(f"linked by the {how}"),
    )
    row = {**msgspec.structs.asdict(made), "explain": msgspec.to_builtins(made.explain), "seq": unit.seq()}
    unit.run(insert(tables.link).values(**row))
    entries = tables.entry
    unit.run(entries.update().where(entries.c.id == f"interaction:{conversation}").values(contact_id=contact.id))
    return made


def unlink(unit: Unit, conversation: str) -> None:
    """End the link of an interaction; no contact is deleted (§5)."""
    table = tables.link
    unit.run(
        table.update()
        .where(table.c.conversation_id == conversation, table.c.ended_at.is_(None))
        .values(ended_at=unit.at)
    )
    entries = tables.entry
    unit.run(entries.update().where(entries.c.id == f"interaction:{conversation}").values(contact_id=None))


def link_of(unit: Unit, conversation: str) -> Link | None:
    """The live link of an interaction, with the contact as it was linked."""
    table = tables.link.c
    query = select(tables.link).where(table.conversation_id == conversation, table.ended_at.is_(None))
    rows = unit.rows(query.order_by(table.seq.desc()).limit(1))
    if not rows:
        return None
    values = rows[0]
    explain = msgspec.convert(values.pop("explain"), Explanation)
    values.pop("seq"), values.pop("ended_at")
    return Link(**values, explain=explain)


def refuse(unit: Unit, one: Identifier, contact: Contact) -> None:
    """ "Not this person": the pair is never linked or suggested by itself again (§4.7)."""
    row = {
        "id": unit.new_id(),
        "type": one.type,
        "norm": one.norm,
        "contact_id": contact.head_id,
        "by": unit.actor.id,
        "at": unit.at,
    }
    unit.run(insert(tables.negative).values(**row))
