"""Settings that fit their type and yet cannot be."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source
from tests.interpreter.conftest import flow_text

END = "\n- disconnect: {none: true}"


def told(action: str, extra: str = "") -> list[tuple[str, str]]:
    text = flow_text(action + END, extra=extra)
    found = check_flow(Source("t.yaml", text)).findings
    return [
        (one.code, one.message) for one in found if one.code not in ("port-without-service", "missing-failure-path")
    ]


@pytest.mark.parametrize("tag", ["en-us", "EN-US", "de-DE"])
def test_a_supported_language_may_be_set(tag: str) -> None:
    languages = "supportedLanguages: {en-us: {none: true}, de-de: {none: true}}"
    assert told(f"- setLanguage: {{name: S, language: {{lit: {tag}}}}}", languages) == []


def test_a_language_that_the_flow_does_not_support_is_told() -> None:
    expected = ("bad-literal", 'the flow does not support the language "fr-fr"')
    assert told("- setLanguage: {name: S, language: {lit: fr-fr}}") == [expected]


EVALUATE = "- evaluateSchedule: {name: E, evaluationType: {schedule: {selectedSchedule: {lit: {name: Day}}, ZONE}}}"


@pytest.mark.parametrize("zone", ["{lit: America/Chicago}", "{lit: UTC}", "{noValue: true}", "{exp: Call.Ani}"])
def test_a_time_zone_that_exists_or_is_computed_is_fine(zone: str) -> None:
    assert told(EVALUATE.replace("ZONE", f"scheduleTimeZone: {zone}, evaluate: {{now: true}}")) == []


@pytest.mark.parametrize("zone", ["Mars/Base", "../UTC", "America", "+02:00"])
def test_a_time_zone_that_does_not_exist_is_told(zone: str) -> None:
    found = told(EVALUATE.replace("ZONE", f"scheduleTimeZone: {{lit: '{zone}'}}, evaluate: {{now: true}}"))
    assert found == [("bad-literal", f'unknown time zone "{zone}"')]


WAIT = "- playEstimatedWaitTime: {name: P, estimatedWaitTime: {lit: {minutes: 4}}, playbackMode: MODE, INTERVALS}"
INTERVALS = "specificRoundingIntervals: [{lit: {minutes: 5}}]"


@pytest.mark.parametrize("mode", ["exact", "range"])
def test_specific_intervals_of_a_mode_without_rounding_are_told(mode: str) -> None:
    found = told(WAIT.replace("MODE", mode).replace("INTERVALS", INTERVALS))
    assert ("unknown-parameter", f'"specificRoundingIntervals" are not used in the mode "{mode}"') in found


@pytest.mark.parametrize(
    ("mode", "intervals"),
    [("about", INTERVALS), ("lessThan", INTERVALS), ("exact", "specificRoundingIntervals: {noValue: true}")],
)
def test_intervals_of_a_rounding_mode_or_none_are_fine(mode: str, intervals: str) -> None:
    found = told(WAIT.replace("MODE", mode).replace("INTERVALS", intervals))
    assert [code for code, _ in found if code == "unknown-parameter"] == []


@pytest.mark.parametrize(("length", "codes"), [(200, []), (201, ["out-of-range"])])
def test_names_have_at_most_200_characters(length: int, codes: list[str]) -> None:
    assert [code for code, _ in told(f"- flushAudio: {{name: {'x' * length}}}")] == codes


@pytest.mark.parametrize(("count", "codes"), [(0, ["out-of-range"]), (1, []), (64, []), (65, ["out-of-range"])])
def test_a_switch_has_1_to_64_cases(count: int, codes: list[str]) -> None:
    cases = ", ".join(['{case: {value: {exp: Call.Ani == "x"}, actions: []}}'] * count)
    assert [code for code, _ in told(f"- switch: {{name: S, evaluate: {{firstTrue: {{cases: [{cases}]}}}}}}")] == codes


@pytest.mark.parametrize(
    ("action", "known"),
    [
        ("sendResponse: {name: S, messageBody: {lit: x}, messageBodyStyle: {lit: WORD}}", "notice"),
        ("abortSurveyInvite: {name: S, disposition: {lit: WORD}}", "optOut"),
        ("askForSlot: {name: S, slot: {name: X}, confirmationMode: {lit: WORD}}", "always"),
    ],
)
def test_a_word_that_a_setting_does_not_know_is_told(action: str, known: str) -> None:
    codes = [[code for code, _ in told(f"- {action.replace('WORD', word)}")] for word in ("sometimes", known)]
    assert [found.count("bad-literal") for found in codes] == [1, 0]


PAIR = 'MakeAgentScorePair(FindUser("ada@example.com"), 50)'
TRANSFER = "- transferToAcd: {name: T, targetQueue: {lit: {name: Q}}, AGENTS}"


@pytest.mark.parametrize(
    ("agents", "count"),
    [
        (f"{{exp: 'MakeList({', '.join([PAIR] * 21)})'}}", 21),
        (f"{{lit: [{', '.join(['lit: {agent: {name: ada@example.com}, score: 50}'] * 22)}]}}", 22),
        (f"{{exp: 'MakeList({', '.join([PAIR] * 20)})'}}", None),
        ("{exp: 'Task.agents'}", None),
    ],
)
def test_more_preferred_agents_than_are_tried_are_told(agents: str, count: int | None) -> None:
    found = [
        text for code, text in told(TRANSFER.replace("AGENTS", f"preferredAgents: {agents}")) if code == "out-of-range"
    ]
    assert found == ([f"{count} preferred agents, of which only the first 20 are tried"] if count else [])


@pytest.mark.parametrize(
    ("skills", "codes"),
    [
        ("[acdSkill: {lit: {name: A}}, acdSkill: {lit: {name: a}}]", ["duplicate-skill"]),
        ("{lit: [lit: {name: A}, lit: {name: a}]}", ["duplicate-skill"]),
        ("{lit: [" + ", ".join(f"lit: {{name: S{n}}}" for n in range(6)) + "]}", ["too-many-skills"]),
        ("{lit: [lit: {name: A}, lit: {name: B}]}", []),
    ],
)
def test_skills_are_told_in_whichever_form_they_are_listed(skills: str, codes: list[str]) -> None:
    assert [code for code, _ in told(TRANSFER.replace("AGENTS", f"acdSkills: {skills}"))] == codes
