"""Where the screenshots were taken from: views of globes and suns over them, drawn as they fall there."""

from __future__ import annotations

import math

import numpy as np
from keras import ops

SIGHT_SIZE = 8  # standard normal numbers that choose a sight
SUN = (0.36, 0.29, 0.89)  # in the viewer's axes, as far as screenshots tell

_NORTH, _SOUTH = 49.0, -54.0  # degrees, of the screenshots' upper and lower rows of views
_NORTHERN, _SOUTHERN = 0.3, 0.2  # shares of the screenshots; the others are taken above the equator


def sights(chances, known=None):
    """Views and suns.

    Args:
        chances: Standard normal, float32 `(B, SIGHT_SIZE)`.
        known: Latitudes in degrees and strengths of the sun, of pictures that are to be taken alike, float32 `(B, 2)`,
            NaN where they aren't known. None: they are for none.

    Returns:
        View and sun, as in `training.families.world_v2.rendering` (`turn_of`, `lit`), float32 `(B, 3)` each.
    """
    row, strength = (0.5 + 0.5 * ops.erf(chances[:, i : i + 1] / math.sqrt(2.0)) for i in range(2))  # uniform
    longitude = ops.arctan2(chances[:, 2:3], chances[:, 3:4]) * (180.0 / math.pi)  # uniform, and has no seam
    north, south = row < _NORTHERN, row > 1.0 - _SOUTHERN
    latitude = chances[:, 4:5] * 3.0 + ops.where(north, _NORTH, ops.where(south, _SOUTH, 0.0))
    light = ops.where(south, 0.35 + 0.45 * strength, 0.9 + 0.15 * strength)
    if known is not None:
        told, bright = known[:, :1], known[:, 1:]
        latitude = ops.where(ops.isfinite(told), told + chances[:, 4:5] * 3.0, latitude)
        light = ops.where(ops.isfinite(bright), bright * (0.9 + 0.15 * strength), light)
    view = ops.concatenate([longitude, latitude, ops.zeros_like(latitude)], axis=-1)
    sun = ops.convert_to_tensor(np.float32(SUN)) + 0.15 * chances[:, 5:]
    return view, sun * light / ops.sqrt(ops.sum(sun * sun, axis=-1, keepdims=True))
