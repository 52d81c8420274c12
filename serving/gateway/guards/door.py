"""The door to the models: whatever the gateway has a model do goes through it, and not past its deadline."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
from flask import g

from serving.backends.base import Backend, DeadlineExceeded, ModelVersion
from serving.gateway.config import GatewayConfig


class ModelDoor:
    """Runs models by way of a backend.

    Args:
        backend: Where the models run.
        config: For the size of a batch, and how long a deadline was.
    """

    def __init__(self, backend: Backend, config: GatewayConfig) -> None:
        self._backend = backend
        self._config = config

    def run(
        self,
        model: ModelVersion,
        inputs: Mapping[str, np.ndarray],
        expires: float,
        *,
        signature: str = "serving_default",
        batch_size: int | None = None,
    ) -> dict[str, np.ndarray]:
        """Runs a signature on any number of rows, some at a time.

        Args:
            model: An available model.
            inputs: By name, with the same number of rows, at least 1.
            expires: `time.monotonic()` at which the answer is too late.
            signature: To call.
            batch_size: Most rows of a call, where these shall be fewer than the configuration's.

        Returns:
            Outputs by name, with a row for each of the inputs'.

        Raises:
            BackendError: As `Backend.predict`.
        """
        rows = len(next(iter(inputs.values())))
        step = min(self._config.batch_size, batch_size or rows)
        batches = []
        for start in range(0, rows, step):
            left_s = expires - time.monotonic()
            if left_s <= 0:
                raise DeadlineExceeded(f"The model {model.name} took longer than {self._config.deadline_s:g} s.")
            batch = {name: values[start : start + step] for name, values in inputs.items()}
            with g.timings.stage("model"):
                outputs = self._backend.predict(
                    model.name, batch, signature=signature, version=model.version, deadline=left_s
                )
            batches.append(outputs)
        if len(batches) == 1:
            return batches[0]
        return {name: np.concatenate([outputs[name] for outputs in batches]) for name in batches[0]}
