"""Some of the pictures that a generator drew lately, so that its discriminator does not forget them."""

from __future__ import annotations

import keras
from keras import ops

from training.engine import draws


class PicturePool:
    """Trades new pictures for older ones: half of the time, once it is full.

    Reference: Shrivastava 2017, "Learning from Simulated and Unsupervised Images through Adversarial Training"
    (arXiv:1612.07828), section 2.3.

    Args:
        size: Pictures to keep, at least 1.
        shape: Of a picture, `(H, W, 3)`.
        name: A name of its own.
    """

    def __init__(self, size: int, shape: tuple[int, int, int], name: str = "pool"):
        self._pictures = keras.Variable(ops.zeros((size, *shape)), trainable=False, name=name)
        self._filled = keras.Variable(0, dtype="int32", trainable=False, name=f"{name}_filled")

    @property
    def variables(self) -> list[keras.Variable]:
        return [self._pictures, self._filled]

    def trade(self, images, seed: keras.random.SeedGenerator):
        """Takes pictures in, and gives as many out: those themselves, or for some of them older ones.

        Args:
            images: Float32 `(B, H, W, 3)`, B known.
            seed: Source of the random draws.

        Returns:
            Float32 `(B, H, W, 3)`.
        """
        size = self._pictures.shape[0]
        pictures, filled, given = ops.copy(self._pictures), ops.copy(self._filled), []
        chances = draws.uniform((images.shape[0], 2), seed=seed)
        for index in range(images.shape[0]):
            image = images[index : index + 1]
            full = filled >= size
            swap = ops.logical_and(full, chances[index, 0] < 0.5)
            slot = ops.where(full, ops.cast(chances[index, 1] * size, "int32"), filled)
            old = ops.take(pictures, ops.reshape(slot, (1,)), axis=0)
            given.append(ops.where(swap, old, image))
            kept = ops.where(ops.logical_or(swap, ops.logical_not(full)), image, old)
            pictures = ops.scatter_update(pictures, ops.reshape(slot, (1, 1)), kept)
            filled = ops.minimum(filled + 1, size)
        self._pictures.assign(pictures)
        self._filled.assign(filled)
        return ops.concatenate(given)
