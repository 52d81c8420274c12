"""When a request arrived, which on a busy machine is well before a thread takes it up."""

from __future__ import annotations

import threading
import time

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

_taken_up = threading.local()


def arrived() -> float:
    """`time.monotonic()` at which the request that this thread works on had arrived; now, if nobody has noted that."""
    return getattr(_taken_up, "arrived", None) or time.monotonic()


class Dispatcher(ThreadedTaskDispatcher):
    """Waitress' threads, which tell `arrived`."""

    def add_task(self, task: HTTPChannel) -> None:
        super().add_task(_Arrived(task))


class _Arrived:
    """A channel with a request; each of its requests is a task by itself."""

    def __init__(self, channel: HTTPChannel) -> None:
        self._channel = channel
        self._arrived = time.monotonic()

    def service(self) -> None:
        _taken_up.arrived = self._arrived
        try:
            self._channel.service()
        finally:
            _taken_up.arrived = None

    def cancel(self) -> None:
        self._channel.cancel()
