"""What the explorer says to bots: each text means what it is said for, by the rules that the bot goes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsl.bots import Bot, EntityType, Segment, Utterance
from interpreter.understanding import Rules
from simulator.explore.talk import NONSENSE, Talk
from tests.simulator.explore.exploring import explored

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


def test_an_intent_is_meant_with_its_slots_and_without_them() -> None:
    plain = Utterance("Track", (Segment("where is it"),))
    texts = list(Talk(replace(BOT, utterances=(*BOT.utterances, plain)), "en-us").intents(()))
    assert {"where is my order A-123", "where is it"} <= set(texts)


ASKING_BOT = """\
botFlow:
  name: Asking
  defaultLanguage: en-us
  startUpRef: ./bots/bot[main]
  variables:
  - stringVariable: {name: Slot.Order, initialValue: {noValue: true}, isInput: true, isOutput: true}
  bots:
  - bot:
      name: Main
      refId: main
      actions:
      - askForSlot: {name: Which order, slot: {name: Order}, question: {exp: 'MakeCommunication("Which order?")'}}
      - exitBotFlow: {name: Done}
  settingsNaturalLanguageUnderstanding:
    nluDomainVersion:
      entities: [{name: Order, type: OrderNumber}]
      entityTypes:
      - name: OrderNumber
        mechanism: {type: Regex, restricted: true, items: [{value: '[A-Z]-[0-9]{3}'}]}
"""


def test_a_bot_whose_slots_are_inputs_begins_with_them_and_without_them(tmp_path: Path) -> None:
    path = tmp_path / "asking.yaml"
    path.write_text(ASKING_BOT, encoding="utf-8")
    report = explored(path)
    assert report.outputs.reached == report.outputs.total
    begun = [way.case.get("inputs") for way in report.paths]
    assert {"slot.order": "sample"} in begun
    assert None in begun


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
