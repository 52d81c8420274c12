"""How many calls are made at once, by a clock that stands still."""

from __future__ import annotations

import threading

import pytest

from serving.backends.window import Window
from tests.serving.backends.test_breaker import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(clock: Clock) -> Window:
    return Window(growth=1.0, clock=clock)


def test_all_may_enter_until_one_is_refused(window: Window) -> None:
    assert [window.enter(0.0) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert window.refused(4)
    assert window.enter(0.0) is None
    window.leave()
    assert window.enter(0.0) == 3
    assert window.enter(0.0) is None


def test_a_call_refused_alone_is_not_made_again(window: Window) -> None:
    assert not window.refused(window.enter(0.0))
    assert window.enter(0.0) == 0


def test_callers_that_refuse_one_another_end_with_one_that_is_alone(window: Window) -> None:
    first, second = window.enter(0.0), window.enter(0.0)
    assert window.refused(second)
    assert window.enter(0.0) is None  # one at a time from now on
    assert not window.refused(first)
    assert not window.refused(window.enter(0.0))


def test_the_limit_grows_by_one_call_a_second(window: Window, clock: Clock) -> None:
    for _ in range(3):
        window.enter(0.0)
    assert window.refused(2)
    window.leave()
    assert window.enter(0.0) == 1
    assert window.enter(0.0) is None

    clock.now += 1.0
    window.leave()
    window.leave()  # within the same second
    assert [window.enter(0.0) for _ in range(4)] == [0, 1, 2, None]


def test_who_waits_enters_once_another_leaves(window: Window) -> None:
    window.enter(0.0)
    assert window.refused(window.enter(0.0))
    entered: list[int | None] = []
    thread = threading.Thread(target=lambda: entered.append(window.enter(60.0)))
    thread.start()
    window.leave()
    thread.join(60.0)
    assert entered == [0]
