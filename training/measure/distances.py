"""Euclidean distances between two sets of features."""

from __future__ import annotations

import numpy as np


def pairwise(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances of every row of `a` to every row of `b`.

    Args:
        a: Features (N, F).
        b: Features (M, F).

    Returns:
        float64 (N, M), accurate to about 1e-7 of the features' spread: equal rows may be that far apart.
    """
    center = b.mean(axis=0, dtype=np.float64)  # large common offsets would cancel digits
    a, b = a - center, b - center
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * (a @ b.T)
    return np.sqrt(np.maximum(squared, 0.0))


def nearest(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest row of `b` to every row of `a`.

    Returns:
        Indices into `b`, int64 (N,), and the exact distances, float64 (N,): 0 for equal rows.
    """
    indices = pairwise(a, b).argmin(axis=1)
    return indices, np.linalg.norm(a.astype(np.float64) - b[indices], axis=1)
