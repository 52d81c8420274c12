"""Fields on the sphere that worlds are drawn from: random waves, streaks of winds, and waves of latitude."""

from __future__ import annotations

import functools
import math

import numpy as np
from keras import ops

from training.families.world_v2.chances import OCTAVES, WAVES, Chances, normals, uniforms

PROFILE_WAVES = 32
FIELDS = 4  # mixed of an octave's waves; a wave shows as stripes, a sum of many doesn't

_LONGEST_WAVE = 1.5  # radians per radius, of the first octave; each has twice that of the one before
_STREAKS = ((1.5, 5.0), (16.0, 64.0))  # radians per radius, along parallels and across


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
        heights = _cosines(points, turned, chances.phases[:, octave])
        fields.append(ops.matmul(heights, mixes[octave]))
    return ops.concatenate(fields, axis=-1)


def streaks(points, chances: Chances):
    """What winds draw: Gaussian fields that vary quickly from south to north and slowly along parallels.

    Args:
        points: Unit vectors, float32 `(1, P, 3)`.
        chances: Of B worlds.

    Returns:
        Float32 `(B, P, FIELDS)`, of mean 0 and deviation 1.
    """
    waves, mixes = _streaks()
    return ops.matmul(_cosines(points, waves.T[None], chances.phases[:, -1]), mixes)


def zones(latitude):
    """Caps and zones: what tells how far north or south a place is, `(…, 3)`, of sines of latitudes `(…, 1)`."""
    return ops.concatenate([latitude, ops.abs(latitude), 2.0 * ops.square(latitude) - 1.0], axis=-1)


def bands(latitude, frequencies):
    """Waves of latitude, `(…, 2 · frequencies)`, of sines of latitudes `(…, 1)`."""
    return ops.concatenate([wave(number * latitude) for number in frequencies for wave in (ops.cos, ops.sin)], axis=-1)


def profile_waves(latitude):
    """What profiles from pole to pole are summed of: cosines, the finer, the lower, `(…, PROFILE_WAVES)`, of sines of
    latitudes `(…, 1)`."""
    numbers = np.arange(PROFILE_WAVES, dtype=np.float32)
    return ops.cos((1.0 + latitude) * (math.pi / 2 * numbers)) * (1.0 + numbers) ** -0.5


def _cosines(points, waves, phases):
    """Waves `(B, P, N)` at points `(B, P, 3)`, of wave vectors `(B, 3, N)` and phases `(B, N)`.

    Phases go in as a fourth axis, on which all points lie at 1: one pass less over the largest of a field's tensors.
    """
    waves = ops.broadcast_to(waves, (*ops.shape(phases)[:1], *waves.shape[1:]))
    points = ops.concatenate([points, ops.ones_like(points[..., :1])], axis=-1)
    return ops.cos(ops.matmul(points, ops.concatenate([waves, phases[:, None]], axis=1)))


@functools.cache
def _waves() -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors in radians per radius, float32 `(OCTAVES, WAVES, 3)`, and mixes, `(OCTAVES, WAVES, FIELDS)`."""
    vectors = normals(0, OCTAVES, WAVES, 3)
    lengths = _LONGEST_WAVE * 2.0 ** (np.arange(OCTAVES)[:, None, None] + np.linspace(-0.4, 0.4, WAVES)[:, None])
    vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True) * lengths
    return vectors.astype(np.float32), _alike(normals(1, OCTAVES, WAVES, FIELDS))


@functools.cache
def _streaks() -> tuple[np.ndarray, np.ndarray]:
    """Wave vectors in radians per radius, float32 `(WAVES, 3)`, and mixes, `(WAVES, FIELDS)`."""
    (slowest, slow), (quick, quickest) = _STREAKS
    along, across, towards = uniforms(2, 3 * WAVES).reshape(3, WAVES)
    along, across = slowest * (slow / slowest) ** along, quick * (quickest / quick) ** across
    towards = 2.0 * np.pi * towards
    vectors = np.stack([along * np.cos(towards), across, along * np.sin(towards)], axis=-1)
    return vectors.astype(np.float32), _alike(normals(3, WAVES, FIELDS))


def _alike(mixes: np.ndarray) -> np.ndarray:
    """All waves count alike, lest the network learn to pick one out: of ten with unlike waves it makes a weave."""
    mixes = mixes * (math.sqrt(2.0 * FIELDS / WAVES) / np.linalg.norm(mixes, axis=-1, keepdims=True))
    return mixes.astype(np.float32)
