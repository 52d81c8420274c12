"""Features of a Keras model, batch by batch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import keras
import numpy as np
from tqdm import tqdm

_PIXELS = 32 * 128 * 128  # of a batch: bounds memory at all sizes alike


def features_of(
    model: keras.Model, images: np.ndarray, prepare: Callable[[np.ndarray], np.ndarray], description: str
) -> np.ndarray:
    """What a model says of pictures, computed batch by batch, scaled to one length.

    That length, √(F / 3), is KID's unit: its kernel (a·b / F + 1)³ magnifies outliers of features as they come, and
    these grow and shrink with the pictures' size. At this length it stays between 1 and (4/3)³.

    Args:
        model: Float32 (B, H, W, 3) to features (B, F).
        images: uint8 (N, H, W, 3), N ≥ 1.
        prepare: A batch of `images` to what the model takes.
        description: Text of the progress bar, which is shown on a terminal.

    Returns:
        float32 (N, F), each of length √(F / 3), but for zeros.
    """
    size = max(1, min(len(images), _PIXELS // (images.shape[1] * images.shape[2])))
    parts = []
    with tqdm(total=len(images), desc=description, unit=" pictures", disable=None, leave=False) as bar:
        for start in range(0, len(images), size):
            batch = images[start : start + size]
            # The last batch is filled up: another shape would have to be compiled.
            filled = np.concatenate([batch, batch[:1].repeat(size - len(batch), axis=0)])
            parts.append(model.predict_on_batch(prepare(filled))[: len(batch)])
            bar.update(len(batch))
    features = np.concatenate(parts).astype(np.float32, copy=False)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features * (np.float32((features.shape[1] / 3.0) ** 0.5) / np.maximum(lengths, 1e-6))


def digest_of(arrays: Iterable[np.ndarray]) -> str:
    """The first eight hexadecimal digits of the SHA-256 of numbers."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:8]
