"""Who calls in the demo, and what they do: steps of the test language (authoring.md §8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.telephony.scripted import Step

GREETING = "how can I help"
"""What the demo's agents say first; callers speak after it."""
ANSWER = "I will see to it"
_CONFIRM: list[Step] = [{"hear": "If that is right, press 1"}, {"press": "1"}]


def _talk(*sentences: str) -> list[Step]:
    first, last = sentences
    return [{"hear": GREETING}, {"say": first}, {"hear": ANSWER}, {"say": last}, {"hang up": True}]


@dataclass(frozen=True, slots=True)
class DemoCaller:
    """A caller: the number that is shown, and the steps."""

    number: str
    title: str
    steps: Sequence[Step]


CALLERS: dict[str, DemoCaller] = {
    "known": DemoCaller(
        "+4930901820",
        "a known number",
        [*_CONFIRM, *_talk("My internet has been slow since Monday.", "Thank you, goodbye.")],
    ),
    "unknown": DemoCaller(
        "+4915730000001",
        "an unknown number",
        [
            {"hear": "six digit customer number"},
            {"press": "482931"},
            {"hear": "I could not find that number"},
            {"press": "482913"},
            *_CONFIRM,
            *_talk("I would like to change my tariff.", "That was quick, thank you."),
        ],
    ),
    "stranger": DemoCaller(
        "+4915730000002",
        "somebody whom nobody knows",
        [
            {"hear": "six digit customer number"},
            {"wait": "no_input"},
            {"hear": "six digit customer number"},
            {"press": "000000"},
            {"hear": "postal code"},
            {"press": "99999#"},
            *_talk("I am new in town and would like a connection.", "Fine, thank you."),
        ],
    ),
}
"""By the name that ``--caller`` takes."""
