"""A small residual network that names what a picture shows.

Reference: He 2016, "Deep Residual Learning for Image Recognition" (arXiv:1512.03385), its basic block.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from datasets.errors import RequestError

WIDTHS = (32, 48, 96, 192)  # filters of the stem and of each residual block; each halves the side


def build_classifier(size: int, classes: int, widths: tuple[int, ...] = WIDTHS, name: str = "classifier"):
    """Picture to logits: a 5×5 stem, one residual block per further width, the mean over the picture, a dense layer.

    Strides come early, so that a picture costs 25 million multiplications at 64 px.

    Args:
        size: Side of the picture in pixels, a multiple of 8, at least 16.
        classes: Number of classes, at least 2.
        widths: Filters of the stem and of the blocks.
        name: Name of the Keras model.

    Returns:
        A model from float `(B, size, size, 3)` in [-1, 1] to float32 logits `(B, classes)`. Its layer `features` gives
        what the logits are made from, float32 `(B, widths[-1])`.

    Raises:
        RequestError: The size or the number of classes can't be.
    """
    if size < 16 or size % 8:
        raise RequestError(f"The classifier cannot read {size} px: the side must be a multiple of 8, at least 16.")
    if classes < 2:
        raise RequestError(f"A classifier of {classes} class has nothing to tell apart: give at least 2 classes.")
    image = keras.Input((size, size, 3), name="image")
    x = AutoExposure()(image)
    x = layers.Conv2D(widths[0], 5, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(_normalized(x))  # (B, size/2, size/2, widths[0])
    for filters in widths[1:]:
        x = _halving_block(x, filters)
    x = layers.GlobalAveragePooling2D(dtype="float32", name="features")(x)
    return keras.Model(image, layers.Dense(classes, dtype="float32", name="logits")(x), name=name)


@keras.saving.register_keras_serializable("planet_generator")
class AutoExposure(layers.Layer):
    """Divides a picture by its brightest 4×4 px: how long it was exposed says nothing about what it shows.

    Float `(B, H, W, C)` in [-1, 1] to the same shape, black at 0, the brightest place near 1.
    """

    def call(self, x):
        light = (ops.cast(x, "float32") + 1.0) * 0.5
        gray = ops.mean(light, axis=-1, keepdims=True)
        brightest = ops.max(ops.average_pool(gray, 4, strides=4), axis=(1, 2), keepdims=True)
        return ops.cast(light / ops.maximum(brightest, 0.05), self.compute_dtype)


def _halving_block(x, filters: int):
    """`(B, h, w, C)` to `(B, h/2, w/2, filters)`."""
    shortcut = layers.AveragePooling2D(2, padding="same")(x)  # no pixel is left out, as a strided 1×1 would
    shortcut = _normalized(layers.Conv2D(filters, 1, use_bias=False)(shortcut))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(_normalized(x))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.add([_normalized(x), shortcut]))


def _normalized(x):
    return layers.BatchNormalization(momentum=0.95)(x)  # trainings of a thousand steps would not fill Keras' own memory
