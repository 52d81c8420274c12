"""The same on a Ray cluster, whose machines share the folders of models and shards."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence

from serving.bake.oven import Oven
from serving.bake.plan import BakeError
from serving.bake.workers import Job, Made

_TRIES = 3  # of a shard whose machine went away
_AHEAD = 4  # shards in the queue for each worker


def on_ray(job: Job, shards: Sequence[int], address: str, cpus: float, gpus: float) -> Iterator[Made]:
    """Makes shards as tasks, each of which keeps its process' models for the next one.

    Args:
        job: What to make.
        shards: Those to make.
        address: Of the cluster; `local` starts one on this machine.
        cpus: CPUs that a task asks for.
        gpus: GPUs, or a share of one.

    Raises:
        BakeError: Ray isn't installed, or the cluster can't be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise BakeError("--ray needs Ray: pip install -r requirements-ray.txt") from None
    if not ray.is_initialized():
        try:
            ray.init(None if address == "local" else address, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise BakeError(f"The Ray cluster {address} can't be reached: {error}") from None

    @ray.remote(max_retries=_TRIES, retry_exceptions=True, num_cpus=cpus, num_gpus=gpus)
    def make(shard: int) -> Made:
        return job.make(_oven(job), shard)

    workers = max(1, int(ray.cluster_resources().get("CPU", 1) / cpus))
    todo = iter(shards)
    running = {make.remote(shard): shard for shard in itertools.islice(todo, _AHEAD * workers)}
    while running:
        [done], _ = ray.wait(list(running), num_returns=1)
        shard = running.pop(done)
        try:
            yield ray.get(done)
        except ray.exceptions.RayError as error:
            yield Made(shard, 0, f"its worker went {_TRIES + 1} times: {str(error).splitlines()[0]}")
        running |= {make.remote(shard): shard for shard in itertools.islice(todo, 1)}


_ovens: dict[str, Oven] = {}


def _oven(job: Job) -> Oven:
    """That of this process."""
    key = repr(job)
    if key not in _ovens:
        _ovens[key] = job.oven()
    return _ovens[key]
