"""Pictures of globes as pictures from other sides: a view widened by those between it and its neighbors."""

from __future__ import annotations

import math

import numpy as np
from keras import ops

_DARKEST_PLANET = 0.03  # of 1; below it is sky
_WITHIN_LIMB = 0.96  # of a globe's radius; beyond, pixels are partly sky


def turned(light, disc, angle, direction):
    """Globes as seen from beside the camera, in parallel projection.

    What the camera did not see repeats, mirrored at the limb, what lies in front of it.

    Args:
        light: Float32 `(B, H, W, C)`, black at 0: one globe each, in the middle.
        disc: Its place, float32 `(B, H, W, 1)`, 0 or 1, as `disc_of` finds it.
        angle: How far to turn, radians, float32 `(B, 1, 1, 1)`.
        direction: In which direction of the picture, radians from the right towards the bottom, float32 `(B, 1, 1, 1)`.

    Returns:
        Float32 `(B, H, W, C)`, black beyond the disc.
    """
    height, width = light.shape[1:3]
    x, y, z, radius = on_sphere(disc)
    along = x * ops.cos(direction) + y * ops.sin(direction)
    step = along * (ops.cos(angle) - 1.0) + z * ops.sin(angle)  # of each point, in that direction
    radius = radius * _WITHIN_LIMB
    column = (x + step * ops.cos(direction)) * radius + (width - 1) / 2
    row = (y + step * ops.sin(direction)) * radius + (height - 1) / 2
    return _sampled(light, column, row) * disc


def disc_of(light):
    """What of pictures `(B, H, W, C)`, black at 0, is no black sky: float32 `(B, H, W, 1)`, 0 or 1."""
    return ops.cast(ops.max(light, axis=-1, keepdims=True) > _DARKEST_PLANET, "float32")


def on_sphere(disc):
    """Each pixel's place on a unit sphere as large as the disc, in the middle of the picture.

    Args:
        disc: Float32 `(B, H, W, 1)`, 0 or 1.

    Returns:
        Right, down and towards the viewer, the latter 0 beyond the limb, float32 `(B, H, W, 1)`; and the sphere's
        radius in pixels, float32 `(B, 1, 1, 1)`.
    """
    height, width = disc.shape[1:3]
    y, x = np.meshgrid(np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2, indexing="ij")
    x, y = (np.float32(axis)[None, :, :, None] for axis in (x, y))
    radius = ops.sqrt(ops.maximum(ops.sum(disc, axis=(1, 2), keepdims=True) / math.pi, 1.0))
    x, y = x / radius, y / radius
    return x, y, ops.sqrt(ops.maximum(1.0 - x * x - y * y, 0.0)), radius


def _sampled(light, column, row):
    """Bilinear values of pictures at columns and rows, float32 `(B, H, W, 1)`; beyond the edges those of the edges."""
    height, width, channels = light.shape[1:]
    pixels = ops.reshape(light, (-1, height * width, channels))
    left, top = ops.clip(ops.floor(column), 0, width - 2), ops.clip(ops.floor(row), 0, height - 2)
    right_share, lower_share = ops.clip(column - left, 0.0, 1.0), ops.clip(row - top, 0.0, 1.0)
    corner = ops.reshape(ops.cast(top * width + left, "int32"), (-1, height * width, 1))

    def at(offset: int):
        return ops.reshape(ops.take_along_axis(pixels, corner + offset, axis=1), ops.shape(light))

    upper = at(0) * (1.0 - right_share) + at(1) * right_share
    lower = at(width) * (1.0 - right_share) + at(width + 1) * right_share
    return upper * (1.0 - lower_share) + lower * lower_share
