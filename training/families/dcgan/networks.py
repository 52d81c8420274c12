"""The eight DCGANs of the first Planet Generator: variants v1 and v2 at 64, 128, 256 and 512 px.

Reference: Radford, Metz, Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks" (arXiv:1511.06434). The layer widths are those of the first project, to the parameter.
"""

from __future__ import annotations

import dataclasses

import keras
from keras import layers

from datasets.errors import RequestError
from training import engine
from training.engine.draws import Dropout

LATENT_SIZE = 100
SIZES = (64, 128, 256, 512)


@dataclasses.dataclass(frozen=True)
class Variant:
    generator_filters: tuple[int, int]  # of the first two transposed convolutions, strides 1 and 2
    discriminator_filters: tuple[int, int]  # of the two convolutions, stride 2 each
    discriminator_kernel: int


VARIANTS = {
    "v1": Variant(generator_filters=(64, 32), discriminator_filters=(32, 32), discriminator_kernel=3),
    "v2": Variant(generator_filters=(128, 64), discriminator_filters=(64, 128), discriminator_kernel=5),
}


def build_generator(variant: str, size: int, name: str = "generator", convolutions=layers) -> keras.Model:
    """Latent to picture: one dense layer, then three 5×5 transposed convolutions.

    Args:
        variant: A key of `VARIANTS`.
        size: Side of the picture in pixels, a multiple of 4 (the project trains `SIZES`).
        name: Name of the Keras model.
        convolutions: Where the convolutions come from: `keras.layers`, or `training.engine.fast_layers` to train.

    Returns:
        A model from float `(B, 100)`, standard normal, to float32 `(B, size, size, 3)` in [-1, 1].
    """
    first, second = _variant(variant).generator_filters
    side = _quarter(size)
    latent = keras.Input((LATENT_SIZE,), name="latent")
    x = layers.Dense(side * side * 256, kernel_initializer=_normal())(latent)
    x = _normalization()(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Reshape((side, side, 256))(x)  # (B, size/4, size/4, 256)
    for filters, stride in ((first, 1), (second, 2)):
        x = _upconvolution(convolutions, filters, stride)(x)
        x = _normalization()(x)
        x = layers.LeakyReLU(0.2)(x)  # (B, size/4, …, first), then (B, size/2, …, second)
    x = _upconvolution(convolutions, 3, 2)(x)  # (B, size, size, 3)
    return keras.Model(latent, layers.Activation("tanh", dtype="float32", name="image")(x), name=name)


def build_discriminator(variant: str, size: int, name: str = "discriminator", convolutions=layers) -> keras.Model:
    """Picture to one logit: two stride-2 convolutions, dropout 0.3 and one dense unit.

    Args:
        variant: A key of `VARIANTS`.
        size: Side of the picture in pixels, a multiple of 4.
        name: Name of the Keras model.
        convolutions: As in `build_generator`.

    Returns:
        A model from float `(B, size, size, 3)` in [-1, 1] to float32 logits `(B, 1)`, large for real pictures.
    """
    spec = _variant(variant)
    _quarter(size)
    image = x = keras.Input((size, size, 3), name="image")
    for filters in spec.discriminator_filters:
        x = convolutions.Conv2D(filters, spec.discriminator_kernel, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
        x = Dropout(0.3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1)(x)
    return keras.Model(image, layers.Activation("linear", dtype="float32", name="logit")(x), name=name)


def _variant(name: str) -> Variant:
    if name not in VARIANTS:
        raise RequestError(f"Unknown DCGAN variant {name!r}: choose one of {', '.join(VARIANTS)}.")
    return VARIANTS[name]


def _quarter(size: int) -> int:
    if size < 8 or size % 4:
        raise RequestError(f"A DCGAN cannot draw {size} px: the side must be a multiple of 4, at least 8.")
    return size // 4


def _normal() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def _normalization() -> layers.Layer:
    return layers.BatchNormalization(synchronized=engine.replicas() > 1)


def _upconvolution(convolutions, filters: int, stride: int) -> layers.Layer:
    return convolutions.Conv2DTranspose(
        filters, 5, strides=stride, padding="same", use_bias=False, kernel_initializer=_normal()
    )
