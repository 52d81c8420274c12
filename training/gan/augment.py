"""Differentiable augmentation for planets on black, the same distribution for real and generated pictures.

Each operation is skipped with probability 1 - `probability`, so that the generator can tell it from the data and
does not learn to draw augmented pictures. Black sky stays black: colors are scaled, never shifted, and moved
pictures are filled with black.

References: Zhao 2020, "Differentiable Augmentation for Data-Efficient GAN Training" (arXiv:2006.10738);
Karras 2020, "Training Generative Adversarial Networks with Limited Data" (arXiv:2006.06676), section 2.2.
"""

from __future__ import annotations

import keras
from keras import ops

from training.engine import draws

MAX_ROTATION = 0.4  # radians
MAX_ZOOM_OUT = 0.25  # of the side; zooming in is limited to a fifth of it so that the limb stays inside
MAX_SHIFT = 0.1  # of the side


def augment(images, seed: keras.random.SeedGenerator, probability: float):
    """Saturation, gain, then one rotation + zoom + shift, each drawn per picture.

    Args:
        images: Float32 `(B, H, W, 3)` in [-1, 1], black sky at -1.
        seed: Source of the random draws.
        probability: Chance of each operation per picture, in 0..1.

    Returns:
        Float32 `(B, H, W, 3)`; values can pass 1 where the gain is above 1.
    """
    light = (recolor(images, seed, probability) + 1.0) * 0.5
    batch = ops.shape(images)[0]
    limits = ((-MAX_ROTATION, MAX_ROTATION), (-MAX_ZOOM_OUT / 5, MAX_ZOOM_OUT), *2 * [(-MAX_SHIFT, MAX_SHIFT)])
    angle, zoom, right, down = (_chosen((batch,), *ends, 0.0, seed, probability) for ends in limits)
    return _move(light, angle, 1.0 + zoom, right, down) * 2.0 - 1.0


def recolor(images, seed: keras.random.SeedGenerator, probability: float):
    """Saturation and gain alone; arguments and result as for `augment`."""
    shape = (ops.shape(images)[0], 1, 1, 1)
    light = (ops.cast(images, "float32") + 1.0) * 0.5
    gray = ops.mean(light, axis=-1, keepdims=True)
    light = (light - gray) * _chosen(shape, 0.3, 1.7, 1.0, seed, probability) + gray
    return light * _chosen(shape, 0.6, 1.4, 1.0, seed, probability) * 2.0 - 1.0


def _chosen(shape, low: float, high: float, neutral: float, seed: keras.random.SeedGenerator, probability: float):
    """U(low, high) with the wanted probability, the neutral value otherwise."""
    values = draws.uniform(shape, low, high, seed=seed)
    applied = draws.uniform(shape, seed=seed) < probability
    return ops.where(applied, values, neutral)


def random_flip(images, seed: keras.random.SeedGenerator):
    """Mirrors each picture left to right with probability 1/2.

    Args:
        images: Float `(B, H, W, C)`.
        seed: Source of the random draws.

    Returns:
        Float `(B, H, W, C)`.
    """
    mirrored = draws.uniform((ops.shape(images)[0], 1, 1, 1), seed=seed) < 0.5
    return ops.where(mirrored, ops.flip(images, axis=2), images)


def _move(images, angle, scale, right, down):
    """Rotates by `angle` (radians), shrinks by `scale` and shifts by fractions of the side; black outside."""
    height, width = images.shape[1:3]
    center_x, center_y = (width - 1) / 2, (height - 1) / 2
    cosine, sine = ops.cos(angle) * scale, ops.sin(angle) * scale
    shift_x = center_x - cosine * center_x + sine * center_y + right * width
    shift_y = center_y - sine * center_x - cosine * center_y + down * height
    zero = ops.zeros_like(angle)
    transform = ops.stack([cosine, -sine, shift_x, sine, cosine, shift_y, zero, zero], axis=1)  # (B, 8)
    return ops.image.affine_transform(images, transform, interpolation="bilinear", fill_mode="constant", fill_value=0.0)
