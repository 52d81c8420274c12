"""Whose figures are known beforehand: features and a classifier that go by color, a generator that copies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from training.measure.features.resizing import resize

SIDE = 16  # pixels
LATENT_SIZE = 4
CLASSIFIER_KINDS = ("earth", "mars")


class Colors:
    """An extractor: 4 × 4 average colors, float32 (N, 48), scaled as all features are."""

    name = "colors"

    def features(self, images: np.ndarray, description: str = "") -> np.ndarray:
        colors = resize(images, (4, 4)).reshape(len(images), 48).astype(np.float32)
        return colors * np.float32(4.0) / np.maximum(np.linalg.norm(colors, axis=1, keepdims=True), 1e-6)


def write_classifier(folder: Path, side: int = SIDE) -> Path:
    """Bluer is earth, redder is mars."""

    @tf.function(input_signature=[tf.TensorSpec([None, side, side, 3], tf.uint8, name="image")])
    def classify(image):
        color = tf.reduce_mean(tf.cast(image, tf.float32), [1, 2])
        return {"probabilities": tf.nn.softmax(tf.stack([color[:, 2], color[:, 0]], axis=1))}

    signatures = {"serving_default": classify, "classify": classify}
    return _write(folder, tf.Module(), signatures, {"task": "classify", "class_names": CLASSIFIER_KINDS}, side)


def write_generator(folder: Path, pictures: np.ndarray, classes: tuple[str, ...], kinds: np.ndarray | None = None):
    """Draws the given pictures, chosen by the latent; of the kind asked for if `kinds` says each one's kind.

    Args:
        folder: `NAME/VERSION` to write.
        pictures: uint8 (N, SIDE, SIDE, 3).
        classes: What the card says that the model was trained on.
        kinds: Indices into `classes`, sorted (N,); equally many of each.
    """
    module = tf.Module()
    module.pictures = tf.Variable(pictures)
    latent_spec = tf.TensorSpec([None, LATENT_SIZE], tf.float32, name="latent")
    kind_spec = tf.TensorSpec([None, len(classes)], tf.float32, name="kind")

    def choose(latent, count):
        return tf.cast(tf.abs(latent[:, 0]) * 1000.0, tf.int32) % count

    def generate(latent):
        return {"image": tf.gather(module.pictures, choose(latent, len(pictures)))}

    def generate_kind(latent, kind):
        each = len(pictures) // len(classes)
        return {
            "image": tf.gather(module.pictures, each * tf.argmax(kind, 1, tf.int32) + choose(latent, each)),
        }

    if kinds is None:
        function = tf.function(generate, input_signature=[latent_spec])
    else:
        function = tf.function(generate_kind, input_signature=[latent_spec, kind_spec])
    card = {
        "task": "generate",
        "class_names": () if kinds is None else classes,
        "training_data": {"classes": classes},
        "metrics": {},
    }
    return _write(folder, module, {"serving_default": function, "generate": function}, card, SIDE)


def _write(folder: Path, module: tf.Module, signatures: dict[str, Any], card: dict[str, Any], side: int) -> Path:
    tf.saved_model.save(module, str(folder), signatures=signatures)
    card = {
        "name": folder.parent.name,
        "version": int(folder.name),
        "image_size": {"width": side, "height": side},
    } | card
    extra = folder / "assets.extra"
    extra.mkdir()
    (extra / "card.json").write_text(json.dumps(card))
    return folder
