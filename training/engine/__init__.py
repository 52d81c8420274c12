"""Gradients, compilation and devices, the things Keras leaves to its backend; the trainers see only these functions.

They are documented in `training.engine.tensorflow_engine`, `replicas` and `own_rows` in
`training.engine.tensorflow_replicas`; `training.engine.jax_engine` gives them the same meaning.
"""

from __future__ import annotations

import importlib

import keras

_ENGINES = {"tensorflow": "training.engine.tensorflow_engine", "jax": "training.engine.jax_engine"}

# Whatever ~/.keras/keras.json says: layers take these as they are made, and gradients of float16 vanish.
keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)

BACKEND = keras.backend.backend()
if BACKEND not in _ENGINES:
    raise ImportError(
        f"Training does not run on the Keras backend {BACKEND!r}: set KERAS_BACKEND to {' or '.join(_ENGINES)}."
    )

_engine = importlib.import_module(_ENGINES[BACKEND])

Adam = _engine.Adam
compile_function = _engine.compile_function
compile_step = _engine.compile_step
forward_and_pullback = _engine.forward_and_pullback
loss_and_gradients = _engine.loss_and_gradients
input_gradient = _engine.input_gradient
own_rows = _engine.own_rows
replicas = _engine.replicas

__all__ = [
    "BACKEND",
    "Adam",
    "compile_function",
    "compile_step",
    "forward_and_pullback",
    "input_gradient",
    "loss_and_gradients",
    "own_rows",
    "replicas",
]
