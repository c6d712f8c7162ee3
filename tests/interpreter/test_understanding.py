"""What a bot makes of a text (flow-format.md §11.1)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.bots import Bot, EntityType, Segment, Utterance
from dsl.expressions.values import Currency, Duration
from interpreter.understanding import Rules, choice_of, normalised, yes_or_no

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday
RULES = Rules()


def saying(intent: str, *segments: str | tuple[str, str]) -> Utterance:
    pieces = (Segment(*segment) if isinstance(segment, tuple) else Segment(segment) for segment in segments)
    return Utterance(intent, tuple(pieces))


SHOP = Bot(
    utterances=(
        saying("Track", "where is my order ", ("A-123", "Order")),
        saying("Track", "track my parcel"),
        saying("Buy", "I want to buy a ", ("red", "Color"), " ", ("shirt", "Thing")),
        saying("Agent", "give me an agent"),
        saying("Agent", "I want a person"),
    ),
    entities={"Order": "OrderType", "Color": "ColorType", "Thing": "ThingType", "Note": "builtin:any", "Sum": "Money"},
    types={
        "OrderType": EntityType("OrderType", "regex", (("[A-Z]-[0-9]{3}", ()),)),
        "ColorType": EntityType("ColorType", "list", (("red", ("crimson", "dark red")), ("blue", ()))),
        "ThingType": EntityType("ThingType", "dynamiclist", (("shirt", ("t shirt",)), ("shoe", ()))),
    },
    muted=("never mind",),
    intents=("Track", "Buy", "Agent"),
)


def intent(text: str, bot: Bot = SHOP) -> tuple[str | None, int]:
    found = RULES.intent(bot, text, "en-us", NOW)
    return found.intent, found.score


@pytest.mark.parametrize("text", ["track my parcel", "Track my PARCEL!", "  track   my parcel ."])
def test_an_utterance_of_the_file_is_understood_for_certain(text: str) -> None:
    assert intent(text) == ("Track", 100)


def test_an_entity_stands_for_every_value_of_its_type() -> None:
    assert intent("Where is my order B-777?") == ("Track", 100)


def test_a_similar_sentence_scores_less() -> None:
    found, score = intent("please track the parcel")
    assert found == "Track"
    assert 50 <= score < 70


def test_unknown_words_mean_nothing() -> None:
    assert intent("zebra quantum") == (None, 0)


def test_a_muted_sentence_means_nothing() -> None:
    muted = Bot(utterances=(saying("Stop", "never mind"),), muted=("Never mind!",))
    assert intent("never mind", muted) == (None, 0)


def test_the_first_of_two_equal_intents_wins() -> None:
    twins = Bot(utterances=(saying("First", "hello there"), saying("Second", "hello there")))
    assert intent("hello there", twins) == ("First", 100)


def test_words_of_every_intent_count_half() -> None:
    """Said: please(½) book; A: please(½) book now -> 2·1.5 / (1.5 + 2.5)."""
    bot = Bot(utterances=(saying("A", "please book now"), saying("B", "please cancel")))
    assert intent("please book", bot) == ("A", 75)


def test_slots_of_the_winning_utterance_are_filled_with_the_list_s_own_word() -> None:
    found = RULES.intent(SHOP, "I want to buy a dark red t shirt", "en-us", NOW)
    assert (found.intent, found.slots) == ("Buy", {"Color": "red", "Thing": "shirt"})


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        ("Order", "it is a-456, I think", "a-456"),
        ("Order", "I do not know", None),
        ("Color", "the crimson one", "red"),
        ("Color", "bluebird", None),
        ("Note", " anything goes ", "anything goes"),
        ("Undeclared", "my words", "my words"),
    ],
)
def test_a_slot_takes_an_entity_of_its_type_anywhere_in_the_text(slot: str, text: str, value: str | None) -> None:
    assert RULES.slot(SHOP, slot, text, "en-us", NOW) == value


@pytest.mark.parametrize(
    ("kind", "language", "text", "value"),
    [
        ("number", "en-us", "I have 1,234.5 of them", Decimal("1234.5")),
        ("number", "de-de", "es sind 1.234,5", Decimal("1234.5")),
        ("number", "en-us", "twenty-one", Decimal(21)),
        ("number", "de-de", "einundzwanzig", Decimal(21)),
        ("number", "en-us", "minus -3", Decimal(-3)),
        ("number", "en-us", "none", None),
        ("date", "en-us", "on 2026-12-24 please", date(2026, 12, 24)),
        ("date", "en-us", "12/24/2026", date(2026, 12, 24)),
        ("date", "de-de", "am 24.12.", date(2026, 12, 24)),
        ("date", "en-us", "tomorrow", date(2026, 3, 5)),
        ("date", "de-de", "übermorgen", date(2026, 3, 6)),
        ("date", "en-us", "next wednesday", date(2026, 3, 11)),
        ("date", "en-us", "March 5th", date(2026, 3, 5)),
        ("date", "en-us", "the 3rd of March", date(2027, 3, 3)),
        ("date", "de-de", "5. März 2027", date(2027, 3, 5)),
        ("date", "en-us", "2026-02-30", None),
        ("time", "en-us", "at 3 pm", time(15)),
        ("time", "en-us", "12:30 am", time(0, 30)),
        ("time", "de-de", "um 14 Uhr", time(14)),
        ("time", "en-us", "25:00", None),
        ("duration", "en-us", "2 hours and 30 minutes", Duration(9_000_000)),
        ("duration", "de-de", "3 Tage", Duration(259_200_000)),
        ("currency", "en-us", "$12.50", Currency(Decimal("12.50"), "USD")),
        ("currency", "de-de", "12,50 Euro", Currency(Decimal("12.50"), "EUR")),
        ("phone number", "en-us", "call me at (415) 555-2671", "+14155552671"),
        ("email", "en-us", "write to ada.l@example.com.", "ada.l@example.com"),
        ("boolean", "de-de", "ja, genau", True),
        ("boolean", "en-us", "yes and no", None),
    ],
)
def test_built_in_entities(kind: str, language: str, text: str, value: object) -> None:
    bot = Bot(entities={"X": f"builtin:{kind}"})
    assert RULES.slot(bot, "X", text, language, NOW) == value


def test_a_pattern_that_does_not_compile_finds_nothing() -> None:
    bot = Bot(entities={"X": "T"}, types={"T": EntityType("T", "regex", (("(", ()),))})
    assert RULES.slot(bot, "X", "(", "en-us", NOW) is None


def test_a_pattern_on_the_text_of_a_stranger_takes_linear_time() -> None:
    bot = Bot(entities={"X": "T"}, types={"T": EntityType("T", "regex", (("(a+)+b", ()),))})
    assert RULES.slot(bot, "X", "a" * 5_000, "en-us", NOW) is None


@pytest.mark.parametrize(("text", "choice"), [("ACCOUNT balance!", "Account balance"), ("2", "Transfer"), ("9", None)])
def test_a_choice_is_its_words_or_its_number(text: str, choice: str | None) -> None:
    assert choice_of(text, ("Account balance", "Transfer")) == choice


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [("Yes please", "en-us", True), ("nope", "en-gb", False), ("Ja!", "de-de", True), ("maybe", "en-us", None)],
)
def test_yes_and_no_in_the_running_language(text: str, language: str, answer: bool | None) -> None:
    assert yes_or_no(text, language) is answer


WORDS = st.lists(st.sampled_from("where is my order track a parcel person".split()), min_size=1, max_size=7)


@given(said=WORDS, known=WORDS)
def test_the_score_is_the_dice_coefficient(said: list[str], known: list[str]) -> None:
    """The naive way: pair equal words off one by one."""
    left, pairs = list(known), 0
    for word in said:
        if word in left:
            left.remove(word)
            pairs += 1
    expected = 100 if said == known else 200 * pairs // (len(said) + len(known))
    bot = Bot(utterances=(saying("Only", " ".join(known)),))
    assert intent(" ".join(said), bot)[1] == expected
    assert Counter(said) != Counter(known) or expected == 100


@given(st.text(max_size=60))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    everything = Bot(
        utterances=SHOP.utterances,
        entities={name: f"builtin:{name}" for name in ("number", "date", "time", "duration", "currency", "email")},
    )
    first = RULES.intent(everything, text, "en-us", NOW)
    assert first == RULES.intent(everything, text, "en-us", NOW)
    assert 0 <= first.score <= 100
    assert normalised(normalised(text)) == normalised(text)
