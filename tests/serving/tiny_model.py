"""Real SavedModels under contract 2, small enough to write and load in a fraction of a second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LATENT_SIZE = 8
IMAGE_SIZE = 16  # px, both sides


def write_tiny_generator(
    saved_models: Path, name: str, version: int, class_names: Sequence[str] = (), image_size: int = IMAGE_SIZE
) -> Path:
    """Writes `saved_models/NAME/VERSION/`, a generator with random weights, and its card.

    Args:
        saved_models: Folder to write below; made if missing.
        name: Model name.
        version: Version number; it seeds the weights too, so two versions draw different pictures.
        class_names: Kinds of a conditional generator; unconditional if empty.
        image_size: Width and height of the pictures, px.

    Returns:
        The folder written.
    """
    import tensorflow as tf

    folder = saved_models / name / str(version)
    module = _generator(version, len(class_names), image_size)
    signature = module.generate.get_concrete_function()
    tf.saved_model.save(module, folder, signatures={"serving_default": signature, "generate": signature})
    write_card(folder, tiny_card(name, version, class_names, image_size))
    return folder


def tiny_card(name: str, version: int, class_names: Sequence[str] = (), image_size: int = IMAGE_SIZE) -> dict[str, Any]:
    """The card of a tiny generator, every key filled in."""
    return {
        "name": name,
        "version": version,
        "description": f"A {image_size} px generator with random weights, for tests.",
        "task": "generate",
        "image_size": {"width": image_size, "height": image_size},
        "latent_size": LATENT_SIZE,
        "class_names": list(class_names),
        "training_data": {"source": "none", "license": "none", "pictures": 0, "classes": list(class_names)},
        "recipe": {"architecture": "dense"},
        "seed": version,
        "images_seen": 0,
        "wall_time_s": 0.0,
        "hardware": "none",
        "metrics": {},
        "tensorflow": "2.20.0",
        "keras": "none",
        "output_license": "CC0-1.0",
        "created": "2025-01-01T00:00:00+00:00",
    }


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Writes `folder/assets.extra/card.json`."""
    path = folder / "assets.extra" / "card.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(card), encoding="utf-8")


def _generator(seed: int, kinds: int, image_size: int) -> Any:
    """A `tf.Module` whose `generate` maps latents (and kinds) to uint8 pictures through one dense layer."""
    import tensorflow as tf

    pixels = image_size * image_size * 3
    module = tf.Module()
    weights = tf.random.stateless_normal([LATENT_SIZE + kinds, pixels], seed=[seed, kinds])
    module.weights = tf.Variable(weights, name="weights")
    latent_spec = tf.TensorSpec([None, LATENT_SIZE], tf.float32, name="latent")
    kind_spec = tf.TensorSpec([None, kinds], tf.float32, name="kind")

    def draw(features: tf.Tensor) -> dict[str, tf.Tensor]:
        levels = (tf.tanh(features @ module.weights) + 1.0) * 127.5
        image = tf.reshape(tf.cast(tf.round(levels), tf.uint8), [-1, image_size, image_size, 3])
        return {"image": image}

    if kinds:
        module.generate = tf.function(
            lambda latent, kind: draw(tf.concat([latent, 2.0 * kind], axis=1)), input_signature=[latent_spec, kind_spec]
        )
    else:
        module.generate = tf.function(lambda latent: draw(latent), input_signature=[latent_spec])
    return module
