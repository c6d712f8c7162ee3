"""Queues and agents divided into shards by the labels on queues (routing.md §28.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contactcenter.routing.labels import Busy, TwoShards, divide, labels_of, problem_with

Make = Callable[..., dict[str, Any]]


def labelled(name: str, label: str | None, *members: str, **fields: Any) -> dict[str, Any]:
    extension = {"x-callwright": {"shard": label}} if label else {}
    return {"id": name, "members": [{"id": member} for member in members], **extension, **fields}


def organisation(*queues: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"queues": list(queues), "agents": [{"id": name} for name in ("ada", "ben", "cem")], **more}


APART = organisation(labelled("Gold", "north", "ada"), labelled("Silver", "south", "ben"))


def test_without_labels_all_is_one_shard() -> None:
    plain = organisation(labelled("Gold", None, "ada"), labelled("Silver", None, "ada", "ben"))
    assert labels_of(plain) == {"default"}
    assert set(divide(plain).queues.values()) | set(divide(plain).agents.values()) == {"default"}
    assert divide(plain).part(plain, "default") == plain


def test_a_queue_goes_where_its_label_says_and_its_agents_with_it() -> None:
    division = divide(APART)
    assert division.queues == {"Gold": "north", "Silver": "south"}
    assert division.agents == {"ada": "north", "ben": "south", "cem": "north"}
    south = division.part(APART, "south")
    assert ([q["id"] for q in south["queues"]], [a["id"] for a in south["agents"]]) == (["Silver"], ["ben"])


def test_the_label_of_the_organisation_is_that_of_queues_without_one() -> None:
    plain = organisation(labelled("Gold", None, "ada"), labelled("Silver", "south", "ben"), knobs={"shard": "north"})
    assert divide(plain).queues == {"Gold": "north", "Silver": "south"}


@pytest.mark.parametrize(
    "plain",
    [
        organisation(labelled("Gold", "north", "ada"), labelled("Silver", "south", "ada")),
        organisation(
            labelled("Gold", "north", "ada"),
            labelled("Silver", "south", memberGroups=[{"id": "night"}]),
            groups=[{"id": "night", "members": ["ada"]}],
        ),
        organisation(
            labelled("Gold", "north", "ada"),
            labelled("Both", "north", "ada", "ben"),
            labelled("Silver", "south", "ben"),
        ),
    ],
    ids=["member", "group", "by way of another queue"],
)
def test_nobody_is_in_two_shards(plain: dict[str, Any]) -> None:
    with pytest.raises(TwoShards, match='are in the shards "north" and "south"; give them one label'):
        divide(plain)
    assert "share agents" in str(problem_with(plain))


@pytest.mark.parametrize(
    "busy", [Busy(queues={"Gold": "old"}), Busy(agents={"ada": "old"})], ids=["an item waits", "an agent talks"]
)
def test_queues_that_share_agents_leave_a_shard_together_when_nothing_is_left(busy: Busy) -> None:
    plain = organisation(
        labelled("Gold", "new", "ada"), labelled("Silver", "new", "ada", "ben"), labelled("Bronze", "new", "cem")
    )
    division = divide(plain, busy)
    assert division.queues == {"Gold": "old", "Silver": "old", "Bronze": "new"}
    assert division.agents == {"ada": "old", "ben": "old", "cem": "new"}
    assert division.pending == {"Gold": "new", "Silver": "new"}
    assert divide(plain).pending == {}


def test_queues_with_calls_in_two_shards_are_not_thrown_together() -> None:
    plain = organisation(labelled("Gold", "new", "ada"), labelled("Silver", "new", "ada"))
    with pytest.raises(TwoShards, match='still have work in the shards "north" and "south"'):
        divide(plain, Busy(queues={"Gold": "north", "Silver": "south"}))


@given(
    some.dictionaries(
        some.sampled_from("pqrstu"), some.tuples(some.sampled_from("xy"), some.sets(some.sampled_from("abcdef")))
    )
)
def test_every_queue_is_in_one_shard_with_all_of_its_agents_or_nothing_is_divided(
    queues: dict[str, tuple[str, set[str]]],
) -> None:
    plain = {
        "queues": [labelled(name, label, *sorted(members)) for name, (label, members) in queues.items()],
        "agents": [{"id": name} for name in "abcdef"],
    }
    try:
        division = divide(plain)
    except TwoShards:
        pairs = [(one, other) for one in queues.values() for other in queues.values()]
        assert any(one[0] != other[0] for one, other in pairs)
        return
    for name, (label, members) in queues.items():
        assert {division.queues[name], *(division.agents[member] for member in members)} == {label}
