"""Batches for the backend at hand: tf.data for TensorFlow, NumPy for JAX, in the same order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from keras import ops

from datasets.pictures import Pictures, batches
from training import engine
from training.grids import from_uint8


def training_batches(pictures: Pictures, batch_size: int, seed: int, first_step: int) -> Iterator:
    """Shuffled pictures without end.

    Args:
        pictures: The training split.
        batch_size: Pictures per batch.
        seed: Of the order.
        first_step: Where to begin, as if all steps before had been taken.

    Yields:
        Images, float32 `(batch_size, H, W, 3)` in [-1, 1], and labels, float32 `(batch_size, C)`, 1 where a picture is
        of the class, else 0.
    """
    classes = len(pictures.class_names)
    if engine.BACKEND == "tensorflow":
        from datasets.pipeline import make_dataset  # needs TensorFlow, which a JAX machine lacks

        dataset = make_dataset(pictures, batch_size=batch_size, labelled=True, seed=seed, first_step=first_step)
        return iter(dataset.map(lambda images, labels: (images, ops.one_hot(labels, classes))))
    one_hot = np.eye(classes, dtype=np.float32)
    return ((from_uint8(images), one_hot[labels]) for images, labels in batches(pictures, batch_size, seed, first_step))
