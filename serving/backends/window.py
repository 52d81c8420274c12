"""How many calls a server is asked to answer at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Window:
    """As many calls as come, until the server says that it has no thread for one more: then one less.

    Nobody tells how many threads a server has, or how many others ask it. So a refused call is made again once one of
    those has ended that the server did take, and the limit grows again by one call a second. A call that is refused
    although it was the only one is not made again: others keep the server busy. Safe to use from many threads.

    Args:
        growth: Seconds until one more call is tried.
        clock: Seconds that never go back.
    """

    def __init__(self, *, growth: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._growth = growth
        self._clock = clock
        self._limit = float("inf")
        self._changed = 0.0
        self._under_way = 0
        self._condition = threading.Condition()

    def enter(self, timeout: float | None) -> int | None:
        """Waits until one more call may be made; returns how many others are under way, or None if none may in time."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._under_way < self._limit, timeout):
                return None
            self._under_way += 1
            return self._under_way - 1

    def leave(self) -> None:
        """A call has been answered."""
        with self._condition:
            self._under_way -= 1
            if self._limit < float("inf") and self._clock() - self._changed >= self._growth:
                self._limit, self._changed = self._limit + 1, self._clock()
            self._condition.notify_all()

    def refused(self, others: int) -> bool:
        """A call that began beside `others` was refused; returns whether it may be made again."""
        with self._condition:
            self._under_way -= 1
            if others:
                self._limit, self._changed = max(1, min(self._limit, others)), self._clock()
            self._condition.notify_all()
        return others > 0
