"""Maps of a whole surface as arrays: read at any place, made smaller, and what follows from their colors.

A map is equirectangular, `(H, 2 H, C)`: longitude -180° at its left edge, the middles of the first and last row are the
poles. Axes as engines with a right hand have them: x towards 90° east, y north, z towards longitude 0.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_DULL, _SEA, _ICE = 0.95, 0.35, 0.6  # roughness


@dataclasses.dataclass(frozen=True)
class Places:
    """Where maps of one size are read, between their pixels, each of shape (...) or, of shares, (..., 1).

    Attributes:
        top: Row above.
        left: Column to the left.
        right: Column to the right.
        low_share: How much the row below counts.
        right_share: How much the column to the right counts.
    """

    top: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    low_share: Floats
    right_share: Floats


def places(height: int, directions: Floats) -> Places:
    """Where maps of so many rows have what lies in directions, unit vectors of shape (..., 3)."""
    x, y, z = (directions[..., i] for i in range(3))
    across = (np.arctan2(x, z) / np.pi + 1.0) * height - 0.5
    down = (0.5 - np.arcsin(np.clip(y, -1.0, 1.0)) / np.pi) * (height - 1)
    left, top = np.floor(across).astype(np.int64), np.clip(np.floor(down).astype(np.int64), 0, height - 2)
    columns = left % (2 * height), (left + 1) % (2 * height)
    return Places(top, *columns, (down - top)[..., None], (across - left)[..., None])


def at(surface: NDArray[Any], read: Places) -> Floats:
    """A map, of shape (H, 2 H, C), at places, bilinear: float32 of shape (..., C)."""
    upper, lower = (
        surface[row, read.left] * (1.0 - read.right_share) + surface[row, read.right] * read.right_share
        for row in (read.top, read.top + 1)
    )
    return (upper * (1.0 - read.low_share) + lower * read.low_share).astype(np.float32)


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
    sea = step(blue - np.maximum(red, green * 0.9), 0.04, 0.14) * step(-light, -0.5, -0.35)
    ice = step(np.minimum(np.minimum(red, green), blue), 0.7, 0.85)
    rough = _DULL + (_SEA - _DULL) * sea + (_ICE - _DULL) * ice * (1.0 - sea)
    return np.rint(255.0 * rough).astype(np.uint8)


def emissive_of(colors: NDArray[Any], glow: float) -> NDArray[np.uint8]:
    """The light of a surface's own: all of a star's, what is orange of lava.

    Args:
        colors: In 0..255, of shape (..., 3).
        glow: Share of the sun among its kinds, 0..1.

    Returns:
        uint8 of shape (..., 3), black where there is none.
    """
    if not glow:
        return np.zeros(colors.shape, np.uint8)
    hot = step((np.asarray(colors[..., 0], np.float32) - colors[..., 2]) / 255.0, 0.3, 0.6)
    whole = step(np.float32(glow), 0.6, 0.9)
    return np.rint(colors * (hot + (1.0 - hot) * whole)[..., None]).astype(np.uint8)


def step(values: Floats, low: float, high: float) -> Floats:
    """0 below, 1 above, smooth between."""
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
