"""Finds the devices that share a training, and connects with the other processes."""

from __future__ import annotations

from datasets.errors import RequestError
from training import engine
from training.engine.workers import Workers


def join_workers(strategy: str, batch_size: int) -> Workers:
    """Finds the devices to train on, and connects with the other processes; call it before TensorFlow computes.

    Args:
        strategy: `"none"`: one device. `"mirrored"`: all GPUs of this machine, or its (logical) CPUs where it has no
            GPU. `"multiworker"`: those of all processes that the environment's `TF_CONFIG` names, on TensorFlow.
        batch_size: Pictures per step, of all devices together.

    Raises:
        RequestError: The strategy can't be had here, or the batch can't be shared out.
    """
    if strategy == "none":
        return Workers()
    if engine.BACKEND == "tensorflow":
        from training.engine.tensorflow_workers import TensorFlowWorkers  # needs TensorFlow, which a JAX machine lacks

        workers = TensorFlowWorkers(strategy)
    elif strategy == "mirrored":
        from training.engine.jax_workers import JaxWorkers

        workers = JaxWorkers()
    else:
        raise RequestError(
            f"--strategy {strategy} needs KERAS_BACKEND=tensorflow: on {engine.BACKEND} training uses the devices of "
            "one machine, with --strategy mirrored."
        )
    if batch_size % workers.replicas:
        raise RequestError(
            f"--batch-size {batch_size} cannot be shared by {workers.replicas} devices: "
            f"use a multiple of {workers.replicas}."
        )
    return workers
