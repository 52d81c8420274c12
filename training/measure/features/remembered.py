"""Features of real pictures, computed once: kept in the cache folder under the hash of what they were computed from."""

from __future__ import annotations

import hashlib

import numpy as np

from training.measure.features.extractors import Extractor
from training.measure.features.weights import cache_folder
from training.records.files import write_whole


def remembered_features(extractor: Extractor, images: np.ndarray, description: str = "features") -> np.ndarray:
    """`extractor.features(images)`, float32 (N, F), from the cache if they were computed before.

    Args:
        extractor: Its name stands for its network and weights.
        images: uint8 (N, H, W, 3).
        description: Text of the progress bar.
    """
    images = np.ascontiguousarray(images)
    digest = hashlib.sha256(f"{extractor.name} {images.shape}".encode())
    digest.update(images)
    path = cache_folder() / "features" / f"{digest.hexdigest()[:32]}.npy"
    try:
        return np.load(path)
    except (OSError, ValueError, EOFError):  # never computed, or cut short
        features = extractor.features(images, description)
        write_whole(path, lambda partial: np.save(partial, features))
        return features
