"""Each step of the screen pop alone and each pair, records that are gone, and addresses that stay closed."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from web.desk.screenpop import Pop, PopSettings, choose, may_open

SETTINGS = PopSettings(allowed_hosts=frozenset({"crm.example"}))
SOURCES: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"crm.record": "salesforce:Case:42"}, ("record", "salesforce:Case:42")),
    ({"id_2": "b:c:2", "id_1": "b:c:1"}, ("record", "b:c:1")),
    ({"PT_URLPOP": "https://crm.example/1"}, ("url", "https://crm.example/1")),
    ({"SearchValue": "tel:+4930123"}, ("search", "+4930123")),
    ({"cti_name": "Ferrars"}, ("search", "Ferrars")),
    ({"contact": "builtin:contact:7"}, ("record", "builtin:contact:7")),
    ({}, ("page", "+49301")),
]


def _choose(sources: dict[str, Any], *, gone: tuple[str, ...] = (), settings: PopSettings = SETTINGS) -> Pop:
    attributes = {name: value for name, value in sources.items() if name != "contact"}
    return choose(attributes, "+49301", sources.get("contact"), lambda record: record not in gone, settings)


@pytest.mark.parametrize(("source", "expected"), SOURCES)
def test_each_source_alone_decides(source: dict[str, Any], expected: tuple[str, str]) -> None:
    pop = _choose(source)
    assert (pop.kind, pop.target) == expected


@pytest.mark.parametrize(("first", "second"), list(combinations(range(len(SOURCES)), 2)))
def test_of_two_sources_the_earlier_one_decides(first: int, second: int) -> None:
    pop = _choose({**SOURCES[second][0], **SOURCES[first][0]})
    assert (pop.kind, pop.target) == SOURCES[first][1]


def test_a_record_that_is_gone_falls_through_and_is_told() -> None:
    pop = _choose({"crm.record": "a:b:1", "contact": "builtin:contact:7"}, gone=("a:b:1",))
    assert pop.target == "builtin:contact:7"
    assert "a:b:1 from crm.record no longer exists" in pop.steps[0].reason


def test_explain_names_every_step_and_the_one_that_decided() -> None:
    pop = _choose({"SearchValue": "Emma"})
    assert [step.result for step in pop.steps] == ["empty", "empty", "empty", "matched", "skipped", "skipped"]
    assert pop.reason == "searched for participant data SearchValue"


def test_two_characters_are_not_searched() -> None:
    assert _choose({"SearchValue": "Em", "cti_x": "ab"}).kind == "page"


def test_the_number_is_searched_only_where_the_settings_say_so() -> None:
    settings = PopSettings(ani_search=True)
    assert _choose({"cti_b": "Emma", "cti_a": "Emma"}, settings=settings).terms == ("Emma", "+49301")


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://crm.example/", "https://evil.example/",
     "https://crm.example@evil.example/", "https://u:p@crm.example/", "//crm.example/", "https://crm.example:x/",
     "https://crm.example\\@evil.example/", "https://[crm.example/", " "],
)  # fmt: skip
def test_an_address_that_is_not_listed_stays_closed(url: str) -> None:
    assert not may_open(url, {"crm.example"})


def test_plain_http_opens_only_on_hosts_listed_for_it() -> None:
    assert may_open("http://intranet.example/1", (), {"intranet.example"})
