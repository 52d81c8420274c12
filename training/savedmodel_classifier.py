"""Writes a classifier as a SavedModel with warm-up records (contract: `saved_models/README.md`)."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from training.models.classifier import features_of
from training.savedmodel import WARMUP_BATCH_SIZES
from training.warmup import write_warmup_records


def save_classifier(classifier: keras.Model, temperature: float, folder: Path):
    """Saves signatures `classify` (also `serving_default`) and `features`.

    `classify` turns image u8 [B, H, W, 3] into probabilities f32 [B, C], `features` into features f32 [B, F].

    Args:
        classifier: Model from pictures in [-1, 1] to logits, with a layer `features`.
        temperature: By which logits are divided.
        folder: Gets the SavedModel and `assets.extra/tf_serving_warmup_requests`.

    Raises:
        ValueError: What was written answers otherwise than the model.
    """
    shape = classifier.input_shape[1:]
    image_spec = tf.TensorSpec([None, *shape], tf.uint8, name="image")
    feature_model = features_of(classifier)
    module = tf.Module()
    module.variables_of_classifier = [variable.value for variable in classifier.variables]

    @tf.function(input_signature=[image_spec])
    def classify(image):
        return {"probabilities": ops.softmax(classifier(_scaled(image), training=False) / temperature)}

    @tf.function(input_signature=[image_spec])
    def features(image):
        return {"features": feature_model(_scaled(image), training=False)}

    signatures = {"serving_default": classify, "classify": classify, "features": features}
    tf.saved_model.save(module, str(folder), signatures=signatures)
    random = np.random.default_rng(0)
    requests = [{"image": random.integers(0, 256, (batch, *shape), dtype=np.uint8)} for batch in WARMUP_BATCH_SIZES]
    write_warmup_records(folder, "classify", requests)
    loaded = tf.saved_model.load(str(folder)).signatures["classify"]
    image = tf.constant(requests[1]["image"])
    worst = np.abs(loaded(image=image)["probabilities"].numpy() - classify(image)["probabilities"].numpy()).max()
    if not worst <= 1e-4:  # also catches NaN
        raise ValueError(f"The exported classifier differs from the trained one by {worst:.1e}: not exported.")


def _scaled(image):
    return tf.cast(image, tf.float32) / 127.5 - 1.0
