"""Normals of the relief of a whole map, for engines that light it themselves; TensorFlow only, as exports are."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from training.families.world_v2.rendering import map_latitudes


def map_normals(height, steepest: float = math.inf):
    """Normals of a relief on the unit sphere, in the axes east, north and out of each place of its map.

    At the poles, where every direction is north or south, east is that of the column's longitude.

    Args:
        height: As a map, in radii, float32 `(H, 2 H)`, H even.
        steepest: Slope that none exceeds, as a tangent; as in `training.families.world_v2.rendering.bumped`.

    Returns:
        Unit normals, float32 `(H, 2 H, 3)`.
    """
    rows, columns = height.shape
    step = math.pi / (rows - 1)
    # Beyond a pole the rows come back on the other side of the globe.
    beyond = [tf.roll(height[row : row + 1], rows, axis=1) for row in (1, rows - 2)]
    padded = tf.concat([beyond[0], height, beyond[1]], axis=0)
    north = (padded[:-2] - padded[2:]) / (2.0 * math.sin(step))
    # Towards the poles columns crowd: neighbors are taken as far apart as those of other rows.
    ring = np.cos(map_latitudes(rows)[1:-1])
    apart = np.minimum(np.rint(1.0 / ring), columns // 4).astype(np.int32)
    chord = (2.0 * np.sin(apart * math.pi / rows) * ring).astype(np.float32)
    places, apart = tf.range(columns)[None, :], apart[:, None]
    after, before = (
        tf.gather(height[1:-1], (places + side) % columns, axis=1, batch_dims=1) for side in (apart, -apart)
    )
    quarter = columns // 4
    poles = tf.roll(north[:1], quarter, axis=1), tf.roll(north[-1:], -quarter, axis=1)
    east = tf.concat([poles[0], (after - before) / chord[:, None], poles[1]], axis=0)
    flatter = tf.math.rsqrt(1.0 + (east * east + north * north) / steepest**2)
    return tf.math.l2_normalize(tf.stack([-east * flatter, -north * flatter, tf.ones_like(east)], axis=-1), axis=-1)
