"""Gradients and compilation, the two things Keras leaves to its backend; the trainers see only these four functions.

`compile_step(function)`, `forward_and_pullback(function, variables)`, `loss_and_gradients(function, variables)` and
`input_gradient(function, x)` are documented in `training.engine.tensorflow_engine`.
"""

from __future__ import annotations

import keras

if keras.backend.backend() == "tensorflow":
    from training.engine.tensorflow_engine import (
        compile_step,
        forward_and_pullback,
        input_gradient,
        loss_and_gradients,
    )
else:
    raise ImportError(
        f"Training does not run on the Keras backend {keras.backend.backend()!r} yet: set KERAS_BACKEND=tensorflow."
    )

__all__ = ["compile_step", "forward_and_pullback", "input_gradient", "loss_and_gradients"]
