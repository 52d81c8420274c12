"""A discriminator that judges every patch of a picture by itself.

Reference: Isola 2017, "Image-to-Image Translation with Conditional Adversarial Networks" (arXiv:1611.07004),
section 3.2.2.
"""

from __future__ import annotations

import keras
from keras import layers

from datasets.errors import RequestError
from training.families.cyclegan.translation_layers import InstanceNormalization

_WIDEST = 8  # times the first convolution's filters


def build_patchgan(
    height: int, width: int, filters: int = 64, strided_layers: int = 3, name: str = "discriminator"
) -> keras.Model:
    """Picture to one logit per patch: 4×4 convolutions, `strided_layers` of stride 2, then two of stride 1.

    Args:
        height: Of the pictures in pixels.
        width: As `height`.
        filters: Of the first convolution; each further one doubles them, up to 8 times as many.
        strided_layers: 1 judges patches of 16×16 px, 2 of 34×34, 3 of 70×70 as in the paper, 4 of 142×142.
        name: Name of the Keras model.

    Returns:
        A model from float `(B, height, width, 3)` in [-1, 1] to float32 logits `(B, h, w, 1)`, large for real pictures.
    """
    if min(height, width) >> strided_layers < 3:
        raise RequestError(
            f"A PatchGAN with {strided_layers} strided layers cannot judge {width} × {height} px: it needs at least "
            f"{3 << strided_layers} px a side; take fewer --discriminator-layers."
        )

    def convolve(x, filters, stride):
        x = layers.ZeroPadding2D(1)(x)
        return layers.Conv2D(filters, 4, stride, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02))(x)

    image = keras.Input((height, width, 3), name="image")
    x = layers.LeakyReLU(0.2)(convolve(image, filters, 2))
    for depth in range(1, strided_layers + 1):
        x = convolve(x, filters * min(2**depth, _WIDEST), 2 if depth < strided_layers else 1)
        x = layers.LeakyReLU(0.2)(InstanceNormalization()(x))
    x = convolve(x, 1, 1)  # (B, h, w, 1)
    return keras.Model(image, layers.Activation("linear", dtype="float32", name="logits")(x), name=name)
