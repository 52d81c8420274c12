"""A generator that draws another one's pictures twice as large, and the discriminator of its detail.

What is where, and in which color, the smaller picture has settled; what is left is local, and small convolutional
networks learn it from few pictures: Denton 2015, "Deep Generative Image Models using a Laplacian Pyramid of Adversarial
Networks" (arXiv:1506.05751). What the smaller picture has wrong is wrong pixel by pixel, and would be twice as ugly
twice as large, so the refiner sees it softened: Ho 2022, "Cascaded Diffusion Models" (arXiv:2106.15282), section 4.2.
There is more than one way to draw what that leaves open, so chances come with it (`training.families.refiner.grain`).
"""

from __future__ import annotations

import keras
from keras import layers, ops

from datasets.errors import RequestError
from datasets.manifest import Size
from training.families.planet.networks import LATENT_SIZE
from training.families.refiner.grain import grained
from training.gan.upsampled_conv import UpsampledConv2D

GENERATOR_WIDTHS = (40, 20)  # channels at the smaller and at the larger size
BLOCKS = 3  # at the smaller size
DISCRIMINATOR_WIDTHS = (32, 64, 128)  # of the stride-2 convolutions

_EMBEDDING_SIZE = 32


def build_refined_generator(base: keras.Model, size: Size, kinds: int, width: float, name: str) -> keras.Model:
    """A generator whose pictures another one has drawn first; only what it adds is trainable.

    Args:
        base: From `{"latent": (B, 128), "kind": (B, K)}` to pictures of half the side, in [-1, 1].
        size: Of the pictures.
        kinds: Number of kinds, K.
        width: Factor of the refiner's widths.
        name: Name of the Keras model.

    Returns:
        A model as `base`, of pictures of this size, with layers `base` and `refiner`.
    """
    base = keras.Model(base.input, base.output, name="base")
    base.trainable = False
    latent, kind = keras.Input((LATENT_SIZE,), name="latent"), keras.Input((kinds,), name="kind")
    small = softened(base({"latent": latent, "kind": kind}, training=False))
    image = build_refiner(size, kinds, width)({"image": small, "latent": latent, "kind": kind})
    return keras.Model({"latent": latent, "kind": kind}, image, name=name)


def build_refiner(size: Size, kinds: int, width: float = 1.0, name: str = "refiner") -> keras.Model:
    """A picture of half the side, softened, to one of this size.

    Args:
        size: Of the larger pictures, even.
        kinds: Number of kinds, K.
        width: Factor of all widths.
        name: Name of the Keras model.

    Returns:
        A model from `{"image": (B, H / 2, W / 2, 3) in [-1, 1], "latent": (B, 128), standard normal, "kind": (B, K),
        rows summing to 1}` to float32 `(B, H, W, 3)` in [-1, 1]: the smaller picture enlarged, and detail.
    """
    if size.height % 2 or size.width % 2:
        raise RequestError(f"A picture of {size} px is no smaller one twice as large: take an even --size.")
    image = keras.Input((size.height // 2, size.width // 2, 3), name="image")
    latent, kind = keras.Input((LATENT_SIZE,), name="latent"), keras.Input((kinds,), name="kind")
    code = layers.Dense(_EMBEDDING_SIZE, use_bias=False, name="embedding")(kind)
    coarse, fine = (max(1, round(one * width)) for one in GENERATOR_WIDTHS)
    x = layers.Conv2D(coarse, 3, padding="same", name="first")(image)
    for index in range(BLOCKS):
        inner = _styled(layers.LeakyReLU(0.2)(x), code, f"style_{index}")
        inner = grained(inner, latent, code, seed=index, name=f"grain_{index}")
        inner = layers.Conv2D(coarse, 3, padding="same", name=f"block_{index}_0")(inner)
        inner = layers.Conv2D(coarse, 3, padding="same", name=f"block_{index}_1")(layers.LeakyReLU(0.2)(inner))
        x = layers.add([x, inner])
    x = UpsampledConv2D(fine, name="enlarge")(layers.LeakyReLU(0.2)(x))
    x = grained(x, latent, code, seed=BLOCKS, name="grain_fine")
    x = layers.LeakyReLU(0.2)(_styled(x, code, "style_fine"))
    x = layers.LeakyReLU(0.2)(layers.Conv2D(fine, 3, padding="same", name="draw")(x))
    detail = layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", dtype="float32", name="detail")(x)
    enlarged = layers.UpSampling2D(2, interpolation="bilinear", dtype="float32", name="enlarged")(image)
    refined = ops.clip(layers.add([enlarged, detail]), -1.0, 1.0)
    outputs = layers.Activation("linear", dtype="float32", name="refined")(refined)
    return keras.Model({"image": image, "latent": latent, "kind": kind}, outputs, name=name)


def build_patch_critic(size: Size, kinds: int, width: float = 1.0, name: str = "discriminator") -> keras.Model:
    """Picture and kinds to logits of its patches of 38×38 px: whether they are real, and how well they fit the kinds.

    Args:
        size: Of the pictures, at least 16 px.
        kinds: Number of kinds, K.
        width: Factor of all widths.
        name: Name of the Keras model.

    Returns:
        A model from `{"image": (B, H, W, 3) in [-1, 1], "kind": (B, K), rows summing to 1}` to
        `{"logit": (B, H / 8, W / 8, 1), "kind_logit": (B, H / 8, W / 8, 1)}`, float32, rounded up; only the second
        depends on the kind.
    """
    image, kind = keras.Input((size.height, size.width, 3), name="image"), keras.Input((kinds,), name="kind")
    x = image
    for depth, channels in enumerate(DISCRIMINATOR_WIDTHS):
        x = layers.Conv2D(max(1, round(channels * width)), 4, strides=2, padding="same", name=f"block_{depth}")(x)
        x = layers.LeakyReLU(0.2)(x)
    channels = x.shape[-1]
    x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 3, padding="same", name="judge")(x))
    wanted = layers.Reshape((1, 1, channels))(layers.Dense(channels, use_bias=False, name="projection")(kind))
    outputs = {
        "logit": layers.Conv2D(1, 1, name="real")(x),
        "kind_logit": ops.sum(layers.Multiply()([x, wanted]), axis=-1, keepdims=True) / channels**0.5,
    }
    named = {name: layers.Activation("linear", dtype="float32", name=name)(one) for name, one in outputs.items()}
    return keras.Model({"image": image, "kind": kind}, named, name=name)


def shrunken(images):
    """Pictures `(B, H, W, 3)` at half the side, antialiased as `datasets.prepare` shrinks them."""
    height, width = images.shape[1:3]
    return ops.image.resize(images, (height // 2, width // 2), interpolation="bicubic", antialias=True)


def softened(images):
    """Pictures `(B, H, W, 3)` without what is finer than about four pixels: a binomial filter of 5×5 px."""
    images = ops.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="symmetric")
    for _ in range(4):
        images = ops.average_pool(images, 2, strides=1, padding="valid")
    return images


def _styled(x, code, name: str):
    """`x` with each channel scaled and shifted by a code, at first not at all."""
    channels = x.shape[-1]
    gain, shift = (
        layers.Reshape((1, 1, channels))(
            layers.Dense(channels, kernel_initializer="zeros", name=f"{name}_{part}")(code)
        )
        for part in ("gain", "shift")
    )
    return layers.add([x, layers.Multiply()([x, gain]), shift])
