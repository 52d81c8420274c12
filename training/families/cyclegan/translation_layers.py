"""Layers of networks that turn pictures into pictures: mirrored borders, instance normalization."""

from __future__ import annotations

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("planet_generator")
class MirrorPadding2D(layers.Layer):
    """Continues pictures beyond their borders by their mirror image.

    Args:
        padding: Pixels on each side, fewer than the picture has.
        mode: `"reflect"` begins with the pixel next to the border, `"symmetric"` with the border's own.
    """

    def __init__(self, padding: int, mode: str = "reflect", **kwargs):
        super().__init__(**kwargs)
        self.padding = padding
        self.mode = mode

    def call(self, x):
        around = (self.padding, self.padding)
        return ops.pad(x, ((0, 0), around, around, (0, 0)), mode=self.mode)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return batch, height + 2 * self.padding, width + 2 * self.padding, channels

    def get_config(self):
        return {**super().get_config(), "padding": self.padding, "mode": self.mode}


@keras.saving.register_keras_serializable("planet_generator")
class InstanceNormalization(layers.Layer):
    """Mean 0 and variance 1 over the pixels of each channel of each picture; nothing is learned.

    Reference: Ulyanov 2017, "Improved Texture Networks" (arXiv:1701.02096).

    Args:
        epsilon: Added to the variance.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, x):
        # Moments of half-precision numbers lose too many digits.
        return ops.cast(_normalize(ops.cast(x, "float32"), self.epsilon), x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


def _normalize(x, epsilon: float):
    """Its gradient is written out: what differentiation makes of it passes twice as often over the pixels."""

    @ops.custom_gradient
    def function(x):
        centered = x - ops.mean(x, axis=(1, 2), keepdims=True)
        scale = ops.rsqrt(ops.mean(ops.square(centered), axis=(1, 2), keepdims=True) + epsilon)
        normalized = centered * scale

        def gradient(upstream):
            along = ops.mean(upstream * normalized, axis=(1, 2), keepdims=True)
            return scale * (upstream - ops.mean(upstream, axis=(1, 2), keepdims=True) - normalized * along)

        return normalized, gradient

    return function(x)
