"""Features of a Keras model, batch by batch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import keras
import numpy as np
from tqdm import tqdm

_BATCH_SIZE = 16


def features_of(
    model: keras.Model, images: np.ndarray, prepare: Callable[[np.ndarray], np.ndarray], description: str
) -> np.ndarray:
    """What a model says of pictures, computed batch by batch.

    Args:
        model: Float32 (B, H, W, 3) to features (B, F).
        images: uint8 (N, H, W, 3), N ≥ 1.
        prepare: A batch of `images` to what the model takes.
        description: Text of the progress bar, which is shown on a terminal.

    Returns:
        float32 (N, F).
    """
    size = min(len(images), _BATCH_SIZE)
    parts = []
    with tqdm(total=len(images), desc=description, unit=" pictures", disable=None, leave=False) as bar:
        for start in range(0, len(images), size):
            batch = images[start : start + size]
            # The last batch is filled up: another shape would have to be compiled.
            filled = np.concatenate([batch, batch[:1].repeat(size - len(batch), axis=0)])
            parts.append(model.predict_on_batch(prepare(filled))[: len(batch)])
            bar.update(len(batch))
    return np.concatenate(parts).astype(np.float32, copy=False)


def digest_of(arrays: Iterable[np.ndarray]) -> str:
    """The first eight hexadecimal digits of the SHA-256 of numbers."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:8]
