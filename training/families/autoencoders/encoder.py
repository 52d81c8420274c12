"""What the latent of a picture may be: the half of a variational autoencoder that the generator lacks.

Reference: Kingma and Welling 2014, "Auto-Encoding Variational Bayes" (arXiv:1312.6114).
"""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from datasets.manifest import Size
from training.gan.conditional import EMBEDDING_SIZE, LATENT_SIZE
from training.gan.critic import WIDTHS, halved
from training.gan.ramp import ramp


def build_encoder(size: Size, kinds: int, widths: tuple[int, ...] = WIDTHS, name: str = "encoder") -> keras.Model:
    """Picture and kinds to a normal distribution of latents, through the critic's convolutions.

    Args:
        size: Of the pictures, as `training.gan.critic.grid_of` allows.
        kinds: Number of kinds, K.
        widths: Filters as in `training.gan.critic.build_critic`.
        name: Name of the Keras model.

    Returns:
        A model from `{"image": (B, H, W, 3) in [-1, 1], "kind": (B, K), rows summing to 1}` to
        `{"mean": (B, 100), "log_variance": (B, 100)}`, float32; standard normal before the first step.
    """
    image, kind = keras.Input((size.height, size.width, 3), name="image"), keras.Input((kinds,), name="kind")
    x = layers.Flatten()(halved(image, size, widths))
    x = layers.Concatenate()([x, layers.Dense(EMBEDDING_SIZE, use_bias=False)(kind)])
    x = layers.LeakyReLU(0.2)(layers.Dense(widths[-1])(x))
    # Begun at the standard normal distribution: an encoder that has to come back to it from afar takes long.
    outputs = {
        name: layers.Dense(LATENT_SIZE, kernel_initializer="zeros", dtype="float32", name=name)(x)
        for name in ("mean", "log_variance")
    }
    return keras.Model({"image": image, "kind": kind}, outputs, name=name)


def latent_of(distribution, noise):
    """A draw from what the encoder gave, differentiable by it.

    Args:
        distribution: The encoder's output.
        noise: Standard normal, float32 `(B, 100)`.

    Returns:
        Float32 `(B, 100)`.
    """
    return distribution["mean"] + ops.exp(0.5 * distribution["log_variance"]) * noise


def kl_weight(recipe, step, total_steps: int):
    """What the Kullback-Leibler divergence weighs after so many steps, float32 scalar."""
    return recipe.kl_weight * ramp(step, 0.0, recipe.kl_warm_up * total_steps)


def minimized_bound(images, reconstruction, kl, recipe, step, total_steps: int):
    """The negative evidence lower bound, its divergence weighted as the recipe says, in nats per value of a picture.

    Args:
        images: The pictures, `(B, H, W, 3)`.
        reconstruction: In nats per picture, as `training.gan.losses.laplace_reconstruction` gives it.
        kl: In nats per picture, as `training.gan.losses.kl_divergence` gives it.
        recipe: Has `kl_weight` and `kl_warm_up`.
        step: Steps taken.
        total_steps: Of the training.

    Returns:
        Float32 scalar.
    """
    return (reconstruction + kl_weight(recipe, step, total_steps) * kl) / math.prod(images.shape[1:])
