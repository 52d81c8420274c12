"""An exponential moving average of a model, BatchNorm statistics included."""

from __future__ import annotations

import keras
from keras import ops


class ExponentialMovingAverage:
    """A copy of a model whose weights trail the original's.

    Reference: Yazıcı 2019, "The Unusual Effectiveness of Averaging in GAN Training" (arXiv:1806.04498).

    Args:
        model: The model that is trained.
        decay: Share of the old average kept per update, in 0..1; lower during the first steps.
    """

    def __init__(self, model: keras.Model, decay: float):
        self.model = keras.models.clone_model(model)
        self.model.set_weights(model.get_weights())
        self.decay = decay
        self._pairs = list(zip(self.model.weights, model.weights, strict=True))

    @property
    def variables(self) -> list[keras.Variable]:
        return self.model.variables

    def update(self, step):
        """Moves the average towards the model; `step` counts the updates so far, an integer tensor of at least 1."""
        # A warm-up, so that the random first weights are forgotten: after n steps the average spans about n steps.
        decay = ops.minimum(self.decay, 1.0 - 1.0 / (ops.cast(step, "float32") + 1.0))
        for average, value in self._pairs:
            average.assign(average + (value - average) * (1.0 - decay))
