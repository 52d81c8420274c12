"""Who makes the shards: this process, several of this machine, or a Ray cluster. All make the same bytes."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from serving.bake.oven import Oven
from serving.bake.plan import BakeError, Plan
from serving.bake.shards import bake_shard

_TRIES = 5  # of workers that end without having made a shard in between


class Made(NamedTuple):
    """A shard that was tried.

    Attributes:
        shard: Its number.
        count: Addresses that were made.
        problem: A sentence, if it could not be made.
    """

    shard: int
    count: int
    problem: str | None = None


class Job(NamedTuple):
    """What all shards of a bake have in common."""

    plan: Plan
    out: Path
    saved_models: Path

    def oven(self) -> Oven:
        """With the one model that it needs."""
        return Oven(self.saved_models, (self.plan.options["model"], self.plan.options["version"]))

    def make(self, oven: Oven, shard: int) -> Made:
        """One of them; what can't be made is told, and keeps no other from being made."""
        try:
            return Made(shard, bake_shard(oven, self.plan, self.out, shard))
        except (BakeError, OSError) as error:
            return Made(shard, 0, str(error))


def here(job: Job, shards: Sequence[int]) -> Iterator[Made]:
    """One after another, in this process."""
    oven = job.oven()
    try:
        for shard in shards:
            yield job.make(oven, shard)
    finally:
        oven.close()


def in_processes(job: Job, shards: Sequence[int], workers: int) -> Iterator[Made]:
    """In processes of this machine; those that are killed are replaced, and what they had begun is made by others.

    Raises:
        BakeError: They end again and again.
    """
    left = dict.fromkeys(shards)
    idle_rounds = 0
    while left and idle_rounds < _TRIES:
        idle_rounds += 1
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(job,))
        try:
            todo = iter(list(left))
            running: set[Future[Made]] = {pool.submit(_make, shard) for shard in itertools.islice(todo, 2 * workers)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    made = future.result()
                    idle_rounds = 0
                    del left[made.shard]
                    yield made
                    running |= {pool.submit(_make, shard) for shard in itertools.islice(todo, 1)}
        except BrokenProcessPool:
            continue
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if left:
        raise BakeError(f"Workers ended {_TRIES} times before one made a shard: is there enough memory for {workers}?")


_worker: tuple[Job, Oven] | None = None


def _begin(job: Job) -> None:
    global _worker
    _worker = job, job.oven()


def _make(shard: int) -> Made:
    assert _worker is not None
    job, oven = _worker
    return job.make(oven, shard)
