"""What the training loop asks of a trainer, whatever it trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import keras
import numpy as np


class Preview(NamedTuple):
    """What a model does with fixed inputs.

    Attributes:
        picture: uint8 `(H, W, 3)`, to look at.
        measures: Figures taken of it, by name, for the log.
        score: The figure by which the best checkpoint is chosen, lower is better; None if there is none.
        warning: What looks wrong and what to try, one sentence; None if nothing does.
    """

    picture: np.ndarray
    measures: Mapping[str, float]
    score: float | None = None
    warning: str | None = None


class Trainer(Protocol):
    """Models and optimizers that learn one batch at a time.

    Attributes:
        state: Every variable that a step reads or writes, by a name that is the same in each process.
        models: What to keep at the end, each saved as `NAME.weights.h5` in the run folder.
        facts: What `config.json` should say of the models: parameter counts, latent size, …
    """

    state: Mapping[str, keras.Variable]
    models: Mapping[str, keras.Model]
    facts: Mapping[str, object]

    def step(self, images, labels, index: int, *extras) -> dict:
        """Learns from one batch.

        Args:
            images: Float32 `(B, H, W, 3)` in [-1, 1].
            labels: Float32 `(B, C)`, 1 where the picture is of the class, else 0.
            index: Steps taken before this one.
            extras: What else the family's batches bring (`Family.feed`).

        Returns:
            Float32 scalar tensors by name, on JAX perhaps still being computed.
        """

    def preview(self) -> Preview:
        """Shows the models' present work; the same state gives the same preview."""


def named_variables(holders: Mapping[str, Iterable[keras.Variable]]) -> dict[str, keras.Variable]:
    """`{"model": [v, w]}` to `{"model/000": v, "model/001": w}`, as `Trainer.state` names them."""
    return {f"{holder}/{i:03d}": v for holder, variables in holders.items() for i, v in enumerate(variables)}
