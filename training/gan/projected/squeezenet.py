"""What SqueezeNet 1.1, trained on ImageNet, sees in pictures: a frozen network that gradients pass through.

Reference: Iandola 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size"
(arXiv:1602.07360). Weights and their license: `weights/README.md`.
"""

from __future__ import annotations

import functools
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

WEIGHTS = Path(__file__).with_name("weights") / "squeezenet_1_1.npz"
FIRES = range(2, 10)  # as the paper numbers its modules
TAPPED = (3, 5, 9)  # the last module of each resolution
TAP_WIDTHS = (128, 256, 512)

_POOLED = (4, 6)  # modules before which the grid is halved
_MEAN = np.float32([103.939, 116.779, 123.68])  # of ImageNet's blue, green and red, in 0..255


@keras.saving.register_keras_serializable("planet_generator")
class SqueezeNet(layers.Layer):
    """Pictures to the outputs of fire modules 3, 5 and 9.

    The weights are constants: no variables, nothing to train, to save or to average.

    Args:
        stride: Of the first convolution: 2 as it was trained, or 1 to see small pictures as if enlarged.
    """

    def __init__(self, stride: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.stride = stride

    def call(self, images):
        """Float `(B, H, W, 3)` in [-1, 1], RGB, to float `(B, h, w, C)`, at least 0, C as in `TAP_WIDTHS`.

        The first grid has about a half of the pictures' sides, or a quarter at stride 2; each further one halves it.
        """
        weights = constants()
        x = _convolve(images, *weights["conv1"], strides=self.stride)
        x = _halve(x)
        taps = []
        for fire in FIRES:
            if fire in _POOLED:
                x = _halve(x)
            x = _convolve(x, *weights[f"fire{fire}/squeeze1x1"])
            near, wide = (_convolve(x, *weights[f"fire{fire}/{name}"], "same") for name in ("expand1x1", "expand3x3"))
            x = ops.concatenate([near, wide], axis=-1)
            if fire in TAPPED:
                taps.append(x)
        return taps

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}


@functools.cache
def constants() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Kernels `(k, k, C, F)` and biases `(F,)` by layer, float32; the first for pictures in [-1, 1], RGB."""
    with np.load(WEIGHTS) as file:
        arrays = {name: file[name].astype(np.float32) for name in file.files}
    layers = {name: (arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name in layer_names()}
    kernel, bias = layers["conv1"]  # for blue, green, red minus their means
    bias = bias + np.einsum("hwcf,c->f", kernel, 127.5 - _MEAN)
    layers["conv1"] = (kernel[:, :, ::-1] * np.float32(127.5), bias)
    return layers


def layer_names() -> list[str]:
    """Those whose weights are used."""
    return ["conv1", *(f"fire{i}/{part}" for i in FIRES for part in ("squeeze1x1", "expand1x1", "expand3x3"))]


def _convolve(x, kernel, bias, padding="valid", strides=1):
    kernel, bias = ops.cast(kernel, x.dtype), ops.cast(bias, x.dtype)
    return ops.relu(ops.conv(x, kernel, strides=strides, padding=padding) + bias)


def _halve(x):
    return ops.max_pool(x, 3, strides=2, padding="same")
