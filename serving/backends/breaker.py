"""A circuit breaker: what keeps failing is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed while calls succeed; open after several failures in a row; then one call per rest tries again.

    A trial need not report back: if its caller is lost, the next rest brings another. Safe to use from many threads.

    Args:
        failures: Failures in a row that open it.
        rest: Seconds between the last failure and the trial, and between two trials.
        clock: Seconds that never go back.

    Reference: Michael Nygard, Release It!, 2007, chapter 5.
    """

    def __init__(self, *, failures: int = 5, rest: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._rest = rest
        self._clock = clock
        self._failures = 0
        self._resting_until = 0.0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether a call may be made now; of an open breaker's callers, one per rest is told so."""
        with self._lock:
            if self._failures < self._limit:
                return True
            now = self._clock()
            if now < self._resting_until:
                return False
            self._resting_until = now + self._rest
            return True

    def succeeded(self) -> None:
        """A call was answered: closes the breaker."""
        with self._lock:
            self._failures = 0

    def failed(self) -> bool:
        """A call was not answered; returns whether this opened the breaker."""
        with self._lock:
            self._failures += 1
            self._resting_until = self._clock() + self._rest
            return self._failures == self._limit
