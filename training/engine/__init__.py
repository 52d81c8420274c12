"""Gradients and compilation, the two things Keras leaves to its backend; the trainers see only these four functions.

`compile_step`, `forward_and_pullback`, `loss_and_gradients` and `input_gradient` are documented in
`training.engine.tensorflow_engine`; `training.engine.jax_engine` gives them the same meaning.
"""

from __future__ import annotations

import importlib

import keras

_ENGINES = {"tensorflow": "training.engine.tensorflow_engine", "jax": "training.engine.jax_engine"}

BACKEND = keras.backend.backend()
if BACKEND not in _ENGINES:
    raise ImportError(
        f"Training does not run on the Keras backend {BACKEND!r}: set KERAS_BACKEND to {' or '.join(_ENGINES)}."
    )

_engine = importlib.import_module(_ENGINES[BACKEND])

compile_step = _engine.compile_step
forward_and_pullback = _engine.forward_and_pullback
loss_and_gradients = _engine.loss_and_gradients
input_gradient = _engine.input_gradient

__all__ = ["BACKEND", "compile_step", "forward_and_pullback", "input_gradient", "loss_and_gradients"]
