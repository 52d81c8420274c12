"""Worker processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import TypeVar

from parallel.chunks import ParallelError, chunks_of, do

Task = TypeVar("Task")
Result = TypeVar("Result")

_TRIES = 5  # of workers that end without having done a chunk in between


class Processes:
    """Begin when they are needed first.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def close(self) -> None:
        """Ends them once they are done with what they have begun."""
        if self._executor:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def run(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        chunk: int = 1,
        failed: Callable[[Task, Exception], Result] | None = None,
    ) -> Iterator[tuple[Task, Result]]:
        """As `parallel.crew.Run`."""
        pickled = pickle.dumps(work)
        chunks = chunks_of(tasks, chunk)
        pending: deque[list[Task]] = deque()
        running: dict[Future[list[Result]], list[Task]] = {}
        tries = 0
        while tries < _TRIES:
            tries += 1
            try:
                while True:
                    pending.extend(islice(chunks, max(0, 2 * self._workers - len(running) - len(pending))))
                    while pending and len(running) < 2 * self._workers:
                        running[self._started().submit(do, pickled, pending[0])] = pending[0]
                        pending.popleft()
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        try:
                            results = future.result()
                        except BrokenProcessPool:
                            raise
                        except Exception as error:
                            if failed is None:
                                raise
                            results = [failed(task, error) for task in running[future]]
                        tries = 0
                        yield from zip(running.pop(future), results, strict=True)
            except BrokenProcessPool:
                self.close()
                pending.extendleft(running.values())
                running.clear()
        raise ParallelError(
            f"Workers were killed {_TRIES} times before one was done with anything, perhaps for want of memory: "
            "run this again with fewer --workers to go on."
        )

    def _started(self) -> ProcessPoolExecutor:
        if not self._executor:
            # Spawned, not forked: the caller may hold threads, TensorFlow's for one.
            self._executor = ProcessPoolExecutor(self._workers, multiprocessing.get_context("spawn"), _begin)
        return self._executor


def _begin() -> None:
    """In a worker, before anything else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Lest workers wait for ever, or go on writing, after their parent was killed."""
    wait_for([multiprocessing.parent_process().sentinel])
    os._exit(1)
