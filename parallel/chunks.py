"""What a worker is given: some tasks, and the work as bytes."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

Task = TypeVar("Task")


class ParallelError(Exception):
    """Work that can't be done by these workers, in one sentence."""


def chunks_of(tasks: Iterable[Task], size: int) -> Iterator[list[Task]]:
    """Lists of so many tasks, and of the rest."""
    source = iter(tasks)
    return iter(lambda: list(islice(source, size)), [])


def do(work: bytes, tasks: list[Any]) -> list[Any]:
    """In a worker: the result of each task."""
    call = _loaded(work)
    return [call(task) for task in tasks]


@functools.lru_cache(maxsize=2)
def _loaded(work: bytes) -> Callable[[Any], Any]:
    return pickle.loads(work)
