"""The yardstick's small version, for a training to choose its best checkpoint by: seconds, not minutes.

For the figures of a finished model see `training.evaluate`; these here are of fewer pictures.
"""

from __future__ import annotations

import numpy as np

from training.measure.density_coverage import density_coverage
from training.measure.diversity import mean_distance
from training.measure.features.extractors import Extractor, find_extractor
from training.measure.features.remembered import remembered_features
from training.measure.kid import squared_mmd

LARGEST_REFERENCE = 5000  # pictures of each split


class SmallYardstick:
    """Compares some hundred generated pictures, 240 say, with real ones whose features it holds.

    Args:
        training: Pictures that the generator is trained on, uint8 (N, H, W, 3); of more than 5,000 a fixed choice.
        holdout: Real pictures that it isn't trained on, uint8 (M, H, W, 3), M ≥ 6; as above.
        extractor: Of the features; the yardstick's if None, fetched before by `training.yardstick`.

    Attributes:
        name: The features' network and weights.

    Raises:
        RequestError: The features can't be had; the text says what to do.
    """

    def __init__(self, training: np.ndarray, holdout: np.ndarray, extractor: Extractor | None = None):
        self._extractor = extractor or find_extractor()
        self.name = self._extractor.name
        known, self._holdout = (
            remembered_features(self._extractor, _few(some), f"features of {sort}")
            for some, sort in ((training, "training"), (holdout, "held-out"))
        )
        self._real = np.random.default_rng(0).permutation(np.concatenate([known, self._holdout]))

    def measure(self, generated: np.ndarray) -> dict[str, float]:
        """Figures of pictures.

        Args:
            generated: uint8 (L, H, W, 3), L ≥ 6, of the real pictures' size; of all kinds alike.

        Returns:
            `kid_x1000`, `density`, `coverage` and `diversity`, as in `training.measure.summary`; density and coverage
            depend on the number of pictures, so compare those of as many.
        """
        features = self._extractor.features(generated, "features of samples")
        density, coverage = density_coverage(self._real[: len(features)], features)
        return {
            "kid_x1000": 1000.0 * squared_mmd(features, self._holdout),
            "density": density,
            "coverage": coverage,
            "diversity": mean_distance(features) / mean_distance(self._real),
        }


def _few(images: np.ndarray) -> np.ndarray:
    """All of them, or a fixed choice of as many as can be looked at before a training begins, in their order."""
    chosen = np.random.default_rng(0).permutation(len(images))[:LARGEST_REFERENCE]
    return images[np.sort(chosen)]
