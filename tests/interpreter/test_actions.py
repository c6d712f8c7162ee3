"""Further actions, one by one: digits, menus, modules, secure values, errors (flow-format.md §9-§12)."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Any

import pytest

from dsl import check_flow
from dsl.compile import compile_flow
from dsl.expressions.values import Duration, Entity
from dsl.source import Source
from interpreter import again, link, start
from interpreter.commands import Background, Collect, HangUp, Listen, Menu, Request, Say, SetHeaders
from interpreter.events import Input, PromptDone, Reply, SilenceDone, Started, TimerFired
from interpreter.prompts import heard
from interpreter.snapshot import pack, readable, unpack

Begin = Callable[..., Any]
END = "\n- disconnect: {none: true}"
COLLECT = "- collectInput: {name: C, inputData: {var: Flow.d}, digits: {exact: 2}, inputAudio: {tts: Two digits.}}"


def said(name: str, text: str) -> str:
    return f"{{actions: [{{playAudio: {{name: {name}, audio: {{tts: {text}}}}}}}]}}"


def farewell(call: Any) -> str:
    hang_up = next(command for command in call.commands if isinstance(command, HangUp))
    return heard(hang_up.prompts)


# Audio.


def test_what_may_not_be_interrupted_is_said_before_what_may(begin: Begin) -> None:
    notice = "- playAudio: {name: P, audio: {exp: 'AudioPlaybackOptions(ToAudioTTS(\"Legal notice.\"), false)'}}\n"
    call = begin(notice + COLLECT + END)
    (notice_command,) = call.commands
    assert isinstance(notice_command, Say)
    assert (heard(notice_command.prompts), notice_command.interruptible) == ("Legal notice.", False)
    (collect,) = call.played().commands
    assert isinstance(collect, Collect)
    assert (heard(collect.prompts), collect.barge_in) == ("Two digits.", True)


def test_queued_audio_is_asked_again_after_a_restart(begin: Begin) -> None:
    call = begin("- playAudio: {name: P, audio: {tts: Hello.}}\n" + COLLECT + END)
    program = call.executable.program
    resumed = unpack(pack(call.state, program), program)
    assert again(call.executable, resumed, 4_000).commands == list(call.commands)


def test_flush_audio_waits_until_all_is_heard(begin: Begin) -> None:
    call = begin("- playAudio: {name: P, audio: {tts: Hello.}}\n- flushAudio: {name: F}" + END)
    assert [heard(command.prompts) for command in call.commands] == ["Hello."]
    assert farewell(call.played()) == ""


def test_flush_audio_without_audio_does_nothing(begin: Begin) -> None:
    assert farewell(begin("- flushAudio: {name: F}" + END)) == ""


# Verification.

VERIFIED = COLLECT.replace("inputAudio", "verificationType: individualDigits, inputAudio") + (
    "\n- setParticipantData: {name: S, attributes: [{attribute: {name: {lit: d}, value: {exp: Flow.d}}}]}"
)


def test_an_entry_is_read_back_and_accepted_with_one(begin: Begin) -> None:
    call = begin(VERIFIED + END).press("12")
    assert heard(call.commands[0].prompts).startswith("one two If this is correct")
    assert call.press("1").end.attributes == {"d": "12"}


def test_an_entry_that_is_not_accepted_is_asked_again_three_rounds_long(begin: Begin) -> None:
    call = begin(VERIFIED + END)
    for _ in range(2):
        assert call.press("12").press("2").commands[0].max == 2
    assert call.press("12").press("2").end.attributes == {"d": ""}


def test_a_numeric_entry_is_read_back_as_a_number(begin: Begin) -> None:
    call = begin(VERIFIED.replace("individualDigits", "numeric") + END).press("12")
    assert heard(call.commands[0].prompts).startswith("twelve ")


# Silence.

SILENCE = (
    "- playAudioOnSilence: {name: S, audio: {tts: Hello}, allowedRepeatCount: {lit: 1}, actualRepeatCount: "
    f"{{var: Flow.n}}, outputs: {{success: {said('Y', 'done')}, timeout: {said('N', 'late')}}}}}"
)


def test_audio_that_is_interrupted_is_played_again_when_it_is_quiet(begin: Begin) -> None:
    call = begin(SILENCE + END).feed_how(PromptDone, "interrupted")
    assert isinstance(call.commands[0], Listen)
    call.feed_how(SilenceDone, "silence")
    assert heard(call.commands[0].prompts) == "Hello"
    assert farewell(call.feed_how(PromptDone, "done")) == "done"
    assert call.value("Flow.n") == 1


def test_silence_that_never_comes_takes_timeout(begin: Begin) -> None:
    call = begin(f"- detectSilence: {{name: S, outputs: {{timeout: {said('N', 'late')}}}}}" + END)
    assert farewell(call.feed_how(SilenceDone, "timeout")) == "late"


# Menus.

MENU = """\
menus:
- menu:
    name: Main
    refId: main
    audio: {tts: Press one.}
    settingsMenu: {repeatCount: {lit: 1}, listenForExtensionDialing: {lit: LISTEN}}
    defaultChildMenuRef: ./choices/menuDisconnect[Bye]
    choices:
    - menuTransferToAcd: {name: Sales, dtmf: digit_1, targetQueue: {lit: {name: Sales}}, SPOKEN}
    - menuSubMenu:
        name: More
        dtmf: digit_2
        refId: more
        audio: {tts: More choices.}
        choices:
        - menuPreviousMenu: {name: Back, dtmf: digit_9}
    - menuRepeatMenu: {name: Again, dtmf: digit_3}
    - menuDisconnect: {name: Bye, refId: Bye, dtmf: digit_0, globalDtmf: true}
"""
SPOKEN = "speechRecTerms: {en-us: {terms: [sales, buy something]}}"
TO_MENU = "- jumpToMenu: {name: J, targetMenuRef: './menus/menu[main]'}"


@pytest.fixture
def menu(begin: Begin) -> Callable[..., Any]:
    def make(listen: str = "false") -> Any:
        return begin(TO_MENU, extra=MENU.replace("LISTEN", listen).replace("SPOKEN", SPOKEN))

    return make


def test_a_menu_offers_its_keys_and_what_may_be_said_for_them(menu: Callable[..., Any]) -> None:
    (command,) = menu().commands
    assert isinstance(command, Menu)
    assert list(command.choices) == ["1", "2", "3", "0"]
    assert command.choices["1"] == ("sales", "buy something")


def test_a_transfer_that_fails_repeats_the_menu_from_zero(menu: Callable[..., Any]) -> None:
    call = menu().press("5", "no_match").press("1")
    assert isinstance(call.commands[0], Request)
    call.reply("refused")
    assert isinstance(call.commands[0], Menu)
    assert isinstance(call.press("5", "no_match").commands[0], Menu)


def test_a_nested_menu_leads_back_and_knows_global_keys(menu: Callable[..., Any]) -> None:
    call = menu().press("2")
    assert heard(call.commands[0].prompts) == "More choices."
    assert list(call.commands[0].choices) == ["9", "0"]
    assert heard(call.press("9").commands[0].prompts) == "Press one."


BACK = "menuTask: {name: Address, dtmf: digit_star, task: {actions: [PLAY, {previousMenu: {name: Back}}]}}"


def test_a_task_behind_a_choice_leads_back_to_its_menu(begin: Begin) -> None:
    choice = BACK.replace("PLAY", "{playAudio: {name: Say, audio: {tts: Main Street 1.}}}")
    whole = MENU.replace("LISTEN", "false").replace(", SPOKEN", "") + f"    - {choice}\n"
    call = begin(TO_MENU, extra=whole).press("*")
    assert heard(call.commands[0].prompts) == "Main Street 1. Press one."
    assert call.state.frames == ()


def test_previous_menu_without_a_menu_before_it_is_a_flow_error(begin: Begin) -> None:
    assert begin("- previousMenu: {name: Back}").errors == ["the caller comes from no menu"]


def test_rounds_that_are_used_up_take_the_default_choice(menu: Callable[..., Any]) -> None:
    call = menu().press("", "no_input").press("7", "no_match")
    assert call.end.how == "disconnect"
    outs = [element["out"] for element in call.trace if element["kind"] == "choice"]
    assert outs == ["no_input", "no_match"]


@pytest.mark.parametrize(("confidence", "kind"), [(0.9, Request), (0.4, Menu), (None, Request)])
def test_speech_counts_from_a_confidence_on(menu: Callable[..., Any], confidence: float | None, kind: type) -> None:
    call = menu()
    call.feed(Input, id=call.waiting, digits="", why="term", speech="Buy something", confidence=confidence)
    assert isinstance(call.commands[0], kind)


def test_further_digits_dial_an_extension(menu: Callable[..., Any]) -> None:
    call = menu("true")
    assert call.commands[0].extension_delay == 1_000
    call.press("4711", "inter_timeout")
    assert (call.commands[0].operation, call.commands[0].inputs["extension"]) == ("extension", "4711")
    assert call.reply("accepted").end.how == "user"


# Tasks and modules.

RECURSIVE = """\
- task:
    name: R
    refId: rec
    variables:
    - integerVariable: {name: Task.n, isInput: true, initialValue: {lit: 0}}
    actions:
    - loop:
        name: L
        currentIndex: {var: Task.i}
        loopCount: {lit: 2}
        outputs:
          loop:
            actions:
            - updateData: {name: A, statements: [{integer: {variable: Flow.c, value: {exp: Flow.c + 1}}}]}
            - decision:
                name: D
                condition: {exp: Task.n < 2}
                outputs:
                  yes:
                    actions:
                    - callTask: {name: C, targetTaskRef: './tasks/task[rec]', inputs: {Task.n: {exp: Task.n + 1}}}
    - endTask: {name: E}
"""


def test_each_call_of_a_task_has_its_own_variables_and_loops(begin: Begin) -> None:
    call = begin(
        "- callTask: {name: C, targetTaskRef: './tasks/task[rec]'}" + END,
        variables="- integerVariable: {name: Flow.c, initialValue: {lit: 0}}",
        tasks=RECURSIVE,
    )
    assert call.value("Flow.c") == 2 + 4 + 8


MODULE = """\
commonModule:
  name: Twice
  variables:
  - integerVariable: {name: Common.n, isInput: true, initialValue: {lit: 5}}
  - integerVariable: {name: Common.result, isOutput: true, initialValue: {noValue: true}}
  startUpTaskActions:
  - updateData: {name: U, statements: [{integer: {variable: Common.result, value: {exp: ACTION}}}]}
  - endTask: {name: E, outputPath: {name: doubled}}
"""


def with_module(given: str, action: str = "Common.n * 2") -> Any:
    call = (
        "- callCommonModule: {name: M, commonModule: {Twice: {ver_latestPublished: "
        f"{{inputs: {{Common.n: {given}}}, "
        "outputs: {Common.result: {var: Flow.r}}}}}, outputs: {doubled: {actions: [{setParticipantData: {name: S, "
        "attributes: [{attribute: {name: {lit: r}, value: {exp: ToString(Flow.r)}}}]}}]}}}\n- disconnect: {none: true}"
    )
    text = (
        "inboundCall:\n  name: Main\n  defaultLanguage: en-us\n  startUpRef: ./tasks/task[main]\n  variables:\n"
        "  - integerVariable: {name: Flow.r, initialValue: {noValue: true}}\n  tasks:\n  - task:\n      name: Main\n"
        f"      refId: main\n      actions:\n{indent(call, '      ')}\n"
    )
    module = check_flow(Source("twice.yaml", MODULE.replace("ACTION", action))).flow
    flow = check_flow(Source("main.yaml", text)).flow
    assert flow is not None
    assert module is not None
    executable = link(compile_flow(flow, text, modules={"Twice": module}))
    return start(executable, Started(seq=1, at=0, execution="e", conversation="c"))


@pytest.mark.parametrize(("given", "result"), [("{lit: 21}", "42"), ("{noValue: true}", "10")])
def test_a_module_takes_inputs_gives_outputs_and_returns_by_its_path(given: str, result: str) -> None:
    assert with_module(given).commands[-1].attributes == {"r": result}


def test_an_error_inside_a_module_enters_the_callers_error_handling() -> None:
    result = with_module("{lit: 1}", "Common.n / 0")
    assert result.commands[-1].how == "error"
    assert heard(result.commands[0].prompts).startswith("Sorry, an error occurred.")


# In-queue flows.


def test_the_start_up_task_of_an_in_queue_flow_loops_and_never_spins(flow_of: Callable[[str], Any]) -> None:
    call = flow_of(
        "inqueueCall:\n  name: Wait\n  defaultLanguage: en-us\n  startUpTaskActions:\n"
        "  - playPositionInQueue: {name: P, positionInQueue: {exp: Call.PositionInQueue}, playbackMode: number}\n"
    )
    assert isinstance(call.commands[0], Background)  # no position: nothing to say, so music plays
    call.at = 10_000
    call.host = {"call.positioninqueue": 3}
    call.time_out()
    assert heard(call.commands[0].prompts) == "You are number three in line."


# Secure values.

PIN = "- stringVariable: {name: Flow.pin, initialValue: {lit: '4711'}, isSecure: true}"
STORE = "- setParticipantData: {name: P, attributes: [{attribute: {name: {lit: x}, value: {exp: Flow.pin}}}]}"
IGNORED = "  # callwright: ignore secure-variable-exposed"


def test_a_secure_value_is_refused_as_participant_data(begin: Begin) -> None:
    call = begin(STORE + IGNORED + END, variables=PIN)
    assert call.end.attributes == {}
    assert call.trace[-1]["error"]["code"] == "secure-value"


def test_a_secure_value_may_be_heard_but_not_seen(begin: Begin) -> None:
    call = begin(
        "- playAudio: {name: P, audio: {exp: 'ToAudioTTS(Flow.pin)'}}\n" + COLLECT.replace("Flow.d", "Flow.pin") + END,
        variables=PIN,
    )
    assert "4711" in heard(call.commands[0].prompts)
    assert call.commands[0].secure
    assert b"4711" not in pack(call.state, call.executable.program)
    call.press("99")
    assert "4711" not in str(call.trace)
    assert "99" not in str(call.trace)


def test_a_secure_value_goes_to_a_secure_data_action_wrapped(begin: Begin) -> None:
    call = begin(
        "- callDataSecure: {name: D, category: {CRM: {dataAction: {Check: {inputs: {pin: {exp: Flow.pin}}}}}}}" + END,
        variables=PIN,
    )
    (request,) = call.commands
    assert repr(request.inputs["inputs"]["pin"]) == "Secure(***)"
    assert request.inputs["inputs"]["pin"].value == "4711"
    assert "4711" not in str(call.trace) + readable(call.state, call.executable.program)


# Requests.


def test_looking_for_an_empty_name_finds_nothing_and_asks_nobody(begin: Begin) -> None:
    none = said("N", "none")
    find = (
        f"- findQueue: {{name: F, findName: {{lit: ''}}, findResult: {{var: Flow.q}}, outputs: {{notFound: {none}}}}}"
    )
    assert farewell(begin(find + END)) == "none"


def test_a_request_that_nobody_answers_takes_failure_or_error_handling(begin: Begin) -> None:
    tag = f"- setExternalTag: {{name: T, externalTag: {{lit: x}}, outputs: {{failure: {said('F', 'failed')}}}}}"
    assert farewell(begin(tag + END).time_out()) == "failed"
    find = "- findQueue: {name: F, findName: {lit: Gold}, findResult: {var: Flow.q}}"
    assert begin(find + END).time_out().end.how == "error"


def test_a_destination_without_a_type_in_the_catalogue_goes_out_all_the_same(begin: Begin) -> None:
    call = begin(
        "- transferToVoicemail: {name: V, destination: {user: {targetUser: {exp: 'ToUser(\"a@b.c\")'}}}}" + END
    )
    target = call.commands[0].inputs["destination"]["user"]["targetUser"]
    assert isinstance(target, Entity)
    assert target.username == "a@b.c"


def test_user_to_user_data_becomes_a_header(begin: Begin) -> None:
    call = begin("- setUUIData: {name: U, uuiData: {lit: abc}, mode: transfer}" + END)
    assert call.commands[0] == SetHeaders({"User-to-User": "abc"})


def test_an_audio_prompt_is_given_along_with_a_data_action(begin: Begin) -> None:
    call = begin(
        "- callData: {name: D, processingPrompt: {prompt: PromptSystem.processing}, "
        "category: {CRM: {dataAction: {Get: {inputs: {}}}}}}" + END
    )
    assert [type(command) for command in call.commands] == [Background, Request]


def test_a_wait_lets_time_pass(begin: Begin) -> None:
    call = begin("- wait: {name: W, duration: {lit: {seconds: 90}}}" + END)
    assert call.state.waiting.deadline == 90_000
    assert call.feed(TimerFired, id=call.waiting).end.how == "disconnect"


# Errors.

ZERO = "- decimalVariable: {name: Flow.zero, initialValue: {lit: 0.0}}"
FAILS = "- updateData: {name: U, statements: [{decimal: {variable: Flow.n, value: {exp: 1 / Flow.zero}}}]}"


def test_an_error_tells_the_place_in_the_authors_file(begin: Begin) -> None:
    call = begin(FAILS + END, variables=ZERO)
    error = call.trace[-1]["error"]
    assert (error["code"], error["message"]) == ("runtime-expression", "division by zero")
    line = call.text.splitlines()[error["line"] - 1]
    assert line[error["column"] - 1 :].startswith("/ Flow.zero")


def test_an_error_inside_the_error_handling_ends_in_silence(begin: Begin) -> None:
    handling = "settingsErrorHandling:\n  errorHandling: {task: {targetTaskRef: './tasks/task[main]'}}\n"
    call = begin(FAILS, extra=handling, variables=ZERO)
    assert call.end.how == "error"
    assert farewell(call) == ""
    assert len(call.errors) == 2


def test_only_what_has_changed_is_in_the_trace(begin: Begin) -> None:
    once = "- updateData: {name: U, statements: [{string: {variable: Flow.a, value: {lit: x}}}]}\n"
    call = begin(once + once + END)
    assert [element.get("changed") for element in call.trace if element["name"] == "U"] == [{"Flow.a": "x"}, None]


def test_the_outputs_of_an_answer_are_in_its_own_trace_element(begin: Begin) -> None:
    call = begin(
        "- callData: {name: D, category: {CRM: {dataAction: {Get: {inputs: {}, successOutputs: "
        "{name: {var: Flow.name}}}}}}}" + END
    )
    call.at = 250
    call.feed(Reply, id=call.waiting, path="success", outputs={"name": "Ada"})
    element = next(e for e in call.trace if e["name"] == "D")
    assert (element["out"], element["changed"], element["ms"]) == ("success", {"Flow.name": "Ada"}, 250)


def test_an_expression_sees_the_hold_prompt_and_the_bounds_of_the_system(begin: Begin) -> None:
    call = begin(
        "- updateData: {name: U, statements: [{duration: {variable: Flow.d, value: {exp: System.MaxDuration}}}]}" + END
    )
    assert isinstance(call.value("Flow.d"), Duration)


# Outputs that are switched off.

FIND = "- callData: {name: D, category: {CRM: {dataAction: {Find: {}}}}"


@pytest.mark.parametrize(("path", "reply"), [("timeout", "time_out"), ("Failure", "reply")])
def test_an_output_that_is_switched_off_is_a_matter_of_the_error_handling(begin: Begin, path: str, reply: str) -> None:
    call = begin(f"{FIND}, outputs: {{{path}: {{enabled: false}}}}}}" + END)
    call.time_out() if reply == "time_out" else call.reply("failure")
    assert call.errors == [f'the output "{path.lower()}" is switched off']


def test_an_output_that_is_not_there_falls_through(begin: Begin) -> None:
    call = begin(
        "- callData: {name: D, category: {CRM: {dataAction: {Find: {}}}}, outputs: {success: {actions: []}}}" + END
    )
    assert (call.reply("failure").errors, call.end.how) == ([], "disconnect")
