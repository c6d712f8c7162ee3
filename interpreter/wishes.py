"""Whether somebody wants to talk to a person: sentences that every bot knows (agent escalation, flow-format.md §12).

Verbs and people are combined, and a text is held against all of them as against the utterances of an intent
(flow-format.md §11.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from interpreter.understanding import normalised, similar

_WISHES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        (
            "",
            "i want to speak to",
            "i would like to talk to",
            "i'd like to speak with",
            "i wanna talk to",
            "can i speak to",
            "can i talk with",
            "can you connect me with",
            "let me speak to",
            "connect me to",
            "transfer me to",
            "put me through to",
            "get me",
            "i need",
        ),
        (
            "an agent",
            "agent",
            "live agent",
            "a human",
            "human",
            "human being",
            "a person",
            "person",
            "a real person",
            "a representative",
            "representative",
            "operator",
            "an advisor",
            "advisor",
            "someone",
            "customer service",
        ),
    ),
    "de": (
        (
            "",
            "ich möchte mit sprechen",
            "ich will reden mit",
            "kann ich mit sprechen",
            "verbinden sie mich mit",
            "bitte verbinden mit",
            "ich brauche",
            "ich hätte gern",
        ),
        (
            "einem mitarbeiter",
            "einer mitarbeiterin",
            "einem menschen",
            "einer echten person",
            "einem berater",
            "einem agenten",
            "jemandem",
            "mitarbeiter",
            "mensch",
            "berater",
            "kundenservice",
        ),
    ),
    "es": (
        ("", "quiero hablar con", "quisiera hablar con", "puedo hablar con", "póngame con", "páseme con", "necesito"),
        (
            "un agente",
            "una persona",
            "un humano",
            "un asesor",
            "una operadora",
            "un representante",
            "alguien",
            "agente",
        ),
    ),
    "fr": (
        ("", "je veux parler à", "je voudrais parler à", "puis-je parler à", "passez-moi", "j'ai besoin d'un"),
        (
            "un agent",
            "agent",
            "un conseiller",
            "conseiller",
            "une conseillère",
            "une personne",
            "personne réelle",
            "un humain",
            "humain",
            "un opérateur",
            "quelqu'un",
        ),
    ),
    "zh": (
        ("", "转", "我要", "我想要", "请转", "我要找", "我想和说话"),
        ("人工", "人工客服", "客服", "真人", "客服人员"),
    ),
}
"""By language: how a wish begins, and who is wished for."""
_POLITE = frozenset(
    "please thanks just now hello hi bitte danke jetzt hallo por favor gracias merci maintenant".split()
)
"""Words that change nothing."""
_UNSPACED = frozenset({"zh"})
"""Languages that put no spaces between words."""


def wishes_for_agent(text: str, language: str) -> int:
    """How sure it is, in percent, that the text asks for a person."""
    said = " ".join(word for word in normalised(text).split() if word not in _POLITE)
    words = Counter(said.split())
    known = (s for s in _sentences(language[:2]) if s.person <= words)
    return max((100 if said == s.text else similar(words, s.words) for s in known), default=0)


def wish(language: str) -> str:
    """A sentence that asks for a person."""
    begins, people = _WISHES.get(language[:2], _WISHES["en"])
    return _joined(begins[1], people[0], language[:2])


class _Sentence(NamedTuple):
    """A wish with its words, and those that name the person: without them "get me a refund" would be one."""

    text: str
    words: Counter[str]
    person: Counter[str]


@lru_cache(maxsize=8)
def _sentences(language: str) -> tuple[_Sentence, ...]:
    begins, people = _WISHES.get(language, _WISHES["en"])
    found = []
    for begin in begins:
        for person in people:
            text = normalised(_joined(begin, person, language))
            words = Counter(text.split())
            found.append(
                _Sentence(text, words, words if language in _UNSPACED else Counter(normalised(person).split()))
            )
    return tuple(found)


def _joined(begin: str, person: str, language: str) -> str:
    return begin + person if language in _UNSPACED else f"{begin} {person}"
