"""A world's surface drawn once, in the cells of a cube, for what shows most of it or shows it often: maps, and turns.

To read it there costs a fraction of what drawing it does. Details end at 192 cells a face; with 320 of them next to
nothing is lost (0.2 to 0.8 of 255 levels of a map on average).
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from training.families.world_v2.cube import FACES, cells, filtered, padded, pooled, sampled, sharpened

FINEST = 320  # cells along a face

_COARSEST = 144  # of those that are drawn; fewer would miss too much of the details
_SMOOTHING = 1 / 6  # share of each neighbor, in the cells of small pictures


def cells_for(side: int) -> int:
    """Cells along a face, for pictures of whole worlds of this side in px, or maps of this height.

    Those for small pictures are about as large as the pixels that face the viewer: then to read them smooths about as
    much as making pictures smaller does.
    """
    return next((n for most, n in ((64, _COARSEST // 2), (128, _COARSEST)) if side <= most), FINEST)


def bake(surface_at: Callable, n: int, footprint: float):
    """The surface in n cells along a face, as `cells_for` says.

    Args:
        surface_at: Unit vectors `(P, 3)`, and how far apart they lie in radii, `(P, 1)`, to albedo in 0..1 `(P, 3)` and
            height in radii `(P, 1)`.
        n: A divisor of 144, or more.
        footprint: How far apart the pixels lie that will be drawn, in radii.

    Returns:
        Albedo and height, as `training.families.world_v2.cube.sampled` reads them, float32 `(1, 6, n + 2, n + 2, 4)`.
    """
    drawn = max(n, _COARSEST)
    points = tf.reshape(cells(drawn), (-1, 3))
    apart = tf.fill((FACES * drawn * drawn, 1), footprint)
    baked = tf.reshape(tf.concat(surface_at(points, apart), axis=-1), (1, FACES, drawn, drawn, 4))
    if n > _COARSEST:
        return padded(sharpened(baked))
    return padded(pooled(filtered(baked, _SMOOTHING), n))


def read(baked, points):
    """Albedo in 0..1 `(P, 3)` and height in radii `(P, 1)` at unit vectors `(P, 3)`."""
    albedo, height = tf.split(sampled(baked, points[None])[0], [3, 1], axis=-1)
    return tf.clip_by_value(albedo, 0.0, 1.0), height
