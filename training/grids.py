"""Sample grids: many pictures in one PNG."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Float [-1, 1] to uint8 0..255, rounded, any shape."""
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Lays `(N, H, W, 3)` out in rows of `columns`, the last row filled up with black: `(R·H, columns·W, 3)`."""
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width, channels), images.dtype)
    padded[:count] = images
    grid = padded.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, channels)


def save_grid(images: np.ndarray, path: Path, columns: int = 8) -> np.ndarray:
    """Writes pictures in [-1, 1] as one PNG.

    Args:
        images: Float `(N, H, W, 3)` in [-1, 1].
        path: Where to; the folder is made if missing.
        columns: Pictures per row.

    Returns:
        The grid, uint8 `(rows·H, columns·W, 3)`.
    """
    grid = tile(to_uint8(images), columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    Image.fromarray(grid).save(partial, format="PNG")
    os.replace(partial, path)
    return grid
