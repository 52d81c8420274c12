"""Density (are the pictures like real ones?) and coverage (are all real ones matched?), robust against outliers.

Reference: Naeem et al. 2020, Reliable Fidelity and Diversity Metrics for Generative Models, arXiv:2002.09797.
"""

from __future__ import annotations

import numpy as np

from training.measure.distances import pairwise

NEIGHBORS = 5


def density_coverage(real: np.ndarray, fake: np.ndarray, neighbors: int = NEIGHBORS) -> tuple[float, float]:
    """Density and coverage, averaged over as many disjoint groups of `fake`, each of N rows, as there are.

    Both depend on how many rows are compared, so every group is as large as `real`; where `fake` has fewer rows,
    the first rows of `real` stand for all.

    Args:
        real: Features (N, F) of real pictures in random order, N > neighbors.
        fake: Features (M, F) in random order, M > neighbors.
        neighbors: k; the ball around a real picture reaches to its k-th nearest other real picture.

    Returns:
        Density: mean number of balls that a fake lies in, over k; about 1 for equal distributions, may exceed 1.
        Coverage: share of balls that hold a fake, 0 to 1; about 1 - 2**-k for equal distributions.
    """
    size = min(len(real), len(fake))
    if size <= neighbors:
        raise ValueError(f"{neighbors} neighbors need at least {neighbors + 1} rows on both sides, got {size}.")
    real = real[:size]
    # Column 0 of the sorted distances is the row itself, at 0.
    radii = np.sort(pairwise(real, real), axis=1)[:, neighbors]
    values = []
    for start in range(0, len(fake) - size + 1, size):
        inside = pairwise(real, fake[start : start + size]) < radii[:, None]  # (real, fake)
        values.append((inside.sum(axis=0).mean() / neighbors, inside.any(axis=1).mean()))
    density, coverage = np.mean(values, axis=0)
    return float(density), float(coverage)
