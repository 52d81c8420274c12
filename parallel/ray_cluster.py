"""The same on a Ray cluster, whose machines have the project and the folders at the same paths."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from parallel.chunks import ParallelError, chunks_of, do

Task = TypeVar("Task")
Result = TypeVar("Result")

_TRIES = 3  # again, of a chunk whose machine went away, or whose work failed
_AHEAD = 4  # chunks in the queue for each worker


class RayCluster:
    """Connects, or starts a cluster on this machine.

    Args:
        address: Of the cluster; `local` starts one.
        cpus: CPUs that a chunk asks for.
        gpus: GPUs, or a share of one.

    Raises:
        ParallelError: Ray isn't installed, or the cluster can't be reached.
    """

    def __init__(self, address: str, cpus: float, gpus: float) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise ParallelError("--ray needs Ray: pip install -r requirements-ray.txt") from None
        self._ray, self._connected = ray, not ray.is_initialized()
        if self._connected:
            local = address == "local"
            options = {"include_dashboard": False} if local else {"address": address}
            try:
                ray.init(log_to_driver=False, **options)
            except Exception as error:  # of Ray's own kinds, of Python's, and plain ones
                what = "A Ray cluster can't be started here" if local else f"The Ray cluster {address} can't be reached"
                raise ParallelError(f"{what}: {error}") from None
        self._do = ray.remote(max_retries=_TRIES, retry_exceptions=True, num_cpus=cpus, num_gpus=gpus)(do)
        self._workers = max(1, int(ray.cluster_resources().get("CPU", 1) / cpus))

    def close(self) -> None:
        """Leaves the cluster, or ends it if it was started here."""
        if self._connected:
            self._ray.shutdown()

    def run(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        chunk: int = 1,
        failed: Callable[[Task, Exception], Result] | None = None,
    ) -> Iterator[tuple[Task, Result]]:
        """As `parallel.crew.Run`."""
        pickled = self._ray.put(pickle.dumps(work))
        chunks = chunks_of(tasks, chunk)
        running = {self._do.remote(pickled, some): some for some in islice(chunks, _AHEAD * self._workers)}
        while running:
            [done], _ = self._ray.wait(list(running), num_returns=1)
            some = running.pop(done)
            try:
                results = self._ray.get(done)
            except self._ray.exceptions.RayError as error:
                cause = _cause(error)
                if failed is None:
                    raise cause from None
                results = [failed(task, cause) for task in some]
            yield from zip(some, results, strict=True)
            running |= {self._do.remote(pickled, some): some for some in islice(chunks, 1)}


def _cause(error: Exception) -> Exception:
    """What the work raised, or that the workers went away."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, Exception):
        return cause
    return ParallelError(f"Workers went {_TRIES + 1} times: {str(error).splitlines()[0]}")
