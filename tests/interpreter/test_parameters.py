"""Defaults, ranges and outputs of every action as the reference states them, held against the catalogue and against
what runs (flow-format.md §7, §9, §10.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dsl import check_flow
from dsl.actions import Parameter, actions
from dsl.expressions.values import Duration
from dsl.load.settings import MENU_SETTINGS
from dsl.source import Source
from interpreter.commands import Background, Collect, HangUp, Listen, Menu, Request, Speech
from interpreter.events import PromptDone, SilenceDone
from interpreter.prompts import heard
from tests.interpreter.conftest import flow_text

Begin = Callable[..., Any]
END = "\n- disconnect: {none: true}"
DATA_ACTION = "category: {CRM: {dataAction: {Find: {}}}}"
NEEDED = {
    "callAgenticVirtualAgent": "agenticVirtualAgent: {Guide: {}}",
    "callBridge": DATA_ACTION,
    "callData": DATA_ACTION,
    "callLexV2Bot": "aliasInitialIntentName: {lit: TestBotAlias}",
    "callDataSecure": DATA_ACTION,
    "collectInput": "inputData: {var: Flow.d}",
    "dataTableLookup": "dataTable: {Zones: {}}, lookupValue: {lit: a}",
    "evaluateSchedule": "evaluationType: {schedule: {selectedSchedule: {lit: {name: Day}}, evaluate: {now: true}}}",
    "loop": "currentIndex: {var: Flow.i}",
    "playAudioOnSilence": "audio: {tts: Hello}",
    "sendResponse": "messageBody: {lit: Hello}",
    "transferToAcd": "targetQueue: {lit: {name: Gold}}",
    "transferToFlow": "targetFlow: {name: Other}",
    "transferToFlowSecure": "targetFlow: {name: Pay}",
    "transferToGroup": "targetGroup: {lit: {name: All}}",
    "transferToNumber": "targetNumber: {lit: '+4930123456'}",
    "transferToUser": "targetUser: {lit: {name: Ada}}",
    "transferToVoicemail": "destination: {user: {targetUser: {lit: {name: Ada}}}}",
}
"""What actions cannot do without."""


def written(key: str, *more: str) -> str:
    """An action with what it needs, and more."""
    parts = ["name: A", *([NEEDED[key]] if key in NEEDED else []), *more]
    return f"- {key}: {{{', '.join(parts)}}}"


def noted(path: str) -> str:
    return f"{path}: {{actions: [{{playAudio: {{name: P, audio: {{tts: {path}}}}}}}]}}"


TAKEN = f"outputs: {{{noted('failure')}, {noted('timeout')}}}"


def said(call: Any) -> list[str]:
    """What is heard before the call ends."""
    return [heard(command.prompts) for command in call.commands if isinstance(command, HangUp)]


def menu_flow(settings: str = "", variables: str = "") -> dict[str, str]:
    """A flow that is a menu."""
    own = "{name: Main, refId: main, audio: {tts: Press one.}, choices: [CHOICE]SETTINGS}"
    choice = "{menuDisconnect: {name: Bye, dtmf: digit_1}}"
    whole = own.replace("CHOICE", choice).replace("SETTINGS", f", {settings}" if settings else "")
    actions = "- jumpToMenu: {name: J, targetMenuRef: './menus/menu[main]'}"
    return {"actions": actions, "extra": f"menus:\n- menu: {whole}", "variables": variables}


# Defaults.


def test_digits_are_collected_with_the_documented_defaults(begin: Begin) -> None:
    (command,) = begin(written("collectInput") + END).commands
    assert isinstance(command, Collect)
    assert (command.first_timeout, command.inter_timeout) == (5_000, 3_000)
    assert (command.min, command.max, command.term_keys, command.accept_bare) == (1, 20, "#", "")


def test_a_menu_waits_and_repeats_with_the_documented_defaults(begin: Begin) -> None:
    call = begin(**menu_flow())
    (command,) = call.commands
    assert isinstance(command, Menu)
    assert (command.first_timeout, command.extension_delay, command.min_confidence) == (10_000, 1_000, 0.5)
    for _ in range(3):
        assert isinstance(call.press("", "no_input").commands[0], Menu)
    assert call.press("", "no_input").end.how == "disconnect"


def test_silence_is_detected_with_the_documented_defaults(begin: Begin) -> None:
    (command,) = begin(written("detectSilence") + END).commands
    assert isinstance(command, Listen)
    assert (command.silence_ms, command.timeout) == (1_000, 40_000)


def test_interrupted_audio_listens_with_the_documented_defaults_and_is_not_repeated(begin: Begin) -> None:
    call = begin(written("playAudioOnSilence") + END).feed_how(PromptDone, "interrupted")
    (command,) = call.commands
    assert isinstance(command, Listen)
    assert (command.silence_ms, command.timeout) == (1_000, 40_000)
    assert isinstance(call.feed_how(SilenceDone, "silence").commands[0], HangUp)


@pytest.mark.parametrize(
    ("key", "name", "default"),
    [
        ("transferToAcd", "priority", 0),
        ("transferToFlowSecure", "connectTimeout", Duration(15_000)),
        ("transferToNumber", "releaseLinkTransfer", False),
        ("callDialogflowBot", "environment", "Draft"),
        ("callDialogflowCxBot", "environment", "Draft"),
    ],
)
@pytest.mark.parametrize("given", ["", "{noValue: true}", "{exp: Flow.nothing}"])
def test_a_request_carries_the_default_of_what_nobody_says(
    begin: Begin, key: str, name: str, default: Any, given: str
) -> None:
    kind = {"dur": "duration", "bln": "boolean", "int": "integer", "str": "string"}[
        actions()[key].parameters[name].kind
    ]
    call = begin(
        written(key, *([f"{name}: {given}"] if given else [])) + END,
        variables=f"- {kind}Variable: {{name: Flow.nothing, initialValue: {{noValue: true}}}}",
    )
    (command,) = call.commands
    assert isinstance(command, Request)
    assert command.inputs[name] == default


def test_an_extension_is_asked_for_with_the_documented_defaults(begin: Begin) -> None:
    call = begin(written("dialByExtension", TAKEN) + END)
    (command,) = call.commands
    assert isinstance(command, Collect)
    assert (command.first_timeout, command.inter_timeout) == (6_000, 6_000)
    assert said(call.press("", "no_input")) == ["timeout"]


def test_an_extension_is_asked_for_again_put_through_and_kept(begin: Begin) -> None:
    more = "extensionVariable: {var: Flow.ext}, repromptCount: {lit: 2}, repromptAudio: {tts: Once more.}"
    call = begin(written("dialByExtension", more, TAKEN) + END)
    for why, digits in (("no_input", ""), ("no_match", "4*")):
        assert heard(call.press(digits, why).commands[0].prompts) == "Once more."
    (request,) = call.press("4711", "term", "#").commands
    assert (request.operation, request.inputs["extension"], call.value("Flow.ext")) == ("extension", "4711", "4711")
    assert said(call.reply("refused")) == ["failure"]


def test_an_extension_that_is_taken_ends_the_flow(begin: Begin) -> None:
    assert begin(written("dialByExtension") + END).press("4711").reply("accepted").end.how == "user"


def test_wrong_keys_take_failure_when_all_rounds_are_used_up(begin: Begin) -> None:
    assert said(begin(written("dialByExtension", TAKEN) + END).press("4*", "no_match")) == ["failure"]


@pytest.mark.parametrize("key", ["wait", "holdMusic", "callData", "callDataSecure", "callBridge"])
def test_what_takes_time_takes_a_minute_unless_it_says_so(begin: Begin, key: str) -> None:
    assert begin(written(key) + END).state.waiting.deadline == 60_000


@pytest.mark.parametrize(
    ("own", "flow", "music"),
    [
        ("", "", "PromptSystem.on_hold_music"),
        ("", "settingsInQueueCall: {holdMusic: {prompt: Prompt.Waltz}}", "Prompt.Waltz"),
        ("prompt: {noValue: true}", "settingsInQueueCall: {holdMusic: {prompt: Prompt.Waltz}}", "Prompt.Waltz"),
        ("prompt: {exp: Prompt.Tango}", "settingsInQueueCall: {holdMusic: {prompt: Prompt.Waltz}}", "Prompt.Tango"),
    ],
)
def test_hold_music_is_the_flows_unless_it_says_so(begin: Begin, own: str, flow: str, music: str) -> None:
    given = [own] if own else []
    call = begin(written("holdMusic", *given) + END, extra=flow)
    assert [command.hold_music for command in call.commands if isinstance(command, Background)] == [music]
    whole = begin(written("holdMusic", *given, "playStyle: {entirePrompt: true}") + END, extra=flow)
    assert [prompt.name for prompt in whole.commands[0].prompts] == [music]


def test_an_outcome_is_reached_unless_it_says_so(begin: Begin) -> None:
    call = begin("- setFlowOutcome: {name: O, flowOutcome: {name: Sold}}" + END)
    assert call.end.outcomes == {"Sold": "SUCCESS"}


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("playEstimatedWaitTime: {name: P, estimatedWaitTime: {lit: {minutes: 4}}}", "Your estimated wait is about"),
        ("playPositionInQueue: {name: P, positionInQueue: {lit: 3}}", "You are number"),
    ],
)
def test_a_waiting_caller_is_told_in_the_default_mode(begin: Begin, action: str, words: str) -> None:
    (command,) = begin(f"- {action}{END}").commands[:1]
    assert heard(command.prompts).startswith(words)


def test_an_entry_is_not_read_back_unless_it_says_so(begin: Begin) -> None:
    assert isinstance(begin(written("collectInput") + END).press("12").commands[0], HangUp)


@pytest.mark.parametrize(
    ("key", "name", "asked"),
    [
        ("collectInput", "noEntryTimeout", lambda call: call.commands[0].first_timeout),
        ("collectInput", "interDigitTimeout", lambda call: call.commands[0].inter_timeout),
        ("detectSilence", "timeout", lambda call: call.commands[0].timeout),
        ("dialByExtension", "interDigitTimeout", lambda call: call.commands[0].inter_timeout),
        ("transferToUser", "connectTimeout", lambda call: call.commands[0].inputs["connectTimeout"].ms),
        ("transferToGroup", "connectTimeout", lambda call: call.commands[0].inputs["connectTimeout"].ms),
        ("transferToNumber", "connectTimeout", lambda call: call.commands[0].inputs["connectTimeout"].ms),
        ("transferToFlowSecure", "connectTimeout", lambda call: call.commands[0].inputs["connectTimeout"].ms),
    ],
)
@pytest.mark.parametrize(
    ("own", "taken"), [("", 11_000), ("{noValue: true}", 11_000), ("{lit: {seconds: 12}}", 12_000)]
)
def test_the_flow_sets_what_an_action_does_not_say(
    begin: Begin, key: str, name: str, asked: Callable[[Any], int], own: str, taken: int
) -> None:
    extra = f"settingsActionDefaults: {{{key}: {{{name}: {{lit: {{seconds: 11}}}}}}}}"
    assert asked(begin(written(key, *([f"{name}: {own}"] if own else [])) + END, extra=extra)) == taken


SPEECH = {
    "completeMatchTimeout": "complete",
    "incompleteMatchTimeout": "incomplete",
    "maxSpeechLengthTimeout": "longest",
}


def spoken_menu(settings: str = "") -> dict[str, str]:
    """A flow that is a menu whose choice may be spoken."""
    flow = menu_flow(settings)
    return {**flow, "extra": flow["extra"].replace("digit_1", "digit_1, speechRecTerms: {en-us: {terms: [bye]}}")}


def test_a_menu_without_terms_hears_keys_only(begin: Begin) -> None:
    (command,) = begin(**menu_flow()).commands
    assert command.speech is None


def test_speech_to_a_menu_is_over_by_the_documented_defaults(begin: Begin) -> None:
    (command,) = begin(**spoken_menu()).commands
    assert command.speech == Speech(complete=100, incomplete=1_500, longest=20_000)


@pytest.mark.parametrize(("name", "field"), SPEECH.items())
def test_speech_to_a_menu_is_over_as_the_flow_or_the_menu_says(begin: Begin, name: str, field: str) -> None:
    of_menu = f"settingsSpeechRec: {{{name}: {{lit: {{seconds: 2}}}}}}"
    of_flow = f"settingsSpeechRec: {{{name}: {{lit: {{seconds: 3}}}}}}\n"
    for own, taken in (("", 3_000), (of_menu, 2_000)):
        flow = spoken_menu(own)
        flow["extra"] = of_flow + flow["extra"]
        (command,) = begin(**flow).commands
        assert getattr(command.speech, field) == taken


ASKING = ("askForIntent", "askForBoolean", "askForSlot", "loopAnythingElse")
BOT = """\
botFlow:
  name: Bot
  startUpRef: ./bots/bot[main]
SETTINGS
  bots:
  - bot: {name: main, actions: [{KEY: {question: {lit: Well?}, slot: {name: S}OWN}}, {exitBotFlow: {}}]}
"""


def asked(flow_of: Begin, key: str, settings: str = "", own: str = "") -> Collect:
    slot = "" if key == "askForSlot" else "slot: {name: S}"
    text = BOT.replace("KEY", key).replace(f", {slot}" if slot else "\0", "").replace("SETTINGS", settings)
    (command,) = flow_of(text.replace("OWN", own)).commands
    assert isinstance(command, Collect)
    return command


@pytest.mark.parametrize("key", ASKING)
def test_speech_to_a_bot_is_over_after_a_second_unless_flow_or_question_say_so(flow_of: Begin, key: str) -> None:
    of_flow = f"  settingsActionDefaults: {{{key}: {{voiceEndOfInputTimeout: {{lit: {{seconds: 2}}}}}}}}"
    own = ", voiceEndOfInputTimeout: {lit: {seconds: 3}}"
    for settings, mine, taken in (("", "", 1_000), (of_flow, "", 2_000), (of_flow, own, 3_000)):
        speech = asked(flow_of, key, settings, mine).speech
        assert speech is not None
        assert (speech.complete, speech.incomplete, speech.longest) == (taken, taken, 20_000)


def test_a_bot_listens_as_its_settings_say(flow_of: Begin) -> None:
    usual = asked(flow_of, "askForBoolean")
    assert (usual.first_timeout, usual.inter_timeout, usual.term_keys, usual.barge_in) == (7_000, 3_000, "#", True)
    settings = (
        "  settingsUserInput: {noInputsTimeout: {lit: {seconds: 9}}, interDigitTimeout: {lit: {seconds: 4}},"
        " dtmfTerminatingCharacter: {lit: '*'}, enableBargeIn: {lit: false},"
        " speechToTextMaxSpeechTimeout: {lit: {seconds: 8}}}"
    )
    found = asked(flow_of, "askForBoolean", settings)
    assert (found.first_timeout, found.inter_timeout, found.term_keys, found.barge_in) == (9_000, 4_000, "*", False)
    assert found.speech is not None
    assert found.speech.longest == 8_000


# Ranges.

RANGES: Mapping[tuple[str, str], tuple[int | None, int | None]] = {
    ("callBridge", "timeout"): (100, None),
    ("callData", "timeout"): (100, None),
    ("callDataSecure", "timeout"): (100, None),
    ("collectInput", "digits"): (1, 40),
    ("collectInput", "interDigitTimeout"): (1_000, 99_000),
    ("collectInput", "noEntryTimeout"): (1_000, 99_000),
    ("detectSilence", "silenceDuration"): (250, 10_000),
    ("detectSilence", "timeout"): (1_000, 60_000),
    ("dialByExtension", "interDigitTimeout"): (1_000, None),
    ("holdMusic", "playStyle"): (0, 900_000),
    ("loop", "loopCount"): (1, 99),
    ("playAudioOnSilence", "silenceDuration"): (250, 10_000),
    ("playAudioOnSilence", "timeout"): (1_000, 60_000),
    ("setPriority", "priority"): (-25_000_000, 25_000_000),
    ("transferToAcd", "priority"): (-25_000_000, 25_000_000),
    ("transferToFlowSecure", "connectTimeout"): (10_000, 60_000),
    ("transferToGroup", "connectTimeout"): (1_000, None),
    ("transferToNumber", "connectTimeout"): (1_000, None),
    ("transferToUser", "connectTimeout"): (1_000, None),
    ("wait", "duration"): (0, None),
    ("settingsMenu", "menuSelectionTimeout"): (1_000, 60_000),
    ("settingsMenu", "repeatCount"): (0, 10),
    ("settingsMenu", "extensionDialingMaxDelay"): (1_000, None),
    ("settingsSpeechRec", "minConfidenceLevel"): (0, 100),
    ("settingsSpeechRec", "completeMatchTimeout"): (100, 20_000),
    ("settingsSpeechRec", "incompleteMatchTimeout"): (100, 20_000),
    ("settingsSpeechRec", "maxSpeechLengthTimeout"): (100, 40_000),
}
"""Least and most by action and parameter, durations in ms."""

LENIENT = {("loop", "loopCount")}
"""What a computed value may exceed: a loop turns as often as it is told, or not at all."""
UNUSED = {"completeMatchTimeout", "incompleteMatchTimeout", "maxSpeechLengthTimeout"}
"""What the flow machine does not use: recognition is the adapter's."""


COMPUTED = [(key, name) for key, name in RANGES if (key, name) not in LENIENT and name not in UNUSED]


def parameter_of(key: str, name: str) -> Parameter:
    return MENU_SETTINGS[name] if key.startswith("settings") else actions()[key].parameters[name]


def flow_with(key: str, name: str, value: str, variables: str = "") -> dict[str, str]:
    """A flow in which a parameter has a value."""
    setting = {"digits": f"digits: {{exact: {value}}}", "playStyle": f"playStyle: {{duration: {value}}}"}
    if key.startswith("settings"):
        inner = f"{name}: {value}"
        if name == "extensionDialingMaxDelay":
            inner += ", menuSelectionTimeout: {lit: {minutes: 1}}"
        return menu_flow(f"{key}: {{{inner}}}", variables)
    turns = ["outputs: {loop: {actions: [{loopNext: {name: N}}]}}"] if key == "loop" else []
    action = written(key, setting.get(name, f"{name}: {value}"), *turns)
    return {"actions": action + END, "variables": variables}


def literal(key: str, name: str, number: int) -> str:
    return f"{{lit: {{ms: {number}}}}}" if parameter_of(key, name).is_duration else f"{{lit: {number}}}"


def beyond(key: str, name: str) -> list[int]:
    low, high = RANGES[key, name]
    return [
        number
        for number in (None if low is None else low - 1, None if high is None else high + 1)
        if number is not None
    ]


def ends(key: str, name: str) -> list[int]:
    return [number for number in RANGES[key, name] if number is not None]


def test_every_range_of_the_catalogue_is_a_documented_one() -> None:
    every = {(key, name): p for key, spec in actions().items() for name, p in spec.parameters.items()}
    every |= {("settings", name): parameter for name, parameter in MENU_SETTINGS.items()}
    found = {(key, name): (p.low, p.high) for (key, name), p in every.items() if (p.low, p.high) != (None, None)}
    assert found == {("settings" if key.startswith("settings") else key, name): r for (key, name), r in RANGES.items()}


@pytest.mark.parametrize(("key", "name"), RANGES)
def test_a_literal_out_of_range_is_refused_and_one_at_its_ends_is_not(key: str, name: str) -> None:
    def refused(number: int) -> list[str]:
        text = flow_text(**flow_with(key, name, literal(key, name, number)))
        return [f.message for f in check_flow(Source("t.yaml", text)).findings if f.code == "out-of-range"]

    for number in beyond(key, name):
        (message,) = refused(number)
        assert message.startswith(f'"{name}" is ')
    assert [refused(number) for number in ends(key, name)] == [[] for _ in ends(key, name)]


@pytest.mark.parametrize(("key", "name"), COMPUTED)
def test_a_computed_value_out_of_range_enters_error_handling_and_one_at_its_ends_does_not(
    begin: Begin, key: str, name: str
) -> None:
    def errors(number: int) -> list[str]:
        kind = "duration" if parameter_of(key, name).is_duration else "integer"
        variable = f"- {kind}Variable: {{name: Flow.x, initialValue: {literal(key, name, number)}}}"
        call = begin(**flow_with(key, name, "{exp: Flow.x}", variable))
        if name == "repeatCount":
            call.press("", "no_input")
        if key == "playAudioOnSilence":
            call.feed_how(PromptDone, "interrupted")
        found: list[str] = call.errors
        return found

    for number in beyond(key, name):
        (message,) = errors(number)
        assert message.startswith(f'"{name}" is ')
        assert parameter_of(key, name).limits in message
    assert [errors(number) for number in ends(key, name)] == [[] for _ in ends(key, name)]


def test_fewer_digits_at_most_than_at_least_are_refused(begin: Begin) -> None:
    text = flow_text(written("collectInput", "digits: {range: {min: 5, max: 4}}") + END)
    codes = [found.code for found in check_flow(Source("t.yaml", text)).findings]
    assert "out-of-range" in codes
    computed = written("collectInput", "digits: {range: {min: {exp: Length(Call.Ani)}, max: 4}}") + END
    assert begin(computed).errors == ["at least 15 digits are more than the 4 at most"]


@pytest.mark.parametrize(("count", "turns"), [("-1", 0), ("0", 0), ("100", 100)])
def test_a_computed_loop_turns_as_often_as_it_is_told(begin: Begin, count: str, turns: int) -> None:
    variables = f"- integerVariable: {{name: Flow.x, initialValue: {{lit: {count}}}}}"
    call = begin(**flow_with("loop", "loopCount", "{exp: Flow.x}", variables))
    assert (call.errors, sum(element.get("kind") == "loopNext" for element in call.trace)) == ([], turns)


# Outputs.

OUTPUTS = """
decision yes no
loop loop
loopUntil loop loopsMax *
callTask default *
callCommonModule default *
transferToAcd failure
transferToUser failure
transferToGroup failure
transferToNumber failure
transferToVoicemail failure
transferToFlow failure
transferToFlowSecure failure
dialByExtension failure timeout
setSkills success failure
setPriority success failure
setUtilizationLabel success failure
clearUtilizationLabel success failure
setWrapupCode success failure
setWhisperAudio success failure
collectInput success failure
detectSilence success timeout
playAudioOnSilence success timeout
processVoicemailInput voicemail noInput failure
getSIPHeaders success failure
getRawSIPHeaders success failure
callData success failure timeout
callDataSecure success failure timeout
callBridge success failure timeout
callDecisionTable success failure
dataTableLookup found notFound failure
setConversationData success failure
getConversationData found notFound
setSecuredData success failure
getSecuredData success failure
encryptData success failure
decryptData success failure
setExternalTag failure
getExternalContact found notFound
getExternalOrganization found notFound
searchExternalContacts matchExact matchMultiple notFound
promoteExternalContact success failure
getAssignedCustomerIntents found notFound failure
getJourneySession found notFound
getJourneySegment found notFound
getJourneyOutcome found notFound
getJourneyOutcomeScoresBySession found notFound
getJourneySessionsByExternalContact found notFound
sendNotification success failure
getResponse success failure
findQueue found notFound
findSkill found notFound
findLanguageSkill found notFound
findUser found notFound
findGroup found notFound
findSchedule found notFound
findScheduleGroup found notFound
findEmergencyGroup found notFound
findGrammar found notFound
findUserPrompt found notFound
findSystemPrompt found notFound
findUtilizationLabel found notFound
findQueueById found notFound
findUserById found notFound
findGrammarById found notFound
findKnowledgeBaseDocumentById found notFound
findUsersById found partiallyFound notFound
evaluateSchedule active inactive
evaluateScheduleGroup open closed holiday emergency
sendResponse success failure
sendAutoReply success failure
callLexBot failure knowledge noIntent *
callLexV2Bot failure knowledge noIntent *
callDialogflowBot failure knowledge noIntent *
callDialogflowCxBot failure knowledge noIntent *
callDialogEngineBot failure knowledge noIntent *
callBotConnector failure knowledge noIntent *
callNuanceMixBot failure knowledge noIntent *
callAudioConnector failure knowledge noIntent *
callAgenticVirtualAgent success failure timeout
callGuide success failure timeout
sendRichLink success failure
sendInteractiveApplication success failure
sendDigitalContent success failure
askForSlot default maxNoInputs maxNoMatches
askForBoolean yes no maxNoInputs maxNoMatches
askForIntent noIntent knowledge maxNoInputs maxNoMatches *
loopAnythingElse loop maxNoInputs maxNoMatches
digitalMenu maxNoInputs maxNoMatches *
waitForInput maxNoInputs maxNoMatches
detectIntent default
askSurveyQuestion default conditionsNotMet maxNoInputs maxNoMatches
askForAuthentication success failure
sendKnowledgeFeedback success failure
updateWorkitem success failure
disconnectWorkitem success failure
terminateWorkitem success failure
"""
DOCUMENTED = {line.split()[0]: line.split()[1:] for line in OUTPUTS.strip().splitlines()}


def test_every_action_has_the_documented_outputs_and_no_other() -> None:
    found = {spec.key: [*spec.outputs, *(["*"] if spec.open_outputs else [])] for spec in actions().values()}
    assert {key: outputs for key, outputs in found.items() if outputs} == DOCUMENTED


ANSWERED = [
    (key, path) for key, paths in DOCUMENTED.items() for path in paths if actions()[key].status != "R" and path != "*"
]


@pytest.mark.parametrize(("key", "path"), ANSWERED)
def test_an_answer_takes_its_documented_output(begin: Begin, key: str, path: str) -> None:
    named = [
        part
        for part in ("findName: {lit: x}", "findId: {lit: x}")
        if part.partition(":")[0] in actions()[key].parameters
    ]
    if key == "setPriority":
        named = ["priority: {lit: 1}"]
    call = begin(written(key, *named, f"outputs: {{{noted(path)}}}") + END)
    if key == "dialByExtension":
        call.press("4711")
    assert said(call.reply(path)) == [path]
