"""Identifiers: what tells a person again, in a normal form per type (customers.md §2), and what never does (§4.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from contactcenter.customers.phones import is_withheld, read_phone
from contactcenter.customers.problems import BadRequestError
from contactcenter.customers.settings import CustomerSettings

TYPES = (
    "Phone Email Cookie ExternalId SocialLine SocialFacebook SocialTwitter SocialWhatsapp SocialWhatsappBsuid "
    "SocialInstagram SocialInstagramHandle AppleOpaqueId"
).split()
_SPELLED = {name.casefold(): name for name in TYPES}
PHONE_SLOTS = ("workPhone", "cellPhone", "homePhone", "otherPhone")
EMAIL_SLOTS = ("workEmail", "personalEmail", "otherEmail")
ROLE_MAILBOXES = ("noreply", "no-reply", "donotreply", "do-not-reply", "postmaster", "mailer-daemon")
MAX_VALUE = 255


class Identifier(msgspec.Struct, frozen=True):
    """A type and a value; ``norm`` is what is compared, ``source`` the external source of an external id."""

    type: str
    value: str
    norm: str
    source: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two identifiers the same."""
        return (self.type, self.source, self.norm)

    @property
    def is_personal(self) -> bool:
        """Whether it is about a person; a cookie is only about a browser."""
        return self.type != "Cookie"


def identifier(type_: str, value: str, settings: CustomerSettings, source: str = "") -> Identifier:
    """An identifier as a client gives it; raises ``BadRequestError`` when it can identify nothing."""
    spelled = _SPELLED.get(type_.strip().casefold())
    value = value.strip()
    if spelled is None:
        raise BadRequestError(f'"{type_}" is no identifier type; known: {", ".join(TYPES)}')
    if not value or len(value) > MAX_VALUE:
        raise BadRequestError(f"an identifier has 1 to {MAX_VALUE} characters")
    if spelled == "ExternalId" and not source:
        raise BadRequestError("an external id needs its externalSource")
    if spelled == "Phone" and not value.lstrip().lower().removeprefix("tel:").startswith("+"):
        raise BadRequestError("a phone identifier carries its country code, beginning with +")
    norm = normal_form(spelled, value, settings)
    if norm is None:
        raise BadRequestError(f'"{value}" cannot identify anybody')
    return Identifier(spelled, value, norm, source if spelled == "ExternalId" else "")


def normal_form(type_: str, value: str, settings: CustomerSettings) -> str | None:
    """The form that is compared, or None where the value identifies nobody."""
    value = value.strip()
    if not value or value.casefold() in settings.blocked:
        return None
    if type_ == "Phone":
        norm = read_phone(value, settings).e164
    elif type_ == "Email":
        norm = email_norm(value)
    elif type_ == "SocialTwitter":
        norm = value.lstrip("@").casefold()
    elif type_ == "SocialWhatsapp":
        norm = "".join(char for char in value if char.isdigit())
    else:
        norm = None if is_withheld(value) and type_ != "Cookie" else value
    return None if not norm or norm.casefold() in settings.blocked else norm


def email_norm(value: str) -> str | None:
    """Folded, with the domain as IDNA; None for what is no address or belongs to a role."""
    local, at, domain = value.strip().rpartition("@")
    if not at or not local or "." not in domain or any(char.isspace() for char in value.strip()):
        return None
    if local.casefold() in ROLE_MAILBOXES:
        return None
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = domain.casefold()
    return f"{local.casefold()}@{domain.casefold()}"


def identifiers_of(fields: Mapping[str, Any], settings: CustomerSettings) -> list[Identifier]:
    """What a contact's structured fields make it a holder of; free text never does."""
    unique = {found.key: found for found in _structured(fields, settings)}
    return list(unique.values())


def _structured(fields: Mapping[str, Any], settings: CustomerSettings) -> Iterator[Identifier]:
    for slot in PHONE_SLOTS:
        number = (fields.get(slot) or {}).get("e164")
        if number:
            yield from _if_any("Phone", number, settings)
    for slot in EMAIL_SLOTS:
        if fields.get(slot):
            yield from _if_any("Email", fields[slot], settings)
    for entry in fields.get("externalIds") or ():
        source = (entry.get("externalSource") or {}).get("id") or ""
        yield from _if_any("ExternalId", entry.get("value") or "", settings, source)
    for entry in fields.get("appleOpaqueIds") or ():
        yield from _if_any("AppleOpaqueId", entry.get("value") or "", settings)
    twitter = fields.get("twitterId") or {}
    yield from _if_any("SocialTwitter", twitter.get("screenName") or "", settings)
    yield from _if_any("SocialWhatsapp", _whatsapp(fields.get("whatsAppId") or {}), settings)
    for field, type_ in (
        ("lineId", "SocialLine"),
        ("facebookId", "SocialFacebook"),
        ("instagramId", "SocialInstagram"),
    ):
        for scoped in (fields.get(field) or {}).get("ids") or ():
            text = scoped.get("scopedId") if isinstance(scoped, Mapping) else scoped
            yield from _if_any(type_, str(text or ""), settings)


def _whatsapp(value: Mapping[str, Any]) -> str:
    number = value.get("phoneNumber")
    return str(number.get("e164") or number.get("display") or "") if isinstance(number, Mapping) else str(number or "")


def _if_any(type_: str, value: str, settings: CustomerSettings, source: str = "") -> Iterator[Identifier]:
    norm = normal_form(type_, value, settings)
    if norm is not None:
        yield Identifier(type_, value.strip(), norm, source)
