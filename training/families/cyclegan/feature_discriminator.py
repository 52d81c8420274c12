"""A discriminator that judges the features of a frozen, pretrained network instead of pixels.

Reference: Sauer 2021, "Projected GANs Converge Faster" (arXiv:2111.01007).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
from keras import layers


class _Network(NamedTuple):
    build: Callable[..., keras.Model]  # of keras.applications
    features: str  # layer to take them from, at an eighth of the resolution
    range: tuple[float, float]  # of the pixels it was trained on


NETWORKS = {
    "mobilenet_v2": _Network(keras.applications.MobileNetV2, "block_6_expand_relu", (-1.0, 1.0)),
    "mobilenet": _Network(keras.applications.MobileNet, "conv_pw_5_relu", (-1.0, 1.0)),
    "efficientnet_v2_b0": _Network(keras.applications.EfficientNetV2B0, "block4a_expand_activation", (0.0, 255.0)),
}


def build_feature_discriminator(
    height: int, width: int, network: str, weights: str, filters: int = 64, name: str = "discriminator"
) -> keras.Model:
    """Picture to one logit per 8×8 px, through the lower half of a frozen network and two 1×1 convolutions.

    Args:
        height: Of the pictures in pixels, at least 32.
        width: As `height`.
        network: A key of `NETWORKS`.
        weights: A file with the weights of the network without its top, or `"imagenet"` to download them.
        filters: Of the first 1×1 convolution.
        name: Name of the Keras model.

    Returns:
        A model from float `(B, height, width, 3)` in [-1, 1] to float32 logits `(B, h, w, 1)`, large for real pictures.

    Raises:
        ValueError: The pictures are too small, or the weights can't be had.
    """
    spec = NETWORKS[network]
    if min(height, width) < 32:
        raise ValueError(f"{network} cannot judge {width} × {height} px: it needs at least 32 px a side.")
    try:
        whole = spec.build(include_top=False, weights=weights, input_shape=(height, width, 3))
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise ValueError(
            f"{network} can't have its weights {weights} ({str(error).splitlines()[0]}): give a file with the weights "
            "of keras.applications, without the top, as --feature-weights."
        ) from None
    frozen = keras.Model(whole.input, whole.get_layer(spec.features).output, name=network)
    frozen.trainable = False
    low, high = spec.range
    image = keras.Input((height, width, 3), name="image")
    x = layers.Rescaling((high - low) / 2, (high + low) / 2)(image)
    x = frozen(x, training=False)
    x = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 1)(x))
    x = layers.Conv2D(1, 1)(x)  # (B, h, w, 1)
    return keras.Model(image, layers.Activation("linear", dtype="float32", name="logits")(x), name=name)
