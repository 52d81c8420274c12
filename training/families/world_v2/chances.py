"""What is left to chance about a world: what a latent's numbers mean, and random numbers that are the same for all.

A latent is one row of standard normal numbers. A world's noise has far more numbers than that: it is fixed patterns,
mixed by a few numbers of the latent, so that a latent on the way between two others is a world on the way between
theirs.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from keras import ops

from training.families.world_v2.rendering import matrix, unit

STYLE_SIZE = 24
OCTAVES = 6
WAVES = 32  # per octave
TURNS = 2  # in which the details that all worlds share are seen on a world
COPIES = 3  # of the maps that a world is pieced together from
TIP = 0.2  # radians, the deviation of a copy's tilt about either axis of the equator
PATTERNS = 8  # of which a noise is mixed
NOISES = 4  # one for each grid of the field

_LENGTHS = {
    "style": STYLE_SIZE,
    "phases": OCTAVES * WAVES,
    "turns": (1 + TURNS) * 4,
    "noises": NOISES * PATTERNS,
    "copies": COPIES * 4,
}
LATENT_SIZE = sum(_LENGTHS.values())


class Chances(NamedTuple):
    """A latent, taken apart.

    Attributes:
        style: Standard normal, float32 `(B, STYLE_SIZE)`; a code is made of it.
        phases: Of the waves, in radians, float32 `(B, OCTAVES, WAVES)`, all equally likely.
        turn: Rotations of the waves, float32 `(B, 3, 3)`, all equally likely.
        turns: Rotations of the details, float32 `(B, TURNS, 3, 3)`, all equally likely.
        noises: Shares of the patterns in each noise, float32 `(B, NOISES, PATTERNS)`, each row of length 1.
        copies: Rotations of the maps that a world is pieced together from, float32 `(B, COPIES, 3, 3)`: about the
            axis all equally likely, tipped a little.
    """

    style: object
    phases: object
    turn: object
    turns: object
    noises: object
    copies: object


def chances_of(latent) -> Chances:
    """Takes standard normal latents, float32 `(B, LATENT_SIZE)`, apart."""
    ends = np.cumsum(list(_LENGTHS.values()))[:-1].tolist()
    style, phases, turns, noises, copies = ops.split(latent, ends, axis=-1)
    turns = ops.reshape(_rotation(ops.reshape(turns, (-1, 4))), (-1, 1 + TURNS, 3, 3))
    return Chances(
        style,
        ops.reshape(2 * math.pi * uniform(phases), (-1, OCTAVES, WAVES)),
        turns[:, 0],
        turns[:, 1:],
        unit(ops.reshape(noises, (-1, NOISES, PATTERNS))),
        ops.reshape(_about_axis(ops.reshape(copies, (-1, 4))), (-1, COPIES, 3, 3)),
    )


def uniform(normals):
    """Standard normal numbers as ones that are uniform in 0..1."""
    return 0.5 + 0.5 * ops.erf(normals / math.sqrt(2.0))


def mixed(stream: int, count: int, shares):
    """`count` standard normal numbers for each row, mixed of the patterns of a stream.

    Args:
        stream: Which patterns, from 0.
        count: Numbers of a pattern.
        shares: Float32 `(B, PATTERNS)`, each row of length 1.

    Returns:
        Float32 `(B, count)`.
    """
    levels, scale = _patterns(stream, count)
    return ops.matmul(shares * scale, ops.cast(ops.convert_to_tensor(levels), "float32"))


@functools.cache
def normals(stream: int, *shape: int) -> np.ndarray:
    """Standard normal numbers that no release of NumPy changes, float64."""
    count = math.prod(shape)
    first, second = uniforms(stream, 2 * count).reshape(2, count)
    return (np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)).reshape(shape)


@functools.cache
def _patterns(stream: int, count: int) -> tuple[np.ndarray, float]:
    """Int8 `(PATTERNS, count)`, and what makes them standard normal: a model holds a million of them."""
    values = normals(1000 + stream, PATTERNS, count)
    return np.clip(np.rint(values * 32.0), -127, 127).astype(np.int8), 1.0 / 32.0


def uniforms(stream: int, count: int) -> np.ndarray:
    """In (0, 1), float64 `(count,)`."""
    words = np.random.Philox(key=np.array([7, stream], np.uint64)).random_raw(count)
    return ((words >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def _about_axis(normals):
    """Rotations `(B, 3, 3)` about y, all equally likely, tipped a little about x and z, of standard normal `(B, 4)`."""
    about = unit(normals[:, :2])
    half = TIP / 2 * normals[:, 2:]
    tipped = _rotation(ops.stack([ops.ones_like(half[:, 0]), half[:, 0], ops.zeros_like(half[:, 0]), half[:, 1]], -1))
    cos, sin = about[:, 0], about[:, 1]
    zero, one = ops.zeros_like(cos), ops.ones_like(cos)
    return ops.matmul(tipped, matrix([[cos, zero, sin], [zero, one, zero], [-sin, zero, cos]]))


def _rotation(quaternion):
    """Rotations `(B, 3, 3)`, uniform for standard normal `(B, 4)`: Shoemake 1992, "Uniform Random Rotations"."""
    w, x, y, z = (unit(quaternion)[:, i] for i in range(4))
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return matrix(rows)
