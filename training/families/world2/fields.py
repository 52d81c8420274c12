"""Fields on the sphere that worlds are drawn from: random waves, and waves of latitude."""

from __future__ import annotations

import functools
import math

import numpy as np
from keras import ops

from training.families.world2.chances import OCTAVES, WAVES, Chances, normals

FIELDS = 4  # mixed of an octave's waves; a wave shows as stripes, a sum of many doesn't

_LONGEST_WAVE = 1.5  # radians per radius, of the first octave; each has twice that of the one before


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
