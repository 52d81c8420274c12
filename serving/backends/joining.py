"""Calls of the same function that wait at the same time, run as one batch."""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future

import numpy as np

Arrays = Mapping[str, np.ndarray]


class JoinedCalls:
    """Threads that run calls in the order in which they came; each takes along the later ones that fit its call.

    A call of what nobody runs is run at once, alone; while it runs, others of the same wait until it ends, or until
    enough of them wait for a batch that is worth a thread of its own. So batches grow with the load. What fails in
    company is run again alone, so that no call suffers for another.

    Args:
        run: Gives the outputs for a key and its inputs; the batch is the first dimension of all arrays.
        threads: How many.
        max_rows: Most rows of calls that are joined; a larger call is run alone.
    """

    def __init__(self, run: Callable[[Hashable, Arrays], Arrays], threads: int, max_rows: int = 16) -> None:
        self._run = run
        self._max_rows = max_rows
        self._worth_rows = -(-max_rows // 2)
        self._running: collections.Counter[Hashable] = collections.Counter()
        self._closed = False
        self._changed = threading.Condition()
        self._waiting: collections.deque[_Call] = collections.deque()
        self._threads = [threading.Thread(target=self._work, name=f"joined-{index}") for index in range(threads)]
        for thread in self._threads:
            thread.daemon = True  # a backend that nobody closed shall not keep the process
            thread.start()

    def submit(self, key: Hashable, arrays: Arrays) -> Future[Arrays]:
        """The outputs to come; cancelled if they are not wanted any more, or by `close`.

        Raises:
            RuntimeError: It is closed.
        """
        layout = tuple(sorted((name, array.dtype.str, array.shape[1:]) for name, array in arrays.items()))
        call = _Call(key, layout, arrays, len(next(iter(arrays.values()))), Future())
        with self._changed:
            if self._closed:
                raise RuntimeError("calls are no longer taken")
            self._waiting.append(call)
            self._changed.notify()
        return call.future

    def close(self) -> None:
        """Ends once the calls under way have; those still waiting are cancelled."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, collections.deque()
            self._changed.notify_all()
        for call in waiting:
            call.future.cancel()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while calls := self._next():
            self._answer([call for call in calls if call.future.set_running_or_notify_cancel()])
            with self._changed:
                self._running -= collections.Counter([calls[0].key])

    def _next(self) -> list[_Call]:
        """The call that waits longest of those that can be run now, and those that can join it; none once closed."""
        with self._changed:
            first = self._changed.wait_for(lambda: self._closed or self._first())
            if self._closed:
                return []
            calls, rows, others = [first], first.rows, collections.deque()
            for call in self._waiting:
                if call is first:
                    continue
                if call.fits(first) and rows + call.rows <= self._max_rows:
                    calls.append(call)
                    rows += call.rows
                else:
                    others.append(call)
            self._waiting = others
            self._running[first.key] += 1
            return calls

    def _first(self) -> _Call | None:
        """The call that waits longest of those that need wait for no company."""
        rows: collections.Counter[Hashable] = collections.Counter()
        for call in self._waiting:
            rows[call.key] += call.rows
        free = (call for call in self._waiting if not self._running[call.key] or rows[call.key] >= self._worth_rows)
        return next(free, None)

    def _answer(self, calls: list[_Call]) -> None:
        if len(calls) > 1 and self._answer_joined(calls):
            return
        for call in calls:
            try:
                call.future.set_result(self._run(call.key, call.arrays))
            except Exception as error:
                call.future.set_exception(error)

    def _answer_joined(self, calls: list[_Call]) -> bool:
        """Whether the calls could be answered together."""
        try:
            joined = {name: np.concatenate([call.arrays[name] for call in calls]) for name in calls[0].arrays}
            outputs = self._run(calls[0].key, joined)
        except Exception:
            return False
        start = 0
        for call in calls:
            call.future.set_result({name: rows[start : start + call.rows] for name, rows in outputs.items()})
            start += call.rows
        return True


@dataclasses.dataclass(frozen=True, eq=False)
class _Call:
    """A call that waits.

    Attributes:
        key: What it calls.
        layout: Name, dtype and row's shape of its inputs.
        arrays: Its inputs.
        rows: Their batch size.
        future: Its outputs.
    """

    key: Hashable
    layout: tuple[tuple[str, str, tuple[int, ...]], ...]
    arrays: Arrays
    rows: int
    future: Future[Arrays]

    def fits(self, other: _Call) -> bool:
        return self.key == other.key and self.layout == other.layout
