"""Kernel inception distance: how far apart two sets of pictures are as distributions, unbiased even for small sets.

Reference: Bińkowski et al. 2018, Demystifying MMD GANs, arXiv:1801.01401.
"""

from __future__ import annotations

import numpy as np


def kernel_distance(
    x: np.ndarray, y: np.ndarray, subset_size: int = 100, subsets: int = 100, seed: int = 0
) -> tuple[float, float]:
    """KID, the mean of `squared_mmd` over random subsets.

    Args:
        x: Features (N, F), N ≥ 2.
        y: Features (M, F), M ≥ 2.
        subset_size: Rows that each subset draws from `x`, and as many from `y`, without replacement; at most the
            rows of the smaller set are drawn.
        subsets: Number of subsets.
        seed: Of the subsets.

    Returns:
        Mean and standard deviation over the subsets, in the kernel's unit (papers print it ×1000). Equal
        distributions give 0 on average, so half of the time a bit less than 0.
    """
    random = np.random.default_rng(seed)
    size = min(subset_size, len(x), len(y))
    kernels = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    values = []
    for _ in range(subsets):
        of_x, of_y = (random.choice(len(rows), size, replace=False) for rows in (x, y))
        values.append(_mmd(kernels[0][of_x][:, of_x], kernels[1][of_y][:, of_y], kernels[2][of_x][:, of_y]))
    return float(np.mean(values)), float(np.std(values))


def squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy with the cubic kernel k(a, b) = (a·b / F + 1)³.

    Args:
        x: Features (N, F), N ≥ 2.
        y: Features (M, F), M ≥ 2.
    """
    if min(len(x), len(y)) < 2:
        raise ValueError(f"The kernel distance needs at least 2 rows on both sides, got {len(x)} and {len(y)}.")
    return _mmd(_kernel(x, x), _kernel(y, y), _kernel(x, y))


def _mmd(xx: np.ndarray, yy: np.ndarray, xy: np.ndarray) -> float:
    return _mean_of_pairs(xx) + _mean_of_pairs(yy) - 2.0 * float(xy.mean())


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a.astype(np.float64) @ b.astype(np.float64).T / a.shape[1] + 1.0) ** 3


def _mean_of_pairs(kernel: np.ndarray) -> float:
    """Mean over pairs of different rows; leaving out the diagonal makes the estimate unbiased."""
    count = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))
