"""Built-in variables, constants and the properties of structured types (expressions.md §5.3, §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.expressions.types import Type

_CALLS = frozenset({"inboundCall", "outboundCall", "inqueueCall", "secureCall", "voicemail"})
_EMAIL = frozenset({"inboundEmail", "inqueueEmail"})
_MESSAGE = frozenset({"inboundShortMessage", "inqueueShortMessage"})
AUDIO_FLOWS = _CALLS | {"botFlow", "commonModule", "voice", "voiceSurvey"}
"""Flow types in which audio can be played; a module may be called from one."""

OLD_NAMES: Mapping[str, str] = {
    "interaction.language": "Call.Language",
    "flow.campaign": "Call.Campaign",
    "flow.contact": "Call.Contact",
    "flow.contactlist": "Call.ContactList",
}
"""Deprecated names of built-ins in lower case, and what they are called now (expressions.md §8)."""

_TABLE = """
call      Call.Ani str | Call.CalledAddress str | Call.CalledAddressOriginal str | Call.ConversationId str
call      Call.RemoteName str | Call.Language str | Interaction.Id str | Interaction.Language str
call      Call.ExternalContactId str? | Call.CustomerExternalOrganizationID str? | Call.ExternalTag str?
plain     Call.UUIData str?
outbound  Call.Campaign cpx_campaign | Call.ContactList cnl | Call.Contact con | Call.ContactId str
outbound  Flow.WrapupCode wrc | Flow.Campaign cpx_campaign | Flow.Contact con | Flow.ContactList cnl
inqueue   Call.CurrentQueue que | Call.EstimatedWaitTime dur? | Call.PositionInQueue int? | Flow.HoldPrompt pmt
secure    Flow.InvocationData str?
email     Email.Message cpx_email | Email.ConversationId str | Email.Language str | Email.LanguageSkill lac
message   Message.Message cpx_shortMessage | Message.ConversationId str | Message.IsNewConversation bln
message   Message.Language str
chat      Chat.ConversationId str | Chat.Guest cpx_chatGuest
survey    Survey.CustomerContact cpx_externalContact | Survey.CustomerOrganization cpx_externalOrganization
survey    Survey.Url str | Survey.ConversationId str
workitem  Workitem.EventType str | Workitem.Workitem cpx_workitem
bot       Session.LastKnowledgeAnswer str?
all       Flow.IsTest bln | Flow.StartDateTimeUtc dtm | Flow.Version str | Flow.$lastInput str?
all       System.MaxInt int | System.MinInt int | System.MaxDateTime dtm | System.MinDateTime dtm
all       System.MaxDuration dur | System.MinDuration dur
"""
_FLOW_TYPES: dict[str, frozenset[str]] = {
    "call": _CALLS,
    "plain": frozenset({"inboundCall", "outboundCall", "inqueueCall"}),
    "outbound": frozenset({"outboundCall"}),
    "inqueue": frozenset({"inqueueCall"}),
    "secure": frozenset({"secureCall"}),
    "email": _EMAIL,
    "message": _MESSAGE,
    "chat": frozenset({"inboundChat"}),
    "survey": frozenset({"surveyInvite"}),
    "workitem": frozenset({"workitem"}),
    "bot": frozenset({"botFlow", "digitalBot"}),
    "all": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in variable: its proper name, its type, where it exists (empty: everywhere), and whether it may
    be NOT_SET."""

    name: str
    type: Type
    flow_types: frozenset[str]
    maybe_not_set: bool


def _read_table() -> dict[str, Builtin]:
    found: dict[str, Builtin] = {}
    for line in _TABLE.strip().splitlines():
        group, _, rest = line.partition(" ")
        for entry in rest.split("|"):
            name, code = entry.split()
            builtin = Builtin(name, Type(code.rstrip("?")), _FLOW_TYPES[group], code.endswith("?"))
            found[name.lower()] = builtin
    return found


BUILTINS: Mapping[str, Builtin] = _read_table()
"""Built-in variables by their name in lower case."""

SCOPES = (
    "Flow Task State Slot Session Common Workflow Bot Menu Call Chat Email Interaction Message Survey "
    "Workitem Voicemail Secure Prompt PromptSystem Format Language System"
).split()
"""All scopes (expressions.md §3)."""

AUTHOR_SCOPES = frozenset({"flow", "task", "state", "slot", "common", "workflow", "bot", "secure"})
"""Scopes in which authors declare variables, in lower case."""

READ_ONLY_SCOPES = frozenset(
    "call chat email interaction message survey workitem voicemail prompt promptsystem format language system".split()
)
"""Scopes, in lower case, in which nothing can be written."""

CONSTANTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "format.bool": ("csc", "cst_Bool", ("playYesNo",)),
    "format.currency": (
        "csc",
        "cst_Currency",
        ("asMinorUnits", "majorUnitsOnly", "minorUnitsOnly", "playDigits"),
    ),
    "format.date": (
        "dac",
        "daf",
        tuple("longYear shortYear shortMonthAndDay dayOfWeekOnly dayOnly monthOnly shortYearOnly longYearOnly".split()),
    ),
    "format.time": ("csc", "cst_Time", ("twelveHours", "twentyFourHours")),
    "format.number": ("csc", "cst_Number", ("playDigits",)),
    "format.string": ("stc", "stf", ("playChars",)),
    "format.phonenumber": ("csc", "cst_PhoneNumber", ("global", "local")),
    "format.timepart": ("csc", "cst_TimePart", ("days", "hours", "minutes", "seconds")),
    "language.gender": ("csc", "cst_Language", ("common", "feminine", "masculine", "neuter")),
    "language.case": ("csc", "cst_Language", ("article", "accusative", "dative", "genitive", "nominative")),
    "language.quantity": ("csc", "cst_Language", ("plural", "singular")),
}
"""Constant containers: (container type, member type, members) by name in lower case."""

SYSTEM_CONTAINERS: Mapping[str, tuple[str, str]] = {
    "system.currencies": ("cst_Currencies", "code"),
    "system.languages": ("cst_Languages", "tag"),
    "system.regions": ("cst_Regions", "dialingCode"),
    "system.datetime": ("cst_DateTime", ""),
    "system.survey": ("cst_Survey", ""),
}
"""Open containers of the system; their members are generated from ISO 4217, ISO 3166 and language tags."""

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

_PROPERTIES = """
cur amount:dec code:str
usr id:str name:str username:str
que id:str name:str
skl id:str name:str
lac id:str name:str
grp id:str name:str
wrc id:str name:str
cnl id:str name:str
cpx_campaign id:str
pmt id:str name:str type:str textToSpeech:str duration:dur
phn scheme:str uri:str raw:str e164:str dialingCode:str subscriberNumber:str isTel:bln isSip:bln isGlobal:bln
cpx_emailAddress id:str name:str
cpx_email id:str subject:str direction:str replyTo:str body:str htmlBody:str autoGenerated:bln from:cpx_emailAddress
cpx_email to:cpx_emailAddress_coll cc:cpx_emailAddress_coll bcc:cpx_emailAddress_coll dateTimeUtc:dtm
cpx_email attachments:cpx_attachment_coll
cpx_attachment id:str contentType:str contentUri:str name:str contentLength:int
cpx_shortMessage id:str type:str body:str bodyType:str senderAddress:str targetAddresses:str_coll dateTimeUtc:dtm
cpx_shortMessage attachments:cpx_attachment_coll
cpx_externalContact id:str kind:str firstName:str middleName:str lastName:str salutation:str title:str workEmail:str
cpx_externalContact personalEmail:str otherEmail:str externalSystemUrl:str createDateTimeUtc:dtm modifyDateTimeUtc:dtm
cpx_externalContact surveyOptOut:bln workPhone:cpx_externalPhoneNumber cellPhone:cpx_externalPhoneNumber
cpx_externalContact homePhone:cpx_externalPhoneNumber otherPhone:cpx_externalPhoneNumber address:cpx_externalAddress
cpx_externalContact externalOrganization:cpx_externalOrganization facebookInfo:cpx_externalFacebookInfo
cpx_externalContact lineInfo:cpx_externalLineInfo twitterInfo:cpx_externalTwitterInfo
cpx_externalOrganization id:str kind:str name:str companyType:str industry:str primaryContactId:str tags:str_coll
cpx_externalOrganization externalSystemUrl:str tickers:str_coll websites:str_coll employeeCount:int revenue:int
cpx_externalOrganization createDateTimeUtc:dtm modifyDateTimeUtc:dtm address:cpx_externalAddress
cpx_externalOrganization phoneNumber:cpx_externalPhoneNumber faxNumber:cpx_externalPhoneNumber
cpx_externalOrganization twitterInfo:cpx_externalTwitterInfo
cpx_externalPhoneNumber display:str extension:str userInput:str e164:str countryCode:str acceptsSMS:bln
cpx_externalAddress address1:str address2:str city:str state:str postalCode:str countryCode:str
cpx_externalFacebookInfo displayName:str ids:cpx_scopedId_coll
cpx_externalLineInfo displayName:str ids:cpx_scopedId_coll
cpx_scopedId scopedId:str userId:str
cpx_externalTwitterInfo id:str name:str screenName:str
cpx_chatGuest id:str customFields:cpx_customField_coll
cpx_customField key:str value:str
cpx_agentScorePair agent:usr score:int
tsl start:dtm duration:dur
"""


def _read_properties() -> dict[str, dict[str, tuple[str, Type]]]:
    found: dict[str, dict[str, tuple[str, Type]]] = {}
    for line in _PROPERTIES.strip().splitlines():
        type_, *properties = line.split()
        for entry in properties:
            name, _, code = entry.partition(":")
            found.setdefault(type_, {})[name.lower()] = (name, Type(code))
    return found


PROPERTIES: Mapping[str, Mapping[str, tuple[str, Type]]] = _read_properties()
"""Properties of structured types: by type code, then by name in lower case: (proper name, type)."""

OPEN_TYPES = frozenset({"cpx_workitem", "con"})
"""Types whose further properties are not known: reading one is a text (contact columns) or anything (work
items)."""
