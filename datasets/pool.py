"""Worker processes for one piece of work after another, behind a progress bar."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for
from typing import TypeVar

from tqdm import tqdm

from datasets.errors import RequestError

Task = TypeVar("Task")
Result = TypeVar("Result")
Run = Callable[[Callable[[Task], Result], str, Iterable[Task], int], Iterator[tuple[Task, Result]]]

_TRIES = 5  # of workers that end without having done a chunk in between
_LARGEST_CHUNK = 16  # tasks that a worker is given at once


@contextlib.contextmanager
def pool(workers: int) -> Iterator[Run]:
    """Yields `run(work, title, tasks, total)`, which yields each task and its result, in any order.

    Workers that are killed are replaced, and what they had begun is done again; 1 worker works in this process. Tasks
    are taken from their iterable a few at a time, so that there may be any number of them.

    Raises:
        RequestError: Workers are killed again and again.
    """
    with contextlib.ExitStack() as stack:
        processes = stack.enter_context(contextlib.closing(_Processes(workers))) if workers > 1 else None

        def run(work: Callable[[Task], Result], title: str, tasks: Iterable[Task], total: int) -> Iterator:
            if processes:
                results = processes.run(work, tasks, max(1, min(_LARGEST_CHUNK, total // (4 * workers))))
            else:
                results = ((task, work(task)) for task in tasks)
            yield from tqdm(results, title, total, unit=" pictures", disable=None, leave=False)

        yield run


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Processes:
    """Worker processes, which begin when they are needed first."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def close(self) -> None:
        """Ends them once they are done with what they have begun."""
        if self._executor:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def run(self, work: Callable[[Task], Result], tasks: Iterable[Task], chunk: int) -> Iterator[tuple[Task, Result]]:
        """Each task and its result; workers are given so many at once."""
        source = iter(tasks)
        chunks = iter(lambda: list(islice(source, chunk)), [])
        pending: deque[list[Task]] = deque()
        running: dict[Future[list[Result]], list[Task]] = {}
        tries = 0
        while tries < _TRIES:
            tries += 1
            try:
                while True:
                    pending.extend(islice(chunks, max(0, 2 * self._workers - len(running) - len(pending))))
                    while pending and len(running) < 2 * self._workers:
                        running[self._started().submit(_do, work, pending[0])] = pending[0]
                        pending.popleft()
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        results = future.result()
                        tries = 0
                        yield from zip(running.pop(future), results, strict=True)
            except BrokenProcessPool:
                self.close()
                pending.extendleft(running.values())
                running.clear()
        raise RequestError(
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


def _do(work: Callable[[Task], Result], tasks: list[Task]) -> list[Result]:
    return [work(task) for task in tasks]
