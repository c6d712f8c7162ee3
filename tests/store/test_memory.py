"""The faults that the fake injects (routing.md §28.2)."""

from __future__ import annotations

import pytest

from store import Append, Conflict, Fault, Lost, MemoryStore, NewEvent, Send, Unavailable

EVENT = NewEvent("happened", 1, b"{}")


def test_a_lost_answer_was_written_nevertheless() -> None:
    store = MemoryStore()
    store.inject(Fault.ANSWER_LOST)
    with pytest.raises(Unavailable):
        store.commit(Append("a", 0, (EVENT,))).result()
    assert store.last("a") == 1


@pytest.mark.parametrize(("fault", "error"), [(Fault.CONFLICT, Conflict), (Fault.UNAVAILABLE, Unavailable)])
def test_an_injected_refusal_writes_nothing_and_passes(fault: Fault, error: type[Exception]) -> None:
    store = MemoryStore()
    store.inject(fault, after=1)
    store.commit(Append("a", 0, (EVENT,))).result()
    with pytest.raises(error):
        store.commit(Append("a", 1, (EVENT,))).result()
    store.commit(Append("a", 1, (EVENT,))).result()
    assert store.last("a") == 2


def test_a_stale_epoch_means_that_another_owner_has_the_lease() -> None:
    store = MemoryStore()
    epoch = store.acquire("s", "one", "", 60_000)
    store.inject(Fault.STALE_EPOCH)
    for _ in range(2):
        with pytest.raises(Lost):
            store.commit(Append("s", 0, (EVENT,), epoch)).result()
    lease = store.lease("s")
    assert lease is not None
    assert lease.owner == "usurper"


def test_a_delayed_commit_and_those_behind_it_wait_in_order() -> None:
    store = MemoryStore()
    store.inject(Fault.DELAY)
    first, second = store.commit(Append("a", 0, (EVENT,))), store.commit(Append("a", 1, (EVENT,)))
    assert not first.done()
    assert store.last("a") == 0
    store.resume()
    assert (first.result(), second.result()) == (1, 2)


def test_a_lost_wake_up_leaves_the_event_to_be_polled() -> None:
    store = MemoryStore()
    woken: list[int] = []
    store.watch(lambda: woken.append(store.head()))
    store.inject(Fault.WAKE_LOST)
    store.commit(Append("a", 0, (EVENT,))).result()
    store.commit(Append("a", 1, (EVENT,))).result()
    assert woken == [2]
    assert [event.seq for event in store.read_all()] == [1, 2]


def test_leases_and_the_outbox_follow_the_clock_that_is_given() -> None:
    now = [1_000]
    store = MemoryStore(lambda: now[0])
    store.acquire("s", "one", "", 500)
    store.commit(Send("m", "crm", "k", b"", not_after=2_000)).result()
    assert len(store.claim("crm", 1, 300)) == 1
    now[0] = 1_300
    assert store.acquire("s", "two", "", 500) is None
    assert len(store.claim("crm", 1, 300)) == 1
    now[0] = 2_001
    assert store.acquire("s", "two", "", 500) == 2
    assert store.claim("crm", 1, 300) == []
