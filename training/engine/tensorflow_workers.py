"""Workers that tf.distribute connects."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterator

import tensorflow as tf

from datasets.errors import RequestError
from training.engine.workers import Workers


class TensorFlowWorkers(Workers):
    """All devices of this process (`"mirrored"`) or of all processes named by `TF_CONFIG` (`"multiworker"`).

    Raises:
        RequestError: `TF_CONFIG` is missing, names no worker, or addresses that don't serve.
    """

    _place = 0

    def __init__(self, strategy: str):
        if strategy == "multiworker":
            self.processes, self._place = _place_in_cluster()
            self.chief = self._place == 0
        self._strategy = _connect(strategy)
        self.replicas = self._strategy.num_replicas_in_sync

    def rows(self, batch_size: int) -> slice:
        own = batch_size // self.processes
        return slice(self._place * own, (self._place + 1) * own)

    def sharing(self) -> contextlib.AbstractContextManager:
        return self._strategy.scope()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        try:
            yield
        except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
            raise ConnectionError("Another worker was lost: start all workers again with --resume.") from error

    def gather(self, value: int) -> list[int]:
        if self.processes == 1:
            return [value]
        values = self._strategy.experimental_distribute_values_from_function(
            lambda replica: tf.constant([int(value)], tf.int64)
        )
        return self._strategy.gather(values, axis=0).numpy().tolist()


@functools.cache  # two in one process would mix up their messages
def _connect(strategy: str) -> tf.distribute.Strategy:
    tf.get_logger().setLevel("ERROR")  # it would tell of each device, and warn of every CPU
    if strategy == "mirrored":
        return tf.distribute.MirroredStrategy()
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise RequestError(
            f"The workers in TF_CONFIG do not connect ({error.message}): see that the address of each is free on its "
            "machine and can be reached from the others."
        ) from error


def _place_in_cluster() -> tuple[int, int]:
    """How many processes there are, and which one this is; the first one is the chief."""
    example = '{"cluster": {"worker": ["one:2222", "two:2222"]}, "task": {"type": "worker", "index": 0}}'
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        cluster, task = config["cluster"], config["task"]
        everyone = [(kind, index) for kind in ("chief", "worker") for index in range(len(cluster.get(kind, ())))]
        place = everyone.index((task["type"], int(task["index"])))
    except (KeyError, TypeError, ValueError):
        raise RequestError(
            f"--strategy multiworker needs TF_CONFIG in the environment of each worker, such as {example}."
        ) from None
    return len(everyone), place
