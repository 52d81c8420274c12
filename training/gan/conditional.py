"""A generator that draws the kind of picture asked for; the decoder of the autoencoders, too.

References: Mirza and Osindero 2014, "Conditional Generative Adversarial Nets" (arXiv:1411.1784); conditional batch
normalization after Dumoulin 2017, "A Learned Representation For Artistic Style" (arXiv:1610.07629).
"""

from __future__ import annotations

import keras
from keras import layers, ops

from datasets.manifest import Size
from training import engine
from training.gan.critic import grid_of
from training.gan.upsampled_conv import UpsampledConv2D

LATENT_SIZE = 100
EMBEDDING_SIZE = 64
WIDEST = 8  # times the filters at full size


def build_conditional_generator(size: Size, kinds: int, filters: int = 32, name: str = "generator") -> keras.Model:
    """Latent and kinds to a picture, through nearest-neighbor upsampling and 3×3 convolutions.

    Args:
        size: Of the pictures, as `training.gan.critic.grid_of` allows.
        kinds: Number of kinds, K.
        filters: Of the last block; they double from block to block below it, up to `WIDEST` times as many.
        name: Name of the Keras model.

    Returns:
        A model from `{"latent": (B, 100), standard normal, "kind": (B, K), rows summing to 1}` to float32
        `(B, H, W, 3)` in [-1, 1].
    """
    height, width, halvings = grid_of(size)
    widths = [filters * min(WIDEST, 2 ** (halvings - 1 - block)) for block in range(halvings)]
    latent, kind = keras.Input((LATENT_SIZE,), name="latent"), keras.Input((kinds,), name="kind")
    # Its length says nothing about a standard normal latent, but would scale every layer.
    direction = latent * ops.rsqrt(ops.mean(ops.square(latent), axis=-1, keepdims=True) + 1e-8)
    code = layers.Concatenate()([direction, layers.Dense(EMBEDDING_SIZE, use_bias=False)(kind)])
    x = layers.Dense(height * width * widths[0])(code)
    x = layers.Reshape((height, width, widths[0]))(x)
    x = layers.ReLU()(conditional_normalization(x, code, name="norm_0"))
    for block in range(halvings):
        x = UpsampledConv2D(widths[block], use_bias=False)(x)
        x = layers.ReLU()(conditional_normalization(x, code, name=f"norm_{block + 1}"))  # (B, 2 · h, 2 · w, C), …
    x = layers.Conv2D(3, 3, padding="same")(x)
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model({"latent": latent, "kind": kind}, image, name=name)


def conditional_normalization(x, code, name: str):
    """BatchNorm of `(B, h, w, C)` whose gain and shift a code `(B, N)` chooses; its layers' names begin with `name`."""
    channels = x.shape[-1]
    gain = layers.Dense(channels, kernel_initializer="zeros", bias_initializer="ones", name=f"{name}_gain")(code)
    shift = layers.Dense(channels, kernel_initializer="zeros", name=f"{name}_shift")(code)
    normal = layers.BatchNormalization(center=False, scale=False, synchronized=engine.replicas() > 1, name=name)(x)
    return normal * layers.Reshape((1, 1, channels))(gain) + layers.Reshape((1, 1, channels))(shift)
