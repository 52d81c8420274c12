"""How much pictures differ from one another."""

from __future__ import annotations

import numpy as np

from training.measure.distances import pairwise


def mean_distance(features: np.ndarray) -> float:
    """Mean distance of two different rows of features (N, F), N ≥ 2."""
    count = len(features)
    return float(pairwise(features, features).sum() / (count * (count - 1)))
