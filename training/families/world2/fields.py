"""Fields on the sphere that worlds are drawn from: random waves, waves of latitude, and craters."""

from __future__ import annotations

import functools
import math

import numpy as np
from keras import ops

from training.families.world2.chances import OCTAVES, WAVES, Chances, mixed, normals, uniform
from training.families.world2.cube import FACES, cell_of, directions, neighbors

FIELDS = 4  # mixed of an octave's waves; a wave shows as stripes, a sum of many doesn't
CRATER_GRIDS = (8, 16, 32)  # cells along a face; in each cell is at most one crater

_LONGEST_WAVE = 1.5  # radians per radius, of the first octave; each has twice that of the one before
_LARGEST = 0.5  # radius of a crater, in cells: all that it reaches is at most one cell away
_SHARE = 0.3  # of the cells that have one


def random_waves(points, chances: Chances, octaves):
    """Gaussian fields, `FIELDS` of each of these octaves.

    Args:
        points: Unit vectors, float32 `(B, P, 3)` or `(1, P, 3)`.
        chances: Of B worlds.
        octaves: Numbers of octaves.

    Returns:
        Float32 `(B, P, FIELDS · octaves)`, of mean 0 and deviation 1.
    """
    waves, mixes = _waves()
    fields = []
    for octave in octaves:
        turned = ops.transpose(ops.matmul(waves[octave], chances.turn), (0, 2, 1))  # (B, 3, WAVES)
        heights = ops.cos(ops.matmul(points, turned) + chances.phases[:, octave : octave + 1])
        fields.append(ops.matmul(heights, mixes[octave]))
    return ops.concatenate(fields, axis=-1)


def zones(latitude):
    """Caps and zones: what tells how far north or south a place is, `(…, 3)`, of sines of latitudes `(…, 1)`."""
    return ops.concatenate([latitude, ops.abs(latitude), 2.0 * ops.square(latitude) - 1.0], axis=-1)


def bands(latitude, frequencies):
    """Waves of latitude, `(…, 2 · frequencies)`, of sines of latitudes `(…, 1)`."""
    return ops.concatenate([wave(number * latitude) for number in frequencies for wave in (ops.cos, ops.sin)], axis=-1)


def craters(points, chances: Chances):
    """Bowls and rims of craters of each size: in every cell of a grid there may be one, somewhere in it.

    Worley 1996, "A Cellular Texture Basis Function".

    Args:
        points: Unit vectors, float32 `(B, P, 3)`.
        chances: Of B worlds.

    Returns:
        Float32 `(B, P, 2 · sizes)` in 0..1.
    """
    found = []
    for size, n in enumerate(CRATER_GRIDS):
        centers = crater_centers(size, n, chances)  # (B, 6 n², 4)
        near = ops.take(centers, ops.convert_to_tensor(neighbors(n).reshape(-1)), axis=1)
        near = ops.reshape(near, (-1, 9 * 4))
        of_row = ops.arange(ops.shape(points)[0], dtype="int32")[:, None] * (FACES * n * n)
        near = ops.take(near, of_row + cell_of(points, n), axis=0)  # (B, P, 9 · 4): all that a point may lie in
        near = ops.reshape(near, (*ops.shape(near)[:2], 9, 4))
        squares = ops.sum(ops.square(points[:, :, None] - near[..., :3]), axis=-1) / near[..., 3]
        # The largest, not the sum: where three faces meet, one cell is counted twice.
        found.append(ops.max(ops.relu(1.0 - squares), axis=-1))
        found.append(ops.max(ops.relu(1.0 - 2.0 * ops.abs(squares - 1.0)), axis=-1))
    return ops.stack(found, axis=-1)


def crater_centers(size: int, n: int, chances: Chances):
    """Of each cell's crater the center and the square of its radius, float32 `(B, 6 n², 4)`."""
    numbers = uniform(mixed(size, 3 * FACES * n * n, chances.craters[:, size]))
    right, up, extent = ops.split(ops.reshape(numbers, (-1, 3, FACES * n * n)), 3, axis=1)
    index = ops.arange(FACES * n * n, dtype="int32")
    column, row = (ops.cast(one, "float32") for one in (index % n, index // n % n))
    center = directions(index // (n * n), (column + right[:, 0]) * (2.0 / n) - 1.0, 1.0 - (row + up[:, 0]) * (2.0 / n))
    largest = _LARGEST * math.pi / 2 / n
    squares = ops.relu(extent[:, 0] - (1.0 - _SHARE)) * (largest**2 / _SHARE)
    return ops.concatenate([center, squares[..., None] + 1e-9], axis=-1)


@functools.cache
def _waves() -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors in radians per radius, float32 `(OCTAVES, WAVES, 3)`, and mixes, `(OCTAVES, WAVES, FIELDS)`."""
    vectors = normals(0, OCTAVES, WAVES, 3)
    lengths = _LONGEST_WAVE * 2.0 ** (np.arange(OCTAVES)[:, None, None] + np.linspace(-0.4, 0.4, WAVES)[:, None])
    mixes = normals(1, OCTAVES, WAVES, FIELDS)
    # All waves alike, lest the network learn to pick one out: of ten fields with unlike waves it makes a weave.
    mixes *= math.sqrt(2.0 * FIELDS / WAVES) / np.linalg.norm(mixes, axis=-1, keepdims=True)
    vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True) * lengths
    return vectors.astype(np.float32), mixes.astype(np.float32)
