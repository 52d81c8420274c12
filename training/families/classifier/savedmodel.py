"""Writes a classifier as a SavedModel with warm-up records (contract: `saved_models/README.md`)."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf
from keras import ops

from training.saved.signatures import example_pictures, from_pixels, save_signatures


def save_classifier(classifier: keras.Model, temperature: float, folder: Path):
    """Saves signature `classify`, also `serving_default`: image u8 [B, H, W, 3] to probabilities f32 [B, C].

    Args:
        classifier: Model from pictures in [-1, 1] to logits.
        temperature: By which logits are divided.
        folder: Gets the SavedModel.

    Raises:
        RequestError: What was written answers otherwise than the model.
    """
    shape = classifier.input_shape[1:]
    image_spec = tf.TensorSpec([None, *shape], tf.uint8, name="image")

    @tf.function(input_signature=[image_spec])
    def classify(image):
        return {"probabilities": ops.softmax(classifier(from_pixels(image), training=False) / temperature)}

    save_signatures(
        folder,
        [classifier],
        {"classify": classify},
        lambda batch: {"image": example_pictures(batch, shape)},
    )
