"""Stages of a queue that routes by scores (routing.md §9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contactcenter.routing import messages as m

Make = Callable[..., dict[str, Any]]


def test_scores_widen_step_by_step_and_the_best_free_agent_comes_first(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", "ada", "ben", predictiveRouting={"timeoutSeconds": 60})
    story.configure(agents=[agent("ada"), agent("ben")], queues=[gold])
    story.on_queue("ada", "ben")
    story.enqueue("call")
    assert story.offered("call") is None
    story.send(m.Scores, item="call", scores={"ada": 50, "ben": 90})
    assert story.offered("call") == "ben"


def test_failed_scoring_falls_back_to_the_queues_method(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada", predictiveRouting={"timeoutSeconds": 60})])
    story.on_queue("ada")
    story.enqueue("call")
    story.send(m.Scores, item="call", scores={})
    assert story.offered("call") == "ada"
