"""Workers for one piece of work after another, behind a progress bar."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

from datasets.errors import RequestError
from parallel.chunks import ParallelError
from parallel.crew import crew

Task = TypeVar("Task")
Result = TypeVar("Result")
Run = Callable[[Callable[[Task], Result], str, Iterable[Task], int], Iterator[tuple[Task, Result]]]

_LARGEST_CHUNK = 16  # tasks that a worker is given at once
_EACH = 16  # chunks that each worker is to have, so that all end at about the same time


@contextlib.contextmanager
def pool(workers: int, ray: str | None = None) -> Iterator[Run]:
    """Yields `run(work, title, tasks, total)`, which yields each task and its result, in any order.

    Args:
        workers: Processes of this machine; 1 works in this process.
        ray: Address of a Ray cluster to work on instead; `local` starts one on this machine.

    Raises:
        RequestError: Workers are killed again and again, or there is no such cluster.
    """
    try:
        with crew(workers, ray) as do:

            def run(work: Callable[[Task], Result], title: str, tasks: Iterable[Task], total: int) -> Iterator:
                chunk = max(1, min(_LARGEST_CHUNK, total // (_EACH * workers)))
                yield from tqdm(do(work, tasks, chunk), title, total, unit=" pictures", disable=None, leave=False)

            yield run
    except ParallelError as error:
        raise RequestError(str(error)) from None
