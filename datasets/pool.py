"""Worker processes for one function after another, behind a progress bar."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import repeat

from tqdm import tqdm

from datasets.errors import RequestError

Run = Callable[..., Iterator]


@contextlib.contextmanager
def pool(workers: int) -> Iterator[Run]:
    """Yields `run(function, title, *iterables)`, which maps like `map`, in parallel; 1 worker works in this process.

    Raises:
        RequestError: A worker was killed.
    """
    executor = None
    if workers > 1:
        # Spawned, not forked: the caller may hold threads, TensorFlow's for one.
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(workers, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))

    def run(function: Callable, title: str, *iterables: Iterable) -> Iterator:
        results = executor.map(function, *iterables, chunksize=4) if executor else map(function, *iterables)
        total = min(len(iterable) for iterable in iterables if not isinstance(iterable, repeat))
        yield from tqdm(results, title, total, unit=" pictures", disable=None, leave=False)

    try:
        yield run
    except BrokenProcessPool:
        raise RequestError(
            "A worker process was killed, perhaps for want of memory: run this again with fewer --workers to go on."
        ) from None
    finally:
        if executor:
            executor.shutdown(cancel_futures=True)


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
