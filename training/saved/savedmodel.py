"""Generators and discriminators as SavedModels with warm-up records (contract: `saved_models/README.md`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from training.saved.signatures import example_latents, example_pictures, from_pixels, save_signatures, to_pixels


def save_generator(generator: keras.Model, folder: Path):
    """Saves signature `generate`: latent f32 [B, Z] and, if it takes one, kind f32 [B, K] to image u8 [B, H, W, 3].

    Args:
        generator: Model with inputs `latent` and perhaps `kind` to pictures in [-1, 1].
        folder: Gets the SavedModel.
    """
    sizes = {one.name: one.shape[-1] for one in generator.inputs}
    specs = {name: tf.TensorSpec([None, size], tf.float32, name=name) for name, size in sizes.items()}
    if "kind" in sizes:

        @tf.function(input_signature=[specs["latent"], specs["kind"]])
        def generate(latent, kind):
            return {"image": to_pixels(generator({"latent": latent, "kind": kind}, training=False))}

    else:

        @tf.function(input_signature=[specs["latent"]])
        def generate(latent):
            return {"image": to_pixels(generator(latent, training=False))}

    def example(batch: int) -> dict[str, np.ndarray]:
        inputs = {"latent": example_latents(batch, sizes["latent"])}
        if "kind" in sizes:
            inputs["kind"] = np.eye(sizes["kind"], dtype=np.float32)[np.arange(batch) % sizes["kind"]]
        return inputs

    save_signatures(folder, [generator], {"generate": generate}, example)


def save_discriminator(discriminator: keras.Model, realness: Callable, folder: Path):
    """Saves signature `discriminate`: image u8 [B, H, W, 3] to realness f32 [B] in 0..1, whatever the kind.

    Args:
        discriminator: Model with input `image` in [-1, 1], perhaps also `kind`, and output `logit`.
        realness: Logits to the probability that a picture is real, in `keras.ops`.
        folder: Gets the SavedModel, what it needs for kinds included, so that a training can go on with it.
    """
    image = discriminator.get_layer("image").output
    alone = keras.Model(image, discriminator.get_layer("logit").output)

    @tf.function(input_signature=[tf.TensorSpec([None, *image.shape[1:]], tf.uint8, name="image")])
    def discriminate(image):
        return {"realness": realness(alone(from_pixels(image), training=False)[:, 0])}

    def example(batch: int) -> dict[str, np.ndarray]:
        return {"image": example_pictures(batch, image.shape[1:])}

    save_signatures(folder, [discriminator], {"discriminate": discriminate}, example)
