"""Work for asyncio in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from simulator.virtual_loop import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


def test_an_hour_of_sleep_is_over_at_once_and_took_an_hour(loop: VirtualLoop) -> None:
    loop.run_until_complete(asyncio.sleep(3600))
    assert loop.time() == pytest.approx(3600)


def test_timers_fire_in_their_order(loop: VirtualLoop) -> None:
    async def work() -> list[int]:
        done: list[int] = []

        async def later(seconds: int) -> None:
            await asyncio.sleep(seconds)
            done.append(seconds)

        await asyncio.gather(later(3), later(1), later(2))
        return done

    assert loop.run_until_complete(work()) == [1, 2, 3]


def test_what_does_not_answer_runs_into_its_deadline(loop: VirtualLoop) -> None:
    async def work() -> None:
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().create_future()

    with pytest.raises(TimeoutError):
        loop.run_until_complete(work())
    assert loop.time() == pytest.approx(10)


def test_work_for_a_thread_takes_no_time_and_its_errors_arrive(loop: VirtualLoop) -> None:
    async def work() -> int:
        async with asyncio.timeout(1):
            return await asyncio.to_thread(lambda: 1 // int("0"))

    with pytest.raises(ZeroDivisionError):
        loop.run_until_complete(work())
    assert loop.time() == 0


def test_waiting_for_what_never_comes_is_told_instead_of_hanging(loop: VirtualLoop) -> None:
    with pytest.raises(RuntimeError, match="for ever"):
        loop.run_until_complete(loop.create_future())


def test_time_that_passes_elsewhere_never_goes_back(loop: VirtualLoop) -> None:
    loop.pass_until(5)
    loop.pass_until(2)
    assert loop.time() == 5
