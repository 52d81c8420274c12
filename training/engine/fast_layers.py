"""Keras' two-dimensional convolutions, computed by `training.engine.fast_convolution` where that is faster.

Names, weights and configuration are Keras' own, so that weights and checkpoints fit either kind of layer.
"""

from __future__ import annotations

import functools

import keras
from keras import layers, ops

from training import engine
from training.engine import fast_convolution

# By stride; 4×4 kernels of stride 2 have too few multiplications for saving some to pay.
_KERNEL_SIZES = {(1, 1): ((3, 3), (5, 5)), (2, 2): ((5, 5),)}
_LEAST_CHANNELS = 64  # fewer, and the transforms cost as much as they save
_LEAST_VALID_SIDE = 32  # pixels; "valid" padding computes a border that it throws away


class Conv2D(layers.Conv2D):
    """Keras' `Conv2D`; fast in float32 on processors, with stride 1 or 2; "valid" padding with stride 1 only."""

    def convolution_op(self, inputs, kernel):
        stride = self.strides[0]
        if self.groups > 1 or not _pays(self, inputs, stride**2 * inputs.shape[-1], self.filters):
            return super().convolution_op(inputs, kernel)
        if inputs.shape[1] % stride or inputs.shape[2] % stride:
            return super().convolution_op(inputs, kernel)
        if self.padding == "valid" and (stride > 1 or min(inputs.shape[1:3]) < _LEAST_VALID_SIDE):
            return super().convolution_op(inputs, kernel)
        kernel = ops.copy(kernel)  # to a tensor; TensorFlow lets no variable into a function with its own gradient
        outputs = fast_convolution.conv(inputs, kernel, stride)
        if self.padding == "valid":
            border = self.kernel_size[0] // 2
            outputs = outputs[:, border:-border, border:-border]
        return outputs


class Conv2DTranspose(layers.Conv2DTranspose):
    """Keras' `Conv2DTranspose`; fast in float32 on processors, with stride 1 or 2 and "same" padding."""

    def call(self, inputs):
        stride = self.strides[0]
        if self.output_padding is not None or self.padding != "same":
            return super().call(inputs)
        if not _pays(self, inputs, inputs.shape[-1], stride**2 * self.filters):
            return super().call(inputs)
        outputs = fast_convolution.conv_transpose(inputs, ops.copy(self.kernel), stride)
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)


def _pays(layer, inputs, channels: int, filters: int) -> bool:
    """Whether a layer is one of those that are computed faster, given the channels of its convolution of stride 1.

    It is not while a model is built or exported: the size of the batch is unknown then.
    """
    return (
        None not in inputs.shape
        and layer.kernel_size in _KERNEL_SIZES.get(tuple(layer.strides), ())
        and layer.data_format == "channels_last"
        and tuple(layer.dilation_rate) == (1, 1)
        and keras.backend.standardize_dtype(inputs.dtype) == layer.compute_dtype == "float32"
        and min(channels, filters) >= _LEAST_CHANNELS
        and _on_processors()
    )


@functools.cache
def _on_processors() -> bool:
    """Whether TensorFlow computes on processors; JAX's compiler is left to do as it knows best."""
    return engine.BACKEND == "tensorflow" and not keras.distribution.list_devices("gpu")
