"""A convolution that can't enlarge what it is given."""

from __future__ import annotations

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("planet_generator")
class SpectralConv2D(layers.Layer):
    """A convolution without bias whose kernel, as a matrix of filters, is divided by its largest singular value.

    That value is estimated by one power iteration per call from where the last call in training left it.
    `keras.layers.SpectralNormalization` overwrites the kernel at each call instead, which TensorFlow's gradients don't
    see and JAX's do: the same step would differ by backend.

    Reference: Miyato 2018, "Spectral Normalization for Generative Adversarial Networks" (arXiv:1802.05957).

    Args:
        filters: Channels of the output.
        size: Side of the kernel.
        strides: As for `keras.layers.Conv2D`.
        padding: As for `keras.layers.Conv2D`.
    """

    def __init__(self, filters: int, size: int, strides: int = 1, padding: str = "valid", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.size = size
        self.strides = strides
        self.padding = padding

    def build(self, input_shape):
        # Lengths of vectors in half precision lose too many digits, so neither weight is cast.
        self.kernel = self.add_weight(
            shape=(self.size, self.size, input_shape[-1], self.filters),
            initializer="glorot_uniform",
            autocast=False,
            name="kernel",
        )
        self.direction = self.add_weight(
            shape=(self.filters, 1),
            initializer="random_normal",
            trainable=False,
            autocast=False,
            aggregation="mean",
            name="direction",
        )

    def call(self, x, training=False):
        kernel = self._normalized_kernel(training)
        return ops.conv(x, ops.cast(kernel, x.dtype), strides=self.strides, padding=self.padding)

    def get_config(self):
        own = {"filters": self.filters, "size": self.size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **own}

    def _normalized_kernel(self, training):
        matrix = ops.reshape(self.kernel, (-1, self.filters))
        outputs = _unit(ops.matmul(ops.stop_gradient(matrix), self.direction))
        direction = _unit(ops.matmul(ops.transpose(ops.stop_gradient(matrix)), outputs))
        if training:
            self.direction.assign(direction)
        outputs, direction = ops.stop_gradient(outputs), ops.stop_gradient(direction)
        return self.kernel / ops.sum(outputs * ops.matmul(matrix, direction))


def _unit(vector):
    return vector * ops.rsqrt(ops.sum(ops.square(vector)) + 1e-12)
