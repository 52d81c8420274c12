"""Writes a translator as a SavedModel with warm-up records (contract: `saved_models/README.md`)."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf

from training.saved.signatures import example_pictures, from_pixels, save_signatures, to_pixels


def save_translator(generator: keras.Model, folder: Path):
    """Saves signature `translate` (also `serving_default`): image u8 [B, H, W, 3] to image u8 [B, H, W, 3].

    Args:
        generator: Model from pictures in [-1, 1] to pictures in [-1, 1].
        folder: Gets the SavedModel and `assets.extra/tf_serving_warmup_requests`.
    """
    shape = generator.input_shape[1:]

    @tf.function(input_signature=[tf.TensorSpec([None, *shape], tf.uint8, name="image")])
    def translate(image):
        return {"image": to_pixels(generator(from_pixels(image), training=False))}

    save_signatures(
        folder, [generator], {"translate": translate}, lambda batch: {"image": example_pictures(batch, shape)}
    )
