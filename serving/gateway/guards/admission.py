"""How much is worked on at once, how much may wait for that, and what is refused."""

from __future__ import annotations

import collections
import contextlib
import threading
import time
from collections.abc import Iterator

from flask import g

from serving.gateway.config import GatewayConfig
from serving.gateway.problems import Problem

_NEWS = 0.2  # weight of the last request in what is expected of the next


class Admission:
    """Places for requests that need a model or a decoder: first come, first served, and a bounded number in line.

    Who could not be answered in time, going by how long requests have taken of late, is refused at once rather than
    made to wait for nothing, or for an answer that is too late. But while there is a free place nobody is refused who
    has half of the time left, so that it shows when requests have become quick again.

    Everything else, such as health, metrics, the page and pictures from the cache, needs no place.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._in_flight = 0
        self._work_s = 0.0  # of a request in its place, of late
        self._line: collections.deque[threading.Event] = collections.deque()

    @property
    def in_flight(self) -> int:
        """Requests being worked on."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """Requests in line for a place."""
        return len(self._line)

    @contextlib.contextmanager
    def place(self, expires: float) -> Iterator[None]:
        """Has a place for the block, once it is this request's turn.

        Args:
            expires: `time.monotonic()` at which waiting for a place is no longer worth it.

        Raises:
            Problem: 503, the line is full, or it does not move in time.
        """
        self._take(expires)
        start = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._work_s += _NEWS * (time.monotonic() - start - self._work_s)
            self._hand_on()

    def _take(self, expires: float) -> None:
        with self._lock:
            left_s = expires - time.monotonic()
            if self._is_too_late(left_s):
                raise self._busy()
            if self._in_flight < self._config.max_in_flight:
                self._in_flight += 1
                return
            if len(self._line) >= self._config.max_waiting:
                raise Problem(503, f"The gateway is busy, and {len(self._line)} requests wait already: try again soon.")
            wait_s = (len(self._line) + 1) * self._work_s / max(1, self._config.max_in_flight)
            if wait_s + self._work_s > left_s:
                detail = f"The gateway is busy, and has no answer within the next {left_s:.2g} s: try again later."
                raise Problem(503, detail)
            turn = threading.Event()
            self._line.append(turn)
        with g.timings.stage("queue"):
            came = turn.wait(expires - time.monotonic())
        if not came and self._gives_up(turn):
            raise self._busy()
        if self._is_too_late(expires - time.monotonic()):
            self._hand_on()
            raise self._busy()

    def _is_too_late(self, left_s: float) -> bool:
        return left_s <= min(self._work_s, self._config.deadline_s / 2)

    def _busy(self) -> Problem:
        return Problem(503, f"The gateway was busy for {self._config.deadline_s:g} s: try again later.")

    def _gives_up(self, turn: threading.Event) -> bool:
        """Leaves the line, unless the turn has just come after all."""
        with self._lock:
            if turn.is_set():
                return False
            self._line.remove(turn)
            return True

    def _hand_on(self) -> None:
        """Hands the place to the next in line, so that nobody who comes later can take it."""
        with self._lock:
            if self._line:
                self._line.popleft().set()
            else:
                self._in_flight -= 1
