"""The circuit breaker, by a clock that stands still."""

from __future__ import annotations

import concurrent.futures

import pytest

from serving.backends.breaker import Breaker


class Clock:
    """A clock that stands until it is put forward."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, rest=2.0, clock=clock)


def fail(breaker: Breaker, times: int) -> list[bool]:
    return [breaker.failed() for _ in range(times)]


def test_it_opens_once_after_failures_in_a_row(breaker: Breaker) -> None:
    assert fail(breaker, 2) == [False, False]
    assert breaker.allows()
    assert fail(breaker, 2) == [True, False]
    assert not breaker.allows()


def test_a_success_between_failures_keeps_it_closed(breaker: Breaker) -> None:
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)

    assert breaker.allows()


def test_after_the_rest_one_call_tries(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 1.9
    assert not breaker.allows()

    clock.now = 2.0
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: breaker.allows(), range(16))) == 1


def test_a_trial_that_succeeds_closes_it(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 2.0
    assert breaker.allows()
    breaker.succeeded()

    assert all(breaker.allows() for _ in range(4))


def test_a_trial_that_fails_brings_another_rest(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 2.0
    assert breaker.allows()
    clock.now = 3.0
    assert not breaker.failed()

    clock.now = 4.9
    assert not breaker.allows()
    clock.now = 5.0
    assert breaker.allows()


def test_a_trial_that_is_lost_is_followed_by_another(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now = 2.0
    assert breaker.allows()

    clock.now = 4.0
    assert breaker.allows()
