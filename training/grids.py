"""Sample grids: many pictures in one PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from training.files import write_whole


def from_uint8(images: np.ndarray) -> np.ndarray:
    """uint8 0..255 to float32 [-1, 1], any shape."""
    return images.astype(np.float32) / 127.5 - 1.0


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


def save_picture(picture: np.ndarray, path: Path):
    """Writes uint8 `(H, W, 3)` in the format that the name ends with; the folder is made if missing."""
    write_whole(path, Image.fromarray(picture).save)
