"""How much an agent may have at once: utilisation, interruptions and labels (routing.md §10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m

Make = Callable[..., dict[str, Any]]


def test_an_interrupting_medium_alerts_on_top_and_others_do_not(story: Any, agent: Make, queue: Make) -> None:
    limits = {"chat": {"maximumCapacity": 2, "interruptableMediaTypes": ["call"]}, "call": {"maximumCapacity": 1}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization={"utilization": limits})
    story.on_queue("ada")
    story.enqueue("chat", media="chat")
    story.take("chat")
    story.enqueue("mail", media="email")
    assert story.offered("mail") is None
    story.enqueue("call")
    assert story.offered("call") == "ada"
    story.take("call")
    story.enqueue("second", media="chat")
    assert story.offered("second") is None  # a call is interrupted by nothing


def test_what_is_interrupted_goes_on_when_the_interruption_is_over(story: Any, agent: Make, queue: Make) -> None:
    limits = {"chat": {"maximumCapacity": 2, "interruptableMediaTypes": ["call"]}, "call": {"maximumCapacity": 2}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization={"utilization": limits})
    story.on_queue("ada")

    def states() -> dict[str, str]:
        return {unit.item: unit.state for unit in story.core.state.agents["ada"].units.values()}

    for item, media in (("chat", "chat"), ("other chat", "chat"), ("call", "call"), ("second call", "call")):
        story.enqueue(item, media=media)
        story.take(item)
    aside, talks = {"chat": "interrupted", "other chat": "interrupted"}, {"second call": "connected"}
    assert states() == {**aside, "call": "connected", **talks}
    story.send(m.UnitChanged, agent="ada", item="call", unit="acw")
    assert states() == {**aside, "call": "acw", **talks}
    story.finish("ada", "call")
    assert states() == {**aside, **talks}, "another call goes on"
    story.finish("ada", "second call")
    assert states() == {"chat": "connected", "other chat": "connected"}


@pytest.mark.parametrize(("knob", "state"), [("interrupt_only", "interrupted"), ("parallel", "connected")])
def test_media_side_by_side_interrupt_nothing(story: Any, agent: Make, queue: Make, knob: str, state: str) -> None:
    limits = {"chat": {"maximumCapacity": 2, "interruptableMediaTypes": ["call"]}}
    fields = {"utilization": {"utilization": limits}, "knobs": {"cross_media": knob}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], **fields)
    story.on_queue("ada")
    for media in ("chat", "call"):
        story.enqueue(media, media=media)
        story.take(media)
    assert [unit.state for unit in story.core.state.agents["ada"].units.values()] == [state, "connected"]


def test_a_label_interrupts_within_its_medium(story: Any, agent: Make, queue: Make) -> None:
    labels = {"plain": {"maximumCapacity": 5, "interruptingLabelIds": ["vip"]}, "vip": {"maximumCapacity": 1}}
    limits = {"utilization": {"chat": {"maximumCapacity": 1}}, "labelUtilizations": labels}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization=limits)
    story.on_queue("ada")
    for item, label in (("one", "plain"), ("two", "vip")):
        story.enqueue(item, media="chat", label=label)
        story.take(item)
    assert [unit.state for unit in story.core.state.agents["ada"].units.values()] == ["interrupted", "connected"]


def test_the_limit_of_a_label_counts_after_that_of_the_medium(story: Any, agent: Make, queue: Make) -> None:
    limits = {"utilization": {"chat": {"maximumCapacity": 3}}, "labelUtilizations": {"vip": {"maximumCapacity": 1}}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization=limits)
    story.on_queue("ada")
    for item, label in (("one", "vip"), ("two", "vip"), ("three", None)):
        story.enqueue(item, media="chat", label=label)
    assert [story.offered(item) for item in ("one", "two", "three")] == ["ada", None, "ada"]


@pytest.mark.parametrize(("capacity", "offered"), [(1, None), (2, "ada")])
def test_a_private_call_takes_a_place_like_any_other(
    story: Any, agent: Make, queue: Make, capacity: int, offered: str | None
) -> None:
    limits = {"utilization": {"call": {"maximumCapacity": capacity}}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization=limits)
    story.on_queue("ada")
    story.send(m.NonAcd, agent="ada", media="call", change=1)
    assert story.core.state.agents["ada"].status == "COMMUNICATING"
    story.enqueue("call")
    assert story.offered("call") == offered
