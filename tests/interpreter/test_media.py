"""The media of a live leg: what an adapter is told, and when (telephony.md §4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from interpreter.clock import VirtualClock
from interpreter.commands import Background, Collect, HangUp, Listen, Menu, Prompt, Say, Speech, Text
from interpreter.media import LiveMedia
from interpreter.ports import Capabilities

HELLO: tuple[Prompt, ...] = (Text("Hello.", "en-us"),)
NOTICE: tuple[Prompt, ...] = (Text("Legal notice.", "en-us", barge_in=False),)


@dataclass
class Leg:
    """An adapter that notes what it is told; prompts are over when the test says so."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    told: list[Any] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=Capabilities)

    def __post_init__(self) -> None:
        self.media = LiveMedia(self, self.clock)
        self.media.listener = self  # type: ignore[assignment]  # the calls below are all that happen here

    def play(self, prompts: tuple[Prompt, ...]) -> None:
        self.told.append("play")

    def stop(self) -> None:
        self.told.append("stop")

    def background(self, prompts: tuple[Prompt, ...], music: str | None) -> None:
        self.told.append(("background", music))

    def hang_up(self, cause: str) -> None:
        self.told.append("hang up")

    def prompt_done(self, id_: str, how: str, ms: int) -> None:
        self.heard.append(how)

    def input_done(self, id_: str, digits: str, why: str, *rest: Any) -> None:
        self.heard.append((digits, why))

    def silence_done(self, id_: str, how: str) -> None:
        self.heard.append(how)

    def hung_up(self, by: str, cause: str = "normal") -> None:
        self.heard.append(by)


@pytest.fixture
def leg() -> Leg:
    return Leg()


def collect(**settings: Any) -> Collect:
    return Collect(**{"id": "1.1", "max": 2, "deadline": 99_000, "min": 2, **settings})


def test_last_words_are_heard_before_the_leg_is_ended(leg: Leg) -> None:
    leg.media.send(HangUp(HELLO))
    leg.media.release()
    assert leg.told == ["play"]
    leg.media.played()
    assert leg.told == ["play", "hang up"]


def test_a_leg_whose_last_words_never_end_is_ended_all_the_same(leg: Leg) -> None:
    leg.media.send(HangUp(HELLO))
    leg.clock.advance(120_000)
    assert leg.told == ["play", "hang up"]


def test_a_key_stops_a_prompt_that_may_be_interrupted_and_counts(leg: Leg) -> None:
    leg.media.send(collect(prompts=HELLO))
    leg.media.pressed("1")
    leg.media.pressed("2")
    assert leg.told == ["play", "stop"]
    assert leg.heard == [("12", "max")]


def test_a_key_during_a_notice_is_kept_and_counts_after_its_end(leg: Leg) -> None:
    leg.media.send(collect(prompts=NOTICE, barge_in=False))
    leg.media.pressed("1")
    assert leg.told == ["play"]
    leg.media.played()
    leg.media.pressed("2")
    assert leg.heard == [("12", "max")]


def test_a_say_that_is_interrupted_leaves_the_key_for_the_next_collect(leg: Leg) -> None:
    leg.media.send(Say("1.1", HELLO, 9_000))
    leg.media.pressed("1")
    leg.media.send(collect(id="2.1", prompts=HELLO))
    leg.media.pressed("2")
    assert leg.heard == ["interrupted", ("12", "max")]
    assert leg.told == ["play", "stop"]


def test_the_first_timer_starts_when_the_prompt_is_over(leg: Leg) -> None:
    leg.media.send(collect(prompts=HELLO))
    leg.clock.advance(30_000)
    assert leg.heard == []
    leg.media.played()
    leg.clock.advance(35_000)
    assert leg.heard == [("", "no_input")]


@pytest.mark.parametrize(("after", "left"), [(1_500, []), (1_501, ["#"])])
def test_a_terminator_pressed_out_of_habit_is_swallowed_for_a_while(leg: Leg, after: int, left: list[str]) -> None:
    leg.media.send(collect())
    leg.media.pressed("1")
    leg.media.pressed("2")
    leg.clock.advance(after)
    leg.media.pressed("#")
    assert leg.media.queue == left


def test_a_late_terminator_that_the_next_entry_begins_with_is_not_swallowed(leg: Leg) -> None:
    leg.media.send(collect())
    leg.media.pressed("1")
    leg.media.pressed("2")
    leg.media.send(collect(id="2.1", accept_bare="#"))
    leg.media.pressed("#")
    assert leg.heard == [("12", "max"), ("#", "term")]


def menu(**settings: Any) -> Menu:
    return Menu(
        **{"id": "1.1", "choices": {"1": (), "2": ("sales",)}, "deadline": 99_000, "speech": Speech(), **settings}
    )


def test_a_menu_answers_at_once_unless_an_extension_may_follow(leg: Leg) -> None:
    leg.media.send(menu())
    leg.media.pressed("1")
    leg.media.send(menu(extension_delay=1_000))
    leg.media.pressed("1")
    assert leg.heard == [("1", "max")]
    leg.clock.advance(1_000)
    assert leg.heard == [("1", "max"), ("1", "inter_timeout")]


def test_further_keys_in_time_make_an_extension(leg: Leg) -> None:
    leg.media.send(menu(extension_delay=1_000))
    for key in "4711":
        leg.media.pressed(key)
    leg.clock.advance(1_000)
    assert leg.heard == [("4711", "inter_timeout")]


def test_a_key_that_no_choice_has_is_no_match(leg: Leg) -> None:
    leg.media.send(menu())
    leg.media.pressed("*")
    assert leg.heard == [("*", "no_match")]


def test_filler_words_are_heard_only_when_the_wait_is_long(leg: Leg) -> None:
    leg.media.send(Background(HELLO))
    leg.clock.advance(999)
    leg.media.send(Say("1.1", HELLO, 9_000))
    leg.clock.advance(5_000)
    assert leg.told == ["play"]
    leg.media.played()
    leg.media.send(Background(HELLO))
    leg.clock.advance(6_000)
    assert leg.told[-1] == ("background", None)


def test_music_begins_at_once_and_ends_at_the_next_audio_command(leg: Leg) -> None:
    leg.media.send(Background(hold_music="Prompt.Music"))
    leg.media.send(Say("1.1", HELLO, 9_000))
    assert leg.told == [("background", "Prompt.Music"), "stop", "play"]


def test_speech_puts_silence_off_until_the_timeout(leg: Leg) -> None:
    leg.media.send(Listen("1.1", 1_000, 2_500, 9_000))
    leg.clock.advance(900)
    leg.media.spoken("hello")
    leg.clock.advance(1_800)
    leg.media.spoken("hello")
    leg.clock.advance(2_500)
    assert leg.heard == ["timeout"]


def test_nothing_is_sent_to_a_leg_that_has_gone(leg: Leg) -> None:
    leg.media.gone()
    leg.media.send(Say("1.1", HELLO, 9_000))
    assert leg.heard == ["caller"]
    assert leg.told == []


# Speech that comes in pieces.

SPEECH = Speech(complete=100, incomplete=1_500, longest=5_000)


def test_a_whole_answer_is_over_soon_and_a_part_of_one_is_waited_for(leg: Leg) -> None:
    leg.media.send(menu(speech=SPEECH, choices={"1": ("sales", "sales department")}))
    leg.media.speaking("tell me")
    leg.clock.advance(1_499)
    assert leg.heard == []
    leg.clock.advance(1_500)
    assert leg.heard == [("", "term")]
    leg.media.send(menu(speech=SPEECH, choices={"1": ("sales", "sales department")}))
    leg.media.speaking("Sales")
    leg.clock.advance(1_600)
    assert leg.heard[1:] == [("", "term")]


def test_pieces_that_come_in_time_are_one_answer_as_sure_as_the_least_sure_of_them(leg: Leg) -> None:
    answers: list[Any] = []
    leg.media.listener.input_done = lambda *answer: answers.append(answer)  # type: ignore[union-attr,method-assign]
    leg.media.send(collect(speech=SPEECH, prompts=HELLO))
    leg.media.speaking("my order", 0.9)
    leg.clock.advance(1_000)
    leg.media.speaking("is late", 0.6)
    leg.clock.advance(2_500)
    assert leg.told == ["play", "stop"]
    assert answers == [("1.1", "", "term", None, "my order is late", 0.6)]


def test_who_does_not_stop_speaking_is_stopped(leg: Leg) -> None:
    leg.media.send(collect(speech=SPEECH))
    for second in range(9):
        leg.media.speaking("and")
        leg.clock.advance(1_000 * second)
    assert leg.heard == [("", "term")]


def test_a_key_ends_what_was_being_said(leg: Leg) -> None:
    leg.media.send(collect(speech=SPEECH, max=1))
    leg.media.speaking("hm")
    leg.media.pressed("7")
    leg.clock.advance(9_000)
    assert leg.heard == [("7", "max")]


@pytest.mark.parametrize("say", ["spoken", "speaking"])
def test_where_only_keys_count_nothing_that_is_said_does(leg: Leg, say: str) -> None:
    leg.media.send(collect(prompts=HELLO))
    getattr(leg.media, say)("twelve")
    leg.media.played()
    leg.media.pressed("1")
    leg.media.pressed("2")
    assert (leg.told, leg.heard) == (["play"], [("12", "max")])
