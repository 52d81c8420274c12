"""What all shards of a bake have in common, and what whoever makes one of them keeps for the next one."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from serving.bake.oven import Oven
from serving.bake.plan import BakeError, Plan
from serving.bake.shards import bake_shard


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
    """A bake, which is called to make its shards."""

    plan: Plan
    out: Path
    saved_models: Path

    def __call__(self, shard: int) -> Made:
        """Makes one of them; what can't be made is told, and keeps no other from being made."""
        try:
            return Made(shard, bake_shard(_oven(self), self.plan, self.out, shard))
        except (BakeError, OSError) as error:
            return Made(shard, 0, str(error))


def failed(shard: int, error: Exception) -> Made:
    """One whose making ended otherwise."""
    return Made(shard, 0, f"{type(error).__name__}: {error}")


def close_oven() -> None:
    """Ends the models of this process, if it has some."""
    global _kept
    if _kept:
        _kept[1].close()
    _kept = None


_kept: tuple[Job, Oven] | None = None


def _oven(job: Job) -> Oven:
    """That of this process, with the one model that the job needs."""
    global _kept
    if _kept is None or _kept[0] != job:
        close_oven()
        _kept = job, Oven(job.saved_models, (job.plan.options["model"], job.plan.options["version"]))
    return _kept[1]
