"""Steps on several devices through tf.distribute, equal to the same steps on one device.

Every replica gets its rows of the global batch, draws random numbers for the whole batch and keeps its rows of them
(`own_rows`), shares BatchNorm's statistics, and moves its own copy of the variables by the gradients of the global
batch (`mean_of_replicas`). So all copies stay equal without ever being exchanged.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable

import tensorflow as tf

_own_batch = contextvars.ContextVar("pictures of the global batch that the running replica has", default=None)


def replicas() -> int:
    """How many devices, over all workers, share the batch of a step that is built or run here; 1 without a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def spread_over_replicas(step: Callable) -> Callable:
    """Makes a step of the global batch from one of a replica's share of it.

    Args:
        step: Its positional arguments are tensors, all with the batch as their first dimension; returns scalars by
            name, means over its batch.

    Returns:
        A function with the same arguments, to be called in every worker with its rows of the global batch, in the order
        of the workers, and the same results.
    """
    strategy = tf.distribute.get_strategy()

    def spread(*tensors, **options):
        def on_replica():
            own = [_own_part(tensor, len(strategy.extended.worker_devices)) for tensor in tensors]
            outer = _own_batch.set(own[0].shape[0])
            try:
                return step(*own, **options)
            finally:
                _own_batch.reset(outer)

        metrics = strategy.run(on_replica)
        return {name: strategy.reduce("MEAN", value, axis=None) for name, value in metrics.items()}

    return spread


def own_rows(draw: Callable, rows: int):
    """Draws for the global batch and keeps what one device would have drawn for this replica's pictures.

    Args:
        draw: Takes a number of rows and returns a tensor with as many.
        rows: How many are wanted, a multiple of the replica's batch: with two batches one after another, such as real
            and generated pictures, the first half is of the first.

    Returns:
        A tensor of `rows` rows.
    """
    batch = _own_batch.get()
    if batch is None:
        return draw(rows)
    replica = tf.distribute.get_replica_context()
    drawn = draw(rows * replica.num_replicas_in_sync)
    by_replica = tf.reshape(drawn, (rows // batch, replica.num_replicas_in_sync, batch, *drawn.shape[1:]))
    return tf.reshape(by_replica[:, replica.replica_id_in_sync_group], (rows, *drawn.shape[1:]))


def mean_of_replicas(gradients: list) -> list:
    """Gradients of a mean over the global batch, from those of the mean over each replica's share of it."""
    if _own_batch.get() is None:
        return gradients
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, gradients)


def _own_part(tensor: tf.Tensor, devices: int) -> tf.Tensor:
    """The rows of this replica, of those of its worker with so many devices."""
    replica = tf.distribute.get_replica_context()
    with tf.device("CPU:0"):  # where the batch is: only the share is copied to the replica's device
        parts = tf.reshape(tensor, (devices, -1, *tensor.shape[1:]))
        return parts[replica.replica_id_in_sync_group % devices]
