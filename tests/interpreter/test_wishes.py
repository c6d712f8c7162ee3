"""Who asks for a person, and who only speaks of one (flow-format.md §12)."""

from __future__ import annotations

import pytest

from dsl.bots import Bot
from interpreter.wishes import wish, wishes_for_agent

SURE = Bot().high


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Agent!", "en-us"),
        ("I want to talk to a real person, please", "en-us"),
        ("Can I speak with someone?", "en-gb"),
        ("get me a human", "en-us"),
        ("human please", "en-us"),
        ("I'd like to speak to an agent", "en-us"),
        ("can you connect me to a representative", "en-us"),
        ("J'ai besoin d'un conseiller", "fr-fr"),
        ("Puis-je parler à quelqu'un ?", "fr-fr"),
        ("I want to speak to an agent about my bill", "en-us"),
        ("Ich möchte mit einem Mitarbeiter sprechen", "de-de"),
        ("Mitarbeiter", "de-de"),
        ("quiero hablar con una persona", "es-es"),
        ("Je voudrais parler à un conseiller", "fr-fr"),
        ("转人工", "zh-cn"),
    ],
)
def test_who_asks_for_a_person_is_understood(text: str, language: str) -> None:
    assert wishes_for_agent(text, language) >= SURE


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The agent at the airport lost my bag", "en-us"),
        ("I need a new card", "en-us"),
        ("I need a card", "en-us"),
        ("get me a refund", "en-us"),
        ("connect me to sales", "en-us"),
        ("transfer me to billing", "en-us"),
        ("I want to speak to my mother", "en-us"),
        ("I need someone to fix my order", "en-us"),
        ("Ich brauche eine Rechnung", "de-de"),
        ("necesito una factura", "es-es"),
        ("yes", "en-us"),
        ("Someone has stolen my phone", "en-us"),
        ("my operator is down", "en-us"),
        ("Ich möchte mein Passwort ändern", "de-de"),
        ("quiero hablar de mi factura", "es-es"),
        ("je voudrais un rendez-vous", "fr-fr"),
        ("", "en-us"),
    ],
)
def test_who_speaks_of_something_else_is_not(text: str, language: str) -> None:
    assert wishes_for_agent(text, language) < SURE


@pytest.mark.parametrize("language", ["en-us", "de-de", "es-es", "fr-fr", "zh-cn", "nl-nl"])
def test_every_language_has_a_sentence_for_it(language: str) -> None:
    assert wishes_for_agent(wish(language), language) == 100
