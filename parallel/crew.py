"""Who does a piece of work: this process, several of this machine, or a Ray cluster. All give the same results."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from parallel.processes import Processes
from parallel.ray_cluster import RayCluster

Task = TypeVar("Task")
Result = TypeVar("Result")


class Run(Protocol):
    """Does a piece of work."""

    def __call__(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        chunk: int = 1,
        failed: Callable[[Task, Exception], Result] | None = None,
    ) -> Iterator[tuple[Task, Result]]:
        """Yields each task with its result, in any order.

        Args:
            work: What is to be done with each; it is pickled, and each worker has it once.
            tasks: They are taken a few at a time, so that there may be any number of them.
            chunk: So many are given to a worker at once.
            failed: What to yield for a task in place of an error of its work.

        Raises:
            ParallelError: Workers end again and again before they are done with a task.
            Exception: What the work raises, without `failed`.
        """


@contextlib.contextmanager
def crew(workers: int, ray: str | None = None, cpus: float = 1.0, gpus: float = 0.0) -> Iterator[Run]:
    """Yields what does work; workers that are killed are replaced, and what they had begun is done again.

    Args:
        workers: Processes of this machine; 1 works in this process.
        ray: Address of a Ray cluster to work on instead; `local` starts one on this machine.
        cpus: CPUs that a task on Ray asks for.
        gpus: GPUs, or a share of one, that it asks for.

    Raises:
        ParallelError: Ray isn't installed, or there is no such cluster.
    """
    if ray is None and workers == 1:
        yield _here
        return
    with contextlib.closing(Processes(workers) if ray is None else RayCluster(ray, cpus, gpus)) as team:
        yield team.run


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _here(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    chunk: int = 1,
    failed: Callable[[Task, Exception], Result] | None = None,
) -> Iterator[tuple[Task, Result]]:
    for task in tasks:
        try:
            result = work(task)
        except Exception as error:
            if failed is None:
                raise
            result = failed(task, error)
        yield task, result
