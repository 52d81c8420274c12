"""Writes a classifier as a SavedModel with warm-up records (contract: `saved_models/README.md`)."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf
from keras import ops

from training.families.classifier.network import features_of
from training.saved.signatures import example_pictures, from_pixels, save_signatures


def save_classifier(classifier: keras.Model, temperature: float, folder: Path):
    """Saves signatures `classify` (also `serving_default`) and `features`.

    `classify` turns image u8 [B, H, W, 3] into probabilities f32 [B, C], `features` into features f32 [B, F].

    Args:
        classifier: Model from pictures in [-1, 1] to logits, with a layer `features`.
        temperature: By which logits are divided.
        folder: Gets the SavedModel.

    Raises:
        RequestError: What was written answers otherwise than the model.
    """
    shape = classifier.input_shape[1:]
    image_spec = tf.TensorSpec([None, *shape], tf.uint8, name="image")
    feature_model = features_of(classifier)

    @tf.function(input_signature=[image_spec])
    def classify(image):
        return {"probabilities": ops.softmax(classifier(from_pixels(image), training=False) / temperature)}

    @tf.function(input_signature=[image_spec])
    def features(image):
        return {"features": feature_model(from_pixels(image), training=False)}

    save_signatures(
        folder,
        [classifier],
        {"classify": classify, "features": features},
        lambda batch: {"image": example_pictures(batch, shape)},
    )
