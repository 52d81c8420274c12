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


class Admission:
    """Places for requests that need a model or a decoder: first come, first served, and a bounded number in line.

    Everything else, such as health, metrics, the page and pictures from the cache, needs no place.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._in_flight = 0
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
            Problem: 503, the line is full, or it did not move in time.
        """
        self._take(expires)
        try:
            yield
        finally:
            self._leave()

    def _take(self, expires: float) -> None:
        with self._lock:
            if self._in_flight < self._config.max_in_flight:
                self._in_flight += 1
                return
            if len(self._line) >= self._config.max_waiting:
                raise Problem(503, f"The gateway is busy, and {len(self._line)} requests wait already: try again soon.")
            turn = threading.Event()
            self._line.append(turn)
        with g.timings.stage("queue"):
            came = turn.wait(expires - time.monotonic())
        if not came and self._gives_up(turn):
            raise Problem(503, f"The gateway was busy for {self._config.deadline_s:g} s: try again later.")

    def _gives_up(self, turn: threading.Event) -> bool:
        """Leaves the line, unless the turn has just come after all."""
        with self._lock:
            if turn.is_set():
                return False
            self._line.remove(turn)
            return True

    def _leave(self) -> None:
        """Hands the place to the next in line, so that nobody who comes later can take it."""
        with self._lock:
            if self._line:
                self._line.popleft().set()
            else:
                self._in_flight -= 1
