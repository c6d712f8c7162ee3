"""What the explorer says to bots: each text means what it is said for, by the rules that the bot goes by."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dsl.bots import Bot, EntityType, Segment, Utterance
from interpreter.understanding import Rules
from simulator.explore.talk import NONSENSE, Talk

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BOT = Bot(
    utterances=(
        Utterance("Track", (Segment("where is my order "), Segment("A-123", "Order"))),
        Utterance("Refund", (Segment("give me back "), Segment("20", "Amount"))),
    ),
    entities={"Order": "OrderNumber", "Amount": "builtin:number", "Color": "Colors", "Name": "freetext"},
    types={
        "OrderNumber": EntityType("OrderNumber", "regex", (("[A-Z]-[0-9]{3}", ()),)),
        "Colors": EntityType("Colors", "list", (("red", ("crimson",)), ("blue", ()))),
    },
    intents=("Track", "Refund"),
)


def test_each_intent_has_a_sure_text_and_an_unsure_one() -> None:
    found = [Rules().intent(BOT, text, "en-us", NOW) for text in Talk(BOT, "en-us").intents(())]
    assert [one.intent for one in found] == ["Track", "Track", "Refund", "Refund"]
    assert [one.score >= BOT.high for one in found] == [True, False, True, False]
    assert all(one.score >= BOT.low for one in found)


@pytest.mark.parametrize(
    ("slot", "values"), [("Color", ["red", "blue"]), ("Order", ["A-123", "C-123"]), ("Amount", [20, 1])]
)
def test_texts_for_a_slot_have_a_value_for_it(slot: str, values: list[object]) -> None:
    texts = Talk(BOT, "en-us").values(slot)
    assert [Rules().slot(BOT, slot, text, "en-us", NOW) for text in texts] == values


def test_nonsense_means_nothing_but_to_a_slot_that_takes_anything() -> None:
    talk = Talk(BOT, "en-us")
    assert talk.means_nothing()
    assert [slot for slot in BOT.entities if talk.is_free(slot)] == ["Name"]
    assert not talk.means_nothing([NONSENSE])


def test_people_agree_in_the_language_of_the_bot() -> None:
    assert Talk(BOT, "de-de").agreement() == ("ja", "nein")
