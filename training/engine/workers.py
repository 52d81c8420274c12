"""The processes and devices that share a training: one of each, or what a tf.distribute strategy finds."""

from __future__ import annotations

import contextlib

from training import engine

STRATEGIES = ("none", "mirrored", "multiworker")


class Workers:
    """One process with one device.

    Attributes:
        processes: How many train together.
        replicas: Devices that share a batch.
        chief: Whether this process is the one that writes the run folder.
    """

    processes = 1
    replicas = 1
    chief = True

    def sharing(self) -> contextlib.AbstractContextManager:
        """What is built in this context is shared by all devices."""
        return contextlib.nullcontext()

    def together(self) -> contextlib.AbstractContextManager:
        """In this context a lost process is a `ConnectionError`."""
        return contextlib.nullcontext()

    def gather(self, value: int) -> list[int]:
        """What each of them says, one value or more per process; all have to call this at the same point."""
        return [value]

    def meet(self):
        """Waits for all processes: one that leaves early takes its part of the network with it."""
        self.gather(0)


def join_workers(strategy: str, batch_size: int) -> Workers:
    """Finds the devices to train on, and connects with the other processes; call it before TensorFlow computes.

    Args:
        strategy: `"none"`: one device. `"mirrored"`: all GPUs of this machine, or its (logical) CPUs where it has no
            GPU. `"multiworker"`: those of all processes that the environment's `TF_CONFIG` names.
        batch_size: Pictures per step, of all devices together.

    Raises:
        ValueError: The strategy can't be had here, or the batch can't be shared out.
    """
    if strategy == "none":
        return Workers()
    if engine.BACKEND != "tensorflow":
        raise ValueError(
            f"--strategy {strategy} needs KERAS_BACKEND=tensorflow: on {engine.BACKEND} training uses one device."
        )
    from training.engine.tensorflow_workers import TensorFlowWorkers  # needs TensorFlow, which a JAX machine lacks

    workers = TensorFlowWorkers(strategy)
    if batch_size % workers.replicas:
        raise ValueError(
            f"--batch-size {batch_size} cannot be shared by {workers.replicas} devices: "
            f"use a multiple of {workers.replicas}."
        )
    return workers
