"""An exponential moving average of a model."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from training import engine

_BATCHES, _BATCH_SIZE = 8, 16  # of latents, from which a generator takes its statistics


class ExponentialMovingAverage:
    """A copy of a model whose weights trail the original's.

    BatchNorm's statistics are not averaged: those of the trained weights are not those of the averaged ones. `settle`
    finds them, as Izmailov 2018, "Averaging Weights Leads to Wider Optima" (arXiv:1803.05407), section 3.2, does.

    Reference: Yazıcı 2019, "The Unusual Effectiveness of Averaging in GAN Training" (arXiv:1806.04498).

    Args:
        model: The model that is trained.
        decay: Share of the old average kept per update, in 0..1; lower during the first steps.
        batches: Typical inputs of the model, from which a model with BatchNorm takes its statistics.
    """

    def __init__(self, model: keras.Model, decay: float, batches: Sequence = ()):
        self.model = keras.models.clone_model(model)
        self.model.set_weights(model.get_weights())
        self.decay = decay
        self._batches = batches
        kind = keras.layers.BatchNormalization
        self._normalizations = [layer for layer in self.model.layers if isinstance(layer, kind)]
        if self._normalizations and not batches:
            raise ValueError("A model with BatchNorm needs batches to settle its statistics.")
        statistics = {id(variable) for layer in self._normalizations for variable in _statistics(layer)}
        pairs = zip(self.model.weights, model.weights, strict=True)
        self._pairs = [(average, value) for average, value in pairs if id(average) not in statistics]
        self._compiled_pass = engine.compile_function(
            lambda batch: self.model(batch, training=True), lambda: self.model.variables
        )

    @property
    def variables(self) -> list[keras.Variable]:
        return self.model.variables

    def update(self, step):
        """Moves the average towards the model; `step` counts the updates so far, an integer tensor of at least 1."""
        # A warm-up, so that the random first weights are forgotten: after n steps the average spans about n steps.
        decay = ops.minimum(self.decay, 1.0 - 1.0 / (ops.cast(step, "float32") + 1.0))
        for average, value in self._pairs:
            average.assign(average + (value - average) * (1.0 - decay))

    def settle(self) -> keras.Model:
        """The average as it can be used: with BatchNorm's statistics of what it makes of the batches."""
        if self._normalizations:
            for layer in self._normalizations:
                for variable in _statistics(layer):
                    variable.assign(ops.zeros(variable.shape))
            for batch in self._batches:
                self._compiled_pass(batch)
            for layer in self._normalizations:
                for variable in _statistics(layer):  # begun at zero, they have come this far from there
                    variable.assign(variable / (1.0 - layer.momentum ** len(self._batches)))
        return self.model


def _statistics(layer: keras.layers.BatchNormalization) -> tuple[keras.Variable, keras.Variable]:
    return layer.moving_mean, layer.moving_variance


def average_of_generator(generator: keras.Model, decay: float) -> ExponentialMovingAverage | None:
    """The average of a model with inputs `latent` and perhaps `kind`; None for a decay of 0, which turns it off."""
    if not decay:
        return None
    random = np.random.default_rng(0)
    sizes = {one.name: one.shape[-1] for one in generator.inputs}
    latents = random.standard_normal((_BATCHES, _BATCH_SIZE, sizes["latent"]), dtype=np.float32)
    if "kind" not in sizes:
        return ExponentialMovingAverage(generator, decay, list(latents))
    kinds = np.eye(sizes["kind"], dtype=np.float32)[np.arange(_BATCHES * _BATCH_SIZE) % sizes["kind"]]
    kinds = kinds.reshape(_BATCHES, _BATCH_SIZE, -1)
    batches = [{"latent": latent, "kind": kind} for latent, kind in zip(latents, kinds, strict=True)]
    return ExponentialMovingAverage(generator, decay, batches)
