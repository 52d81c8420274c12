"""Where a request's time went, told in the `Server-Timing` header, in the metrics and in traces."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping

ARRIVED = "planet_generator.arrived"  # in WSGI's environment: since when the request waits, as `time.monotonic()`

EndSpan = Callable[[float], None]
"""Ends a span at a `time.perf_counter()`."""
BeginSpan = Callable[[str, float], EndSpan]
"""Begins a span of a name at a `time.perf_counter()`; it holds those begun before its end."""


class Timings:
    """Adds up the time of named stages of one request.

    Args:
        queued_s: Seconds for which it had to wait already; from a millisecond on they count towards `queue`.
        begin_span: Makes each stage a span of a trace, as long as the stage; none if None.
    """

    def __init__(self, queued_s: float = 0.0, begin_span: BeginSpan | None = None) -> None:
        now = time.perf_counter()
        self._start = now - queued_s
        self._begin_span = begin_span
        self._stages_s: dict[str, float] = {"queue": queued_s} if queued_s >= 0.001 else {}
        self._notes: dict[str, str] = {}
        if begin_span is not None and self._stages_s:
            begin_span("queue", self._start)(now)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts the time of the block towards `name`; a stage may be entered many times."""
        start = time.perf_counter()
        end_span = None if self._begin_span is None else self._begin_span(name, start)
        try:
            yield
        finally:
            stop = time.perf_counter()
            self._stages_s[name] = self._stages_s.get(name, 0.0) + stop - start
            if end_span is not None:
                end_span(stop)

    def note(self, name: str, description: str) -> None:
        """Tells something that takes no time worth telling, such as `cache;desc=hit`."""
        self._notes[name] = description

    def stages_s(self) -> Mapping[str, float]:
        """Seconds by stage, so far."""
        return self._stages_s

    def total_s(self) -> float:
        """Seconds since the request came."""
        return time.perf_counter() - self._start

    def header(self) -> str:
        """The header's value, in milliseconds, such as `model;dur=3.2, encode;dur=1.1, total;dur=4.6`."""
        notes = [f"{name};desc={description}" for name, description in self._notes.items()]
        stages_s = {**self._stages_s, "total": self.total_s()}
        return ", ".join([*notes, *(f"{name};dur={1000 * seconds:.2f}" for name, seconds in stages_s.items())])
