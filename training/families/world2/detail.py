"""What is finer than a field's cells: craters, ridges, wisps, drawn once, for all worlds, on a cube's faces.

Games texture terrain so: few materials, which a coarse map mixes. Here the map is learned, and half of the materials;
the others are grounds by rule. A world sees the same details as another, but turned as its chances say, and the decoder
mixes them as its own field says.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import layers, ops

from training.families.world2.chances import normals
from training.families.world2.cube import FACES, enlarged, padded, pooled, sampled, smoothed
from training.families.world2.field import CubeConv
from training.families.world2.ground import GROUNDS, grounds
from training.families.world2.initial import dense

DETAILS = 8  # channels, the last of them by rule

FINEST = 0.03  # radii: pixels that lie farther apart see less of them

_STREAM = 100  # the first of its noises


class _Grid(NamedTuple):
    """Cells along a face, channels of its convolutions, and how many noises it is told."""

    n: int
    channels: int
    noises: int


_GRIDS = (_Grid(16, 48, 16), _Grid(32, 48, 4), _Grid(64, 32, 4), _Grid(128, 16, 4))


@keras.saving.register_keras_serializable("planet_generator")
class Detail(layers.Layer):
    """The details that all worlds share, with a border as `training.families.world2.cube.sampled` reads it, float32
    `(1, 6, n + 2, n + 2, DETAILS)`, each channel of mean 0 and deviation 1.

    Called with any tensor: it makes the same of it.

    Args:
        width: Factor of the channels of its convolutions.
        **kwargs: As for `keras.layers.Layer`.
    """

    def __init__(self, width: float = 1.0, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.width = width
        widths = [max(1, round(grid.channels * width)) for grid in _GRIDS]
        self._first = [CubeConv(channels, name=f"first_{g.n}") for g, channels in zip(_GRIDS, widths, strict=True)]
        self._second = [CubeConv(channels, name=f"second_{g.n}") for g, channels in zip(_GRIDS, widths, strict=True)]
        self._fewer = [dense(channels, name=f"fewer_{g.n}") for g, channels in zip(_GRIDS, widths[1:], strict=False)]
        self._details = dense(DETAILS - GROUNDS, name="details")

    def build(self, input_shape):
        channels = 0
        for i, grid in enumerate(_GRIDS):
            shape = (1, FACES, grid.n, grid.n, grid.noises + channels)
            self._first[i].build(shape, (1, 1))
            shape = (*shape[:-1], self._first[i].channels)
            self._second[i].build(shape, (1, 1))
            if i + 1 < len(_GRIDS):
                self._fewer[i].build(shape)
                channels = self._fewer[i].units
        self._details.build(shape)

    def call(self, _):
        style = ops.ones((1, 1))  # that of all worlds: gains and shifts are learned, and the same for all
        x = None
        for i, grid in enumerate(_GRIDS):
            noise = normals(_STREAM + i, 1, FACES, grid.n, grid.n, grid.noises).astype("float32")
            coarser = [] if x is None else [enlarged(smoothed(self._fewer[i - 1](x)))]
            x = ops.concatenate([*coarser, ops.convert_to_tensor(noise)], axis=-1)
            x = self._second[i](self._first[i](x, style), style)
        x = self._details(x)
        # What the field's cells can draw is left to it, so that details fade with distance and leave nothing out.
        x = x - enlarged(enlarged(pooled(x, _GRIDS[-1].n // 4)))
        x = x - ops.mean(x, axis=(1, 2, 3), keepdims=True)
        x = x * ops.rsqrt(ops.mean(ops.square(x), axis=(1, 2, 3), keepdims=True) + 1e-6)
        return padded(ops.concatenate([x, ops.convert_to_tensor(grounds(_GRIDS[-1].n))], axis=-1))

    def compute_output_shape(self, input_shape):
        n = _GRIDS[-1].n
        return (1, FACES, n + 2, n + 2, DETAILS)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


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
