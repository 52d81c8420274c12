"""A convolution of a picture upsampled twice, without ever making the upsampled picture."""

from __future__ import annotations

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("planet_generator")
class UpsampledConv2D(layers.Conv2D):
    """`UpSampling2D(2)` (nearest) followed by a 3×3 `Conv2D` with "same" padding, in 4/9 of the multiplications.

    Each of the upsampled convolution's outputs sees only 2×2 pixels of the input, so it is a transposed convolution of
    stride 2 whose 4×4 kernel is the 3×3 one spread over the repeated pixels. Unlike a free 4×4 kernel it can't draw a
    checkerboard: Odena 2016, "Deconvolution and Checkerboard Artifacts".

    Args:
        filters: Channels of the output.
        **kwargs: As for `keras.layers.Layer`, and `use_bias`.
    """

    def __init__(self, filters: int, **kwargs):
        super().__init__(filters, **{**kwargs, "kernel_size": 3, "padding": "same"})

    def call(self, inputs):
        outputs = ops.conv_transpose(inputs, self._spread_kernel(), strides=2, padding="same")
        return ops.add(outputs, ops.cast(self.bias, outputs.dtype)) if self.use_bias else outputs

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return (batch, None if height is None else 2 * height, None if width is None else 2 * width, self.filters)

    def _spread_kernel(self):
        """`(4, 4, outputs, inputs)`."""
        kernel = ops.transpose(ops.flip(ops.copy(self.kernel), axis=(0, 1)), (0, 1, 3, 2))
        kernel = ops.pad(kernel, ((0, 1), (0, 0), (0, 0), (0, 0))) + ops.pad(kernel, ((1, 0), (0, 0), (0, 0), (0, 0)))
        return ops.pad(kernel, ((0, 0), (0, 1), (0, 0), (0, 0))) + ops.pad(kernel, ((0, 0), (1, 0), (0, 0), (0, 0)))
