"""Random fields of a latent: the chances that fine texture needs, deterministic and smooth in the latent.

A convolutional generator has nothing but its latent to make each pebble differ from the next; left to itself it weaves
one pattern over all pictures. Karras 2019, "A Style-Based Generator Architecture" (arXiv:1812.04948), section 3.2, adds
noise at every scale instead. Here the noise is a sum of plane waves whose phases the latent turns, so that the same
latent gives the same picture, and neighboring latents neighboring ones.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from keras import layers, ops

WAVES = 64
FIELDS = 8
_FREQUENCIES = (0.12, 0.45)  # cycles per pixel: what a grid of half the side can't show, up to what this one can


@keras.saving.register_keras_serializable("planet_generator")
class RandomFields(layers.Layer):
    """Gaussian random fields, as fine as a grid can show.

    Called with a latent float32 `(B, Z)`, standard normal; returns float32 `(B, height, width, FIELDS)`, each of mean
    0 and variance about 1.

    Args:
        height: Of the grid.
        width: Of the grid.
        seed: Of the waves' directions.
        **kwargs: As for `keras.layers.Layer`.
    """

    def __init__(self, height: int, width: int, seed: int, **kwargs):
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.height, self.width, self.seed = height, width, seed

    def build(self, shape):
        random = np.random.default_rng(self.seed)
        angles = random.uniform(0.0, 2.0 * math.pi, WAVES)
        frequencies = 2.0 * math.pi * random.uniform(*_FREQUENCIES, WAVES)
        offsets = random.uniform(0.0, 2.0 * math.pi, (FIELDS, 1, WAVES))
        turns = random.standard_normal((shape[-1], WAVES))
        turns *= math.pi / np.linalg.norm(turns, axis=0)  # phases of deviation π are all but uniform
        down = np.arange(self.height)[:, None] * frequencies * np.sin(angles) + offsets  # (FIELDS, height, WAVES)
        right = np.arange(self.width)[:, None] * frequencies * np.cos(angles)
        # As weights, so that no release of NumPy can change a planet. cos(r + d) = cos r · cos d - sin r · sin d, so
        # that rows and columns are computed apart.
        rows = np.stack([np.cos(down), -np.sin(down)], axis=2) * math.sqrt(2.0 / WAVES)
        self._turns = self._constant(turns, "turns")
        self._right = self._constant(right, "right")
        self._rows = self._constant(rows, "rows")  # (FIELDS, height, 2, WAVES)

    def call(self, latent):
        columns = self._right + (latent @ self._turns)[:, None]  # (B, width, WAVES)
        columns = ops.concatenate([ops.cos(columns), ops.sin(columns)], axis=-1)
        rows = ops.reshape(self._rows, (FIELDS * self.height, 2 * WAVES))
        fields = ops.reshape(columns @ ops.transpose(rows), (-1, self.width, FIELDS, self.height))
        return ops.transpose(fields, (0, 3, 1, 2))

    def compute_output_shape(self, shape):
        return shape[0], self.height, self.width, FIELDS

    def get_config(self):
        return {**super().get_config(), "height": self.height, "width": self.width, "seed": self.seed}

    def _constant(self, values: np.ndarray, name: str):
        initializer = keras.initializers.Constant(values.astype(np.float32))
        return self.add_weight(shape=values.shape, initializer=initializer, trainable=False, name=name)


def grained(x, latent, code, seed: int, name: str):
    """Features with random fields of the latent added, at first with weight 0.

    Args:
        x: Features `(B, H, W, C)`.
        latent: `(B, Z)`.
        code: `(B, N)`, which decides how strong each field is.
        seed: As for `RandomFields`.
        name: Of the layers.

    Returns:
        `(B, H, W, C)`.
    """
    fields = RandomFields(*x.shape[1:3], seed, name=f"{name}_fields")(latent)
    strength = layers.Dense(FIELDS, kernel_initializer="zeros", name=f"{name}_strength")(code)
    fields = layers.Multiply()([fields, layers.Reshape((1, 1, FIELDS))(strength)])
    return layers.add([x, layers.Conv2D(x.shape[-1], 1, use_bias=False, name=name)(fields)])
