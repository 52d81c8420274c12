"""What is finer than a field's cells: grounds (`training.families.world_v2.ground`), once for all worlds, on a cube.

Games texture terrain so: few materials, which a coarse map mixes. Here the map is learned. A world sees the same
details as another, but turned as its chances say, and the decoder mixes them as its own field says.
"""

from __future__ import annotations

import functools

import keras
import numpy as np
from keras import layers, ops

from training.families.world_v2.cube import FACES, padded, sampled, sharpened
from training.families.world_v2.ground import GROUNDS, grounds

DETAILS = len(GROUNDS)  # channels

FINEST = 0.03  # radii: pixels that lie farther apart see less of them

_CELLS = 192  # along a face


@keras.saving.register_keras_serializable("planet_generator")
class Detail(layers.Layer):
    """The details that all worlds share, with a border, float32 `(1, 6, n + 2, n + 2, DETAILS)`: read by
    `training.families.world_v2.cube.sampled`, each channel is of mean 0 and nearly deviation 1.

    Called with any tensor: it makes the same of it.
    """

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self._details = _details()  # here, so that no graph computes them

    def call(self, _):
        return ops.convert_to_tensor(self._details)

    def compute_output_shape(self, input_shape):
        return (1, FACES, _CELLS + 2, _CELLS + 2, DETAILS)


@functools.cache
def _details() -> np.ndarray:
    return ops.convert_to_numpy(padded(sharpened(ops.convert_to_tensor(grounds(_CELLS)))))


def details_at(detail, points, turns):
    """What details are at points of worlds that see them turned.

    Args:
        detail: As `Detail` gives it.
        points: Unit vectors, float32 `(B, P, 3)`.
        turns: Rotations, float32 `(B, T, 3, 3)`.

    Returns:
        Float32 `(B, P, T · DETAILS)`.
    """
    count = turns.shape[1]
    turned = ops.matmul(points[:, None], turns)  # (B, T, P, 3)
    found = ops.reshape(sampled(detail, ops.reshape(turned, (1, -1, 3))), (-1, count, ops.shape(points)[1], DETAILS))
    return ops.concatenate([found[:, i] for i in range(count)], axis=-1)
