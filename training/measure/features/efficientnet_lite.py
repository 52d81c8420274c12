"""EfficientNet-Lite0, trained on ImageNet: the yardstick. Nothing is ever trained with it.

References: Tan & Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, arXiv:1905.11946;
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from keras import layers

from datasets.errors import RequestError
from training.measure.features.network import features_of
from training.measure.features.pytorch_file import read_pytorch_file
from training.measure.features.resizing import resize

_STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))  # blocks, stride of the first
_EPSILON = 1e-3
_SIDE = 224  # pixels


class EfficientNetLite:
    """An `Extractor`: the 1,280 averages below the top, of pictures resized to 224 px, as the network was trained.

    Attributes:
        name: With the first digits of the weights' SHA-256.
    """

    def __init__(self, weights: Path):
        """Loads weights; raises `RequestError` if they are none of this network, `OSError` if they can't be read."""
        self._model = build(read_pytorch_file(weights))
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        self.name = f"EfficientNet-Lite0 at {_SIDE} px (weights {digest[:8]})"

    def features(self, images: np.ndarray, description: str = "features") -> np.ndarray:
        return features_of(self._model, images, _prepare, description)


def build(arrays: Mapping[str, np.ndarray]) -> keras.Model:
    """The network below its top, as wide as its weights say.

    Args:
        arrays: By the names of the package `efficientnet_lite_pytorch`: convolutions (out, in, height, width).

    Returns:
        Pictures, float32 (B, H, W, 3) in about -1..1, to features, float32 (B, F), at least 0.

    Raises:
        RequestError: Arrays are missing or don't fit together.
    """
    try:
        image = keras.Input((None, None, 3), dtype="float32")
        folded: list[tuple[layers.Layer, list[np.ndarray]]] = []

        def convolved(x, name: str, norm: str, stride: int = 1, relu: bool = True):
            kernel, bias = _folded(arrays, name, norm)
            depthwise = "depthwise" in name
            # Weights come from the file: initializers that draw would move the global seed of a training.
            options = {"kernel_size": kernel.shape[:2], "strides": stride, "padding": "same", "dtype": "float32"}
            options |= {"depthwise_initializer" if depthwise else "kernel_initializer": "zeros"}
            layer = layers.DepthwiseConv2D(**options) if depthwise else layers.Conv2D(kernel.shape[3], **options)
            x = layer(x)
            folded.append((layer, [kernel, bias]))
            return layers.Activation("relu6", dtype="float32")(x) if relu else x

        x = convolved(image, "_conv_stem", "_bn0", stride=2)
        blocks = (f"_blocks.{index}." for index in itertools.count())
        for repeats, stride in _STAGES:
            x = _block(x, next(blocks), stride, arrays, convolved)
            for _ in range(repeats - 1):
                x = layers.Add(dtype="float32")([x, _block(x, next(blocks), 1, arrays, convolved)])
        x = convolved(x, "_conv_head", "_bn1")
        model = keras.Model(image, layers.GlobalAveragePooling2D(dtype="float32")(x), name="efficientnet_lite0")
        for layer, weights in folded:
            layer.set_weights(weights)
    except KeyError as error:
        raise RequestError(f"The weights lack {error}: they are not EfficientNet-Lite0's.") from None
    return model


def _block(x, prefix: str, stride: int, arrays: Mapping[str, np.ndarray], convolved):
    """An inverted residual's branch: 1×1 wider, but for the first block, depthwise, 1×1 narrower."""
    if f"{prefix}_expand_conv.weight" in arrays:
        x = convolved(x, f"{prefix}_expand_conv", f"{prefix}_bn0")
    x = convolved(x, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride)
    return convolved(x, f"{prefix}_project_conv", f"{prefix}_bn2", relu=False)


def _folded(arrays: Mapping[str, np.ndarray], name: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (height, width, in, out; depthwise: out, in) and bias of a convolution and the BatchNorm after it."""
    gain, shift, mean, variance = (
        arrays[f"{norm}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
    )
    gain /= np.sqrt(variance + _EPSILON)
    kernel = arrays[f"{name}.weight"] * gain[:, None, None, None]
    axes = (2, 3, 0, 1) if "depthwise" in name else (2, 3, 1, 0)
    return kernel.transpose(axes).astype(np.float32), (shift - mean * gain).astype(np.float32)


def _prepare(images: np.ndarray) -> np.ndarray:
    return (resize(images, (_SIDE, _SIDE)).astype(np.float32) - 127.0) / 128.0
