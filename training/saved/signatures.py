"""Signatures to SavedModels with warm-up records (contract: `saved_models/README.md`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from datasets.errors import RequestError
from training.saved.slimming import slim
from training.saved.warmup import write_warmup_records

WARMUP_BATCH_SIZES = (1, 2, 4, 8, 16, 32)


def save_signatures(
    folder: Path,
    models: Sequence[keras.Model],
    functions: Mapping[str, tf.types.experimental.PolymorphicFunction],
    example: Callable[[int], Mapping[str, np.ndarray]],
    warm: Mapping[str, Sequence[int]] | None = None,
    stored: Sequence[tf.Variable] | None = None,
):
    """Saves functions of Keras models as a SavedModel, and checks that it answers as they do.

    Args:
        folder: Gets the SavedModel and `assets.extra/tf_serving_warmup_requests`.
        models: Every model that a function reads.
        functions: Signatures by name, each with an `input_signature` and returning a dict of tensors; the first is
            also `serving_default`.
        example: Batch size to inputs by name, those of all signatures.
        warm: Batch sizes to warm up with, by signature; a signature that is left out is not checked either. Only the
            first, with `WARMUP_BATCH_SIZES`, if None.
        stored: What the functions read in place of the models' own variables, in their order.

    Raises:
        RequestError: What was written answers otherwise than the models.
    """
    first = next(iter(functions))
    warm = warm or {first: WARMUP_BATCH_SIZES}
    module = tf.Module()
    own = (variable.value for model in models for variable in model.variables)
    module.variables_of_models = list(own if stored is None else stored)
    # Traced once: saving would trace again.
    traced = {name: function.get_concrete_function() for name, function in functions.items()}
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(folder), {"serving_default": traced[first], **traced}, options)
    slim(folder)

    def inputs_of(name: str, batch: int) -> dict[str, np.ndarray]:
        examples = example(batch)
        return {spec.name: examples[spec.name] for spec in functions[name].input_signature}

    write_warmup_records(folder, [(name, inputs_of(name, batch)) for name in warm for batch in warm[name]])
    loaded = tf.saved_model.load(str(folder))
    for name in warm:
        inputs = {key: tf.constant(values) for key, values in inputs_of(name, min(2, *warm[name])).items()}
        _check_equal(loaded.signatures[name](**inputs), traced[name](**inputs))


def _check_equal(answers: Mapping[str, tf.Tensor], expected: Mapping[str, tf.Tensor]):
    for name, values in expected.items():
        tolerance = 1.0 if values.dtype in (tf.uint8, tf.uint16) else 1e-4
        worst = np.abs(answers[name].numpy().astype(np.float64) - values.numpy()).max()
        if not worst <= tolerance:  # also catches NaN
            raise RequestError(
                f"The exported model's {name} differs from the trained one's by {worst:.1e}: not exported."
            )


def example_latents(batch: int, latent_size: int) -> np.ndarray:
    """Standard normal latents, float32 `(batch, latent_size)`."""
    return np.random.default_rng(0).standard_normal((batch, latent_size), dtype=np.float32)


def example_pictures(batch: int, shape: Sequence[int]) -> np.ndarray:
    """Noise, uint8 `(batch, *shape)`."""
    return np.random.default_rng(0).integers(0, 256, (batch, *shape), dtype=np.uint8)


def from_pixels(image):
    """uint8 0..255 to float32 [-1, 1], in a graph."""
    return ops.cast(image, "float32") / 127.5 - 1.0


def to_pixels(image):
    """Float [-1, 1] to uint8 0..255, rounded, in a graph."""
    return ops.cast(ops.clip(ops.round((image + 1.0) * 127.5), 0, 255), "uint8")
