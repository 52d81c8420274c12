"""Random numbers per picture: the same whether one device draws for a whole batch or several for a share each.

`keras.random` under another name, as long as one device trains.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from training import engine


def normal(shape, seed: keras.random.SeedGenerator):
    """Standard normal numbers, float32 `(rows, …)`; `rows` is the batch, or several batches one after another."""
    rows, *rest = shape
    return engine.own_rows(lambda rows: keras.random.normal((rows, *rest), seed=seed), rows)


def uniform(shape, low: float = 0.0, high: float = 1.0, *, seed: keras.random.SeedGenerator):
    """Uniform numbers in [low, high), float32, shaped as in `normal`."""
    rows, *rest = shape
    return engine.own_rows(lambda rows: keras.random.uniform((rows, *rest), low, high, seed=seed), rows)


class Dropout(layers.Dropout):
    """Keras' dropout, its masks drawn as above."""

    def call(self, inputs, training=False):
        if engine.replicas() == 1 or not training or not self.rate:
            return super().call(inputs, training=training)
        rows, *rest = inputs.shape

        def mask(rows):
            ones = ops.ones((rows, *rest), inputs.dtype)
            return keras.random.dropout(ones, self.rate, seed=self.seed_generator)

        return inputs * engine.own_rows(mask, rows)
