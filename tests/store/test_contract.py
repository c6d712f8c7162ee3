"""One suite for every store (docs/decisions/004-journal-and-executions.md)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from store import (
    Append,
    Conflict,
    Delete,
    Document,
    Fence,
    Lost,
    NewEvent,
    Remember,
    Run,
    Save,
    Schema,
    Send,
    Store,
    Unavailable,
    open_store,
)

DAY = 24 * 3600 * 1000


def event(name: str = "happened", body: bytes = b"{}") -> NewEvent:
    return NewEvent(name, 1_000, body)


def append(stream: str, expected: int, count: int = 1, epoch: int | None = None) -> Append:
    return Append(stream, expected, tuple(event() for _ in range(count)), epoch)


def test_events_come_back_in_order_with_their_sequence(store: Store) -> None:
    store.commit(Append("a", 0, (event("one", b"1"), event("two", b"2")))).result()
    store.commit(Append("a", 2, (event("three", b"3"),))).result()
    assert [(e.seq, e.type, e.body) for e in store.read("a")] == [
        (1, "one", b"1"),
        (2, "two", b"2"),
        (3, "three", b"3"),
    ]
    assert [e.seq for e in store.read("a", after=1, limit=1)] == [2]
    assert store.last("a") == 3
    assert store.last("b") == 0


def test_positions_order_all_streams_as_they_were_committed(store: Store) -> None:
    for stream, expected in [("x/1", 0), ("y/1", 0), ("x/1", 1), ("x/2", 0)]:
        store.commit(append(stream, expected)).result()
    assert [(e.position, e.stream) for e in store.read_all()] == [(1, "x/1"), (2, "y/1"), (3, "x/1"), (4, "x/2")]
    assert [e.position for e in store.read_all(after=1, prefix="x/")] == [3, 4]
    assert [e.position for e in store.read_all(limit=2)] == [1, 2]
    assert store.head() == 4


def test_a_prefix_is_text_and_no_pattern(store: Store) -> None:
    store.commit(append("a_c", 0), append("abc", 0)).result()
    assert [e.stream for e in store.read_all(prefix="a_")] == ["a_c"]


def test_a_unit_tells_the_position_of_its_last_event(store: Store) -> None:
    assert store.commit(append("a", 0, 3)).result() == 3
    assert store.commit(Save("k", "1", 0, 1, b"")).result() == 3


def test_a_wrong_expected_sequence_is_a_conflict_and_writes_nothing(store: Store) -> None:
    store.commit(append("a", 0)).result()
    with pytest.raises(Conflict):
        store.commit(Save("k", "1", 0, 1, b"x"), append("a", 0)).result()
    assert store.last("a") == 1
    assert store.load("k", "1") is None


def test_two_appends_of_one_unit_follow_each_other(store: Store) -> None:
    store.commit(append("a", 0, 2), append("a", 2)).result()
    assert [e.seq for e in store.read("a")] == [1, 2, 3]


def test_units_queued_together_are_judged_one_by_one(store: Store) -> None:
    futures = [store.commit(append("a", expected)) for expected in (0, 1, 1, 2)]
    outcomes = [future.exception() for future in futures]
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), Conflict, type(None)]
    assert [e.seq for e in store.read("a")] == [1, 2, 3]


def test_documents_change_by_compare_and_set(store: Store) -> None:
    store.commit(Save("conversation", "1", 0, 1, b"one")).result()
    store.commit(Save("conversation", "1", 1, 5, b"two")).result()
    assert store.load("conversation", "1") == Document("1", 5, b"two")
    with pytest.raises(Conflict):
        store.commit(Save("conversation", "1", 1, 6, b"late")).result()
    with pytest.raises(Conflict):
        store.commit(Save("conversation", "1", 0, 1, b"again")).result()
    assert store.load("execution", "1") is None


def test_a_deleted_document_is_gone_and_may_be_made_anew(store: Store) -> None:
    store.commit(Save("k", "1", 0, 3, b"x")).result()
    store.commit(Delete("k", "1"), Delete("k", "never")).result()
    assert store.load("k", "1") is None
    store.commit(Save("k", "1", 0, 1, b"y"), Delete("k", "1"), Save("k", "1", 0, 1, b"z")).result()
    assert store.load("k", "1") == Document("1", 1, b"z")


def test_documents_of_a_kind_come_by_id(store: Store) -> None:
    store.commit(Save("k", "b", 0, 1, b"2"), Save("k", "a", 0, 1, b"1"), Save("other", "c", 0, 1, b"")).result()
    assert [(d.id, d.body) for d in store.documents("k")] == [("a", b"1"), ("b", b"2")]


def test_documents_are_found_by_the_time_that_they_tell_of(store: Store) -> None:
    times = {"before": (10, 99), "into": (10, 100), "within": (120, 130), "out_of": (199, 300), "after": (200, 300)}
    times |= {"around": (1, 900), "at_once": (150, 150)}
    for name, (begun, ended) in times.items():
        store.commit(Save("k", name, 0, 1, name.encode(), begun, ended)).result()
    store.commit(Save("k", "goes_on", 0, 1, b"", begun=50), Save("k", "begins_later", 0, 1, b"", begun=200)).result()
    store.commit(Save("k", "timeless", 0, 1, b""), Save("other", "within", 0, 1, b"", 120, 130)).result()
    found = [document.id for document in store.documents_in("k", 100, 200)]
    assert found == ["around", "at_once", "goes_on", "into", "out_of", "timeless", "within"]
    assert store.documents_in("k", 120, 121)[-1] == Document("within", 1, b"within")
    assert len(store.documents("k")) == 10


def test_a_document_is_found_by_the_time_of_its_newest_revision(store: Store) -> None:
    store.commit(Save("k", "1", 0, 1, b"", begun=100)).result()
    store.commit(Save("k", "1", 1, 2, b"", begun=100, ended=150)).result()
    assert [document.rev for document in store.documents_in("k", 150, 160)] == [2]
    assert store.documents_in("k", 151, 160) == []
    store.commit(Delete("k", "1")).result()
    assert store.documents_in("k", 0, 1000) == []


def test_a_command_has_one_answer(store: Store) -> None:
    store.commit(Remember("c1", b"first", 1)).result()
    with pytest.raises(Conflict):
        store.commit(append("a", 0), Remember("c1", b"second", 2)).result()
    assert store.answer("c1") == b"first"
    assert store.answer("c2") is None
    assert store.last("a") == 0


def test_answers_are_forgotten_after_a_day(store: Store) -> None:
    store.commit(Remember("old", b"", 1)).result()
    store.commit(Remember("new", b"", 3 * DAY)).result()
    assert store.answer("old") is None
    assert store.answer("new") == b""


def test_a_lease_has_one_owner_until_it_expires(store: Store) -> None:
    assert store.acquire("shard", "one", "here:1", 60_000) == 1
    assert store.acquire("shard", "two", "there:1", 60_000) is None
    assert store.renew("shard", "one", 1, 0)
    assert store.acquire("shard", "two", "there:1", 60_000) == 2
    lease = store.lease("shard")
    assert lease is not None
    assert (lease.owner, lease.address, lease.epoch) == ("two", "there:1", 2)


def test_acquiring_again_raises_the_epoch_even_for_the_same_owner(store: Store) -> None:
    assert [store.acquire("shard", "one", "", 60_000) for _ in range(3)] == [1, 2, 3]
    assert not store.renew("shard", "one", 2, 60_000)


def test_a_released_lease_may_be_taken_at_once(store: Store) -> None:
    store.acquire("shard", "one", "", 60_000)
    store.release("shard", "one", 1)
    assert store.acquire("shard", "two", "", 60_000) == 2
    store.release("shard", "one", 1)
    assert store.acquire("shard", "three", "", 60_000) is None


def test_an_append_under_a_lost_lease_writes_nothing(store: Store) -> None:
    store.acquire("routing/default", "one", "", 0)
    store.commit(append("routing/default", 0, epoch=1)).result()
    store.release("routing/default", "one", 1)
    store.acquire("routing/default", "two", "", 60_000)
    with pytest.raises(Lost):
        store.commit(append("routing/default", 1, epoch=1)).result()
    store.commit(append("routing/default", 1, epoch=2)).result()
    assert [e.epoch for e in store.read("routing/default")] == [1, 2]


def test_an_expired_lease_that_nobody_took_still_lets_its_owner_write(store: Store) -> None:
    store.acquire("s", "one", "", 0)
    store.commit(append("s", 0, epoch=1)).result()
    assert store.renew("s", "one", 1, 10)


def test_an_append_prolongs_its_lease(store: Store) -> None:
    store.acquire("s", "one", "", 60_000)
    before = store.lease("s")
    assert before is not None
    prolonged = False
    for expected in range(10_000):  # until the database's clock has moved
        store.commit(append("s", expected, epoch=1)).result()
        after = store.lease("s")
        prolonged = after is not None and after.expires > before.expires
        if prolonged:
            break
    assert prolonged


def test_a_unit_behind_a_fence_is_written_only_under_that_lease(store: Store) -> None:
    store.acquire("home", "one", "", 0)
    store.commit(Fence("home", 1), Save("k", "1", 0, 1, b"ours"), append("a", 0)).result()
    store.acquire("home", "two", "", 60_000)
    with pytest.raises(Lost):
        store.commit(Fence("home", 1), Save("k", "1", 1, 2, b"late"), append("a", 1)).result()
    assert store.load("k", "1") == Document("1", 1, b"ours")
    assert store.last("a") == 1


def test_a_fence_prolongs_its_lease(store: Store) -> None:
    store.acquire("home", "one", "", 60_000)
    store.renew("home", "one", 1, 60_000)
    before = store.lease("home")
    assert before is not None
    prolonged = False
    for rev in range(10_000):  # until the database's clock has moved
        store.commit(Fence("home", 1), Save("k", "1", rev, rev + 1, b"")).result()
        after = store.lease("home")
        prolonged = after is not None and after.expires > before.expires
        if prolonged:
            break
    assert prolonged


def test_leases_are_listed_by_their_prefix_with_the_time_that_is_left(store: Store) -> None:
    store.acquire("home/b", "two", "there", 60_000)
    store.acquire("home/a", "one", "here", 0)
    store.acquire("other", "one", "here", 60_000)
    first, second = store.leases("home/")
    assert (first.shard, first.owner, second.shard, second.address) == ("home/a", "one", "home/b", "there")
    assert first.left <= 0
    assert 0 < second.left <= 60_000
    assert store.lease("home/b") is not None
    assert (store.lease("home/b") or first).left > 0


def test_a_lease_that_was_given_up_for_good_lets_nobody_write(store: Store) -> None:
    store.acquire("home", "one", "", 60_000)
    store.acquire("home", "one", "", 60_000)
    store.forget("home", "one", 1)  # an epoch that is over
    assert store.lease("home") is not None
    store.forget("home", "one", 2)
    assert store.lease("home") is None
    with pytest.raises(Lost):
        store.commit(Fence("home", 2), append("a", 0)).result()


def test_a_cursor_remembers_what_a_consumer_has_handled(reopen: Callable[[], Store]) -> None:
    store = reopen()
    assert store.cursor("desk") == 0
    for position in range(1, 50):
        store.move_cursor("desk", position)
        assert store.cursor("desk") == position
    store.commit(append("a", 0)).result()
    assert reopen().cursor("desk") == 49


def test_watchers_are_woken_by_events_and_not_by_documents(store: Store) -> None:
    woken = threading.Semaphore(0)
    end = store.watch(woken.release)
    store.commit(Save("k", "1", 0, 1, b"")).result()
    assert not woken.acquire(blocking=False)
    store.commit(append("a", 0)).result()
    assert woken.acquire(timeout=5)
    end()
    store.commit(append("a", 1)).result()
    store.commit(Save("k", "2", 0, 1, b"")).result()
    assert not woken.acquire(blocking=False)


@pytest.mark.postgres
def test_commits_of_another_process_wake_watchers_on_postgresql(fresh_postgres: str) -> None:
    ours, theirs = open_store(fresh_postgres), open_store(fresh_postgres)
    try:
        woken = threading.Semaphore(0)
        ours.watch(woken.release)
        theirs.commit(Save("k", "1", 0, 1, b"")).result()
        theirs.commit(append("a", 0)).result()
        assert woken.acquire(timeout=5)
        assert ours.last("a") == 1
        assert not woken.acquire(timeout=0.2)  # the document woke nobody
    finally:
        ours.close()
        theirs.close()


def test_the_outbox_gives_the_first_unfinished_message_of_each_key(store: Store) -> None:
    store.commit(*(Send(f"m{n}", "crm", key, b"p%d" % n) for n, key in enumerate("aabb"))).result()
    assert store.claim("other", 10, 60_000) == []
    first = store.claim("crm", 10, 60_000)
    assert [(row.id, row.payload, row.attempt) for row in first] == [("m0", b"p0", 1), ("m2", b"p2", 1)]
    assert store.claim("crm", 10, 60_000) == []
    store.sent(["m0"])
    assert [row.id for row in store.claim("crm", 10, 60_000)] == ["m1"]


def test_a_claim_that_ran_out_is_given_again(store: Store) -> None:
    store.commit(Send("m", "crm", "k", b"")).result()
    assert [row.attempt for _ in range(3) for row in store.claim("crm", 1, 0)] == [1, 2, 3]


def test_a_message_to_retry_waits_for_its_time_and_keeps_its_key_waiting(store: Store) -> None:
    store.commit(Send("m0", "crm", "k", b""), Send("m1", "crm", "k", b"")).result()
    store.claim("crm", 1, 0)
    store.retry("m0", 2**52, "503")
    assert store.claim("crm", 10, 0) == []
    store.retry("m0", 0, "503")
    assert [row.id for row in store.claim("crm", 10, 0)] == ["m0"]


def test_a_buried_message_lets_the_next_one_pass(store: Store) -> None:
    store.commit(Send("m0", "crm", "k", b""), Send("m1", "crm", "k", b""), Send("late", "crm", "l", b"", 1)).result()
    store.bury("m0", "400")
    assert [row.id for row in store.claim("crm", 10, 0)] == ["m1"]


def test_a_message_sent_twice_is_kept_once(store: Store) -> None:
    store.commit(Send("m", "crm", "k", b"one")).result()
    store.commit(Send("m", "crm", "k", b"two"), append("a", 0)).result()
    assert [row.payload for row in store.claim("crm", 10, 60_000)] == [b"one"]
    assert store.last("a") == 1


def test_tables_of_a_package_are_written_in_the_unit(store: Store) -> None:
    metadata = MetaData()
    table = Table("things", metadata, Column("id", Integer, primary_key=True), Column("name", String))
    store.install(Schema("things", metadata))
    store.install(Schema("things", metadata))
    store.commit(Run(insert(table).values(id=1, name="one")), append("a", 0)).result()
    with pytest.raises(Conflict):
        store.commit(append("a", 1), Run(insert(table).values(id=1, name="two"))).result()
    with store.engine.connect() as connection:
        assert connection.execute(select(table)).all() == [(1, "one")]
    assert store.last("a") == 1


def test_a_refused_unit_runs_no_statement(store: Store) -> None:
    metadata = MetaData()
    table = Table("things", metadata, Column("id", Integer, primary_key=True))
    store.install(Schema("things", metadata))
    with pytest.raises(Conflict):
        store.commit(Run(insert(table).values(id=1)), append("a", 7)).result()
    with store.engine.connect() as connection:
        assert connection.execute(select(table)).all() == []


def test_what_was_committed_is_there_after_opening_again(reopen: Callable[[], Store]) -> None:
    store = reopen()
    store.acquire("s", "one", "", 60_000)
    store.commit(append("s", 0, epoch=1), Save("k", "1", 0, 2, b"d"), Remember("c", b"a", 1)).result()
    again = reopen()
    assert again.last("s") == 1
    assert again.load("k", "1") == Document("1", 2, b"d")
    assert again.answer("c") == b"a"
    again.commit(append("s", 1, epoch=1)).result()
    assert store.last("s") == 2


def test_many_threads_write_without_a_gap(store: Store) -> None:
    def write(name: str) -> None:
        for expected in range(20):
            store.commit(append(f"stream/{name}", expected)).result()

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.position for e in store.read_all()] == list(range(1, 81))
    assert {store.last(f"stream/{n}") for n in range(4)} == {20}


def test_a_closed_store_refuses_and_has_written_what_it_accepted(reopen: Callable[[], Store]) -> None:
    store = reopen()
    futures = [store.commit(append("a", expected)) for expected in range(10)]
    store.close()
    assert [future.result() for future in futures] == list(range(1, 11))
    with pytest.raises(Unavailable):
        store.commit(append("a", 10)).result()
