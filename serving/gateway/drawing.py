"""Seeds to pixels, by way of the backend."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from serving.backends.base import Backend, DeadlineExceeded, ModelVersion
from serving.gateway.config import GatewayConfig
from serving.latents import latents


def draw(
    backend: Backend,
    model: ModelVersion,
    seeds: Sequence[int],
    kinds: NDArray[np.float32] | None,
    temperature: float,
    config: GatewayConfig,
    expires: float,
) -> NDArray[np.uint8]:
    """Draws planets, `config.batch_size` at a time.

    Args:
        backend: Where the model runs.
        model: An available generator.
        seeds: B seeds.
        kinds: float32 of shape (B, C), rows summing to 1; None for a model without kinds.
        temperature: Factor on the latents, which are standard normal.
        expires: `time.monotonic()` at which the answer is too late.

    Returns:
        uint8 of shape (B, H, W, 3).

    Raises:
        BackendError: As `Backend.predict`.
    """
    inputs = {"latent": latents(seeds, model.card["latent_size"]) * np.float32(temperature)}
    if kinds is not None:
        inputs["kind"] = kinds
    batches = []
    for start in range(0, len(seeds), config.batch_size):
        left_s = expires - time.monotonic()
        if left_s <= 0:
            raise DeadlineExceeded(f"The model {model.name} took longer than {config.deadline_s:g} s.")
        batch = {name: values[start : start + config.batch_size] for name, values in inputs.items()}
        outputs = backend.predict(model.name, batch, version=model.version, deadline=left_s)
        batches.append(outputs["image"])
    return np.concatenate(batches)
