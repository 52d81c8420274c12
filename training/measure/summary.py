"""All measures of one set of generated pictures."""

from __future__ import annotations

import numpy as np

from datasets.errors import RequestError
from training.measure.density_coverage import NEIGHBORS, density_coverage
from training.measure.diversity import mean_distance
from training.measure.kid import kernel_distance
from training.measure.memorization import memorization_ratio

FEWEST = 2 * NEIGHBORS  # pictures of each sort; with fewer, half of all others are neighbors

_SUBSET = 100  # pictures of each sort in a subset of KID


def summarize(generated: np.ndarray, training: np.ndarray, holdout: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Measures generated pictures, and real ones in the same way for comparison.

    KID compares with held-out pictures. Of these there are few, so that balls around them reach far: density and
    coverage compare with as many of all real pictures as were generated, or half of them, and once more with the
    held-out ones alone.

    Args:
        generated: Features (N, F).
        training: Features (M, F) of the pictures that the generator was trained on.
        holdout: Features (L, F) of real pictures that it never saw. N, M and L are at least `FEWEST`.
        seed: Of the order and the subsets.

    Returns:
        `kid_x1000`, `kid_x1000_std`, `density`, `coverage`, `memorization_ratio`; `diversity`, the mean distance of two
        generated pictures over that of two real ones; and what real pictures get: `kid_x1000_floor` and
        `kid_x1000_floor_std` of training pictures, `density_real` and `coverage_real` of the other half. Against the
        held-out ones alone: `density_holdout`, `coverage_holdout`, and of training pictures `density_holdout_real` and
        `coverage_holdout_real`.

    Raises:
        RequestError: There are too few pictures, or the held-out ones equal training pictures.
    """
    if min(len(generated), len(training), len(holdout)) < FEWEST:
        raise RequestError(
            f"Too few pictures to measure: {len(generated)} generated, {len(training)} training and {len(holdout)} "
            f"held-out ones; at least {FEWEST} of each are needed."
        )
    random = np.random.default_rng(seed)
    subset = min(_SUBSET, len(generated), len(training), len(holdout))
    kid, kid_std = kernel_distance(generated, holdout, subset, seed=seed)
    floor, floor_std = kernel_distance(training, holdout, subset, seed=seed)
    real = random.permutation(np.concatenate([training, holdout]))
    half = min(len(generated), len(real) // 2)
    density, coverage = density_coverage(real[:half], random.permutation(generated))
    density_real, coverage_real = density_coverage(real[:half], real[half : 2 * half])
    kept_apart = random.permutation(holdout)
    density_holdout, coverage_holdout = density_coverage(kept_apart, random.permutation(generated))
    density_holdout_real, coverage_holdout_real = density_coverage(kept_apart, random.permutation(training))
    return {
        "kid_x1000": 1000 * kid,
        "kid_x1000_std": 1000 * kid_std,
        "kid_x1000_floor": 1000 * floor,
        "kid_x1000_floor_std": 1000 * floor_std,
        "density": density,
        "coverage": coverage,
        "density_real": density_real,
        "coverage_real": coverage_real,
        "density_holdout": density_holdout,
        "coverage_holdout": coverage_holdout,
        "density_holdout_real": density_holdout_real,
        "coverage_holdout_real": coverage_holdout_real,
        "memorization_ratio": memorization_ratio(generated, training, holdout),
        "diversity": mean_distance(generated) / mean_distance(real),
    }
