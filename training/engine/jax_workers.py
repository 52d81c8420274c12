"""The devices of one machine, on JAX."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import jax

from training.engine import jax_engine
from training.engine.workers import Workers


class JaxWorkers(Workers):
    """All devices of this process. Each has all weights and a part of every batch: XLA's SPMD partitioning makes of the
    step of one device that of all, so nothing in it depends on how many they are."""

    def __init__(self):
        self.replicas = jax.local_device_count()

    @contextlib.contextmanager
    def sharing(self) -> Iterator[None]:
        jax_engine.shared_devices[:] = jax.local_devices()
        try:
            yield
        finally:
            jax_engine.shared_devices.clear()
