"""Maps, looked up."""

from __future__ import annotations

import numpy as np


def sampled(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Colors in 0..1 of a map, uint8 `(H, 2 H, 3)`, at points of the unit sphere `(P, 3)`, bilinearly."""
    rows, columns = image.shape[:2]
    row = (0.5 - np.arcsin(np.clip(points[:, 1], -1, 1)) / np.pi) * (rows - 1)
    column = (np.arctan2(points[:, 0], points[:, 2]) / np.pi + 1) * rows - 0.5
    color = 0
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        y, x = np.floor(row) + i, np.floor(column) + j
        weight = np.maximum(0, 1 - np.abs(row - y)) * np.maximum(0, 1 - np.abs(column - x))
        near = image[np.clip(y, 0, rows - 1).astype(int), x.astype(int) % columns]
        color = color + weight[:, None] * near
    return (color / 255).astype(np.float32)
