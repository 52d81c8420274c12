"""Maps of a whole surface as arrays: read at any place, made smaller, and what follows from their colors.

A map is equirectangular, `(H, 2 H, C)`: longitude -180° at its left edge, the middles of the first and last row are the
poles. Axes as engines with a right hand have them: x towards 90° east, y north, z towards longitude 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_DULL, _SEA, _ICE = 0.95, 0.35, 0.6  # roughness


def at(surface: NDArray[Any], directions: Floats) -> Floats:
    """A map at places, bilinear.

    Args:
        surface: A map, of shape (H, 2 H, C).
        directions: Unit vectors, of shape (..., 3).

    Returns:
        float32 of shape (..., C).
    """
    height = surface.shape[0]
    x, y, z = (directions[..., i] for i in range(3))
    across = (np.arctan2(x, z) / np.pi + 1.0) * height - 0.5
    down = (0.5 - np.arcsin(np.clip(y, -1.0, 1.0)) / np.pi) * (height - 1)
    left, top = np.floor(across).astype(np.int64), np.clip(np.floor(down).astype(np.int64), 0, height - 2)
    right_share, low_share = (across - left)[..., None], (down - top)[..., None]
    columns = left % (2 * height), (left + 1) % (2 * height)
    upper, lower = (
        surface[row, columns[0]] * (1.0 - right_share) + surface[row, columns[1]] * right_share
        for row in (top, top + 1)
    )
    return (upper * (1.0 - low_share) + lower * low_share).astype(np.float32)


def smaller(surface: NDArray[Any], height: int) -> Floats:
    """A map with fewer rows, float32 of shape (height, 2 height, C); `height` divides the rows that there are."""
    rows, columns, channels = surface.shape
    if rows == height:
        return surface.astype(np.float32)
    narrow = surface.reshape(rows, 2 * height, columns // (2 * height), channels).mean(axis=2, dtype=np.float32)
    # Rows are not halved evenly, as the poles stay the middles of the first and the last.
    step = (rows - 1) / (height - 1)
    weights = np.maximum(0.0, 1.0 - np.abs(np.arange(rows)[None] - np.arange(height)[:, None] * step) / step)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return np.tensordot(weights, narrow, axes=1)


def roughness_of(colors: NDArray[Any]) -> NDArray[np.uint8]:
    """How rough a surface is, by its colors: seas shine, ice a little, all else is dull.

    Args:
        colors: In 0..255, of shape (..., 3).

    Returns:
        uint8 of shape (...), 255 for what has no highlight at all.
    """
    red, green, blue = (np.asarray(colors[..., i], np.float32) / 255.0 for i in range(3))
    light = (red + green + blue) / 3.0
    sea = _step(blue - np.maximum(red, green * 0.9), 0.04, 0.14) * _step(-light, -0.5, -0.35)
    ice = _step(np.minimum(np.minimum(red, green), blue), 0.7, 0.85)
    rough = _DULL + (_SEA - _DULL) * sea + (_ICE - _DULL) * ice * (1.0 - sea)
    return np.rint(255.0 * rough).astype(np.uint8)


def _step(values: Floats, low: float, high: float) -> Floats:
    """0 below, 1 above, smooth between."""
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
