"""The training engine on TensorFlow: gradient tapes and `tf.function`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def compile_step(function: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """Compiles a step written in Keras operations.

    Args:
        function: Its positional arguments are tensors; its keyword arguments are Python values, each combination of
            which is compiled once. Returns tensors.
        variables: Every variable that it reads or assigns.

    Returns:
        A function with the same arguments and results.
    """
    return tf.function(function, reduce_retracing=True)


def forward_and_pullback(function: Callable, variables: Sequence[keras.Variable]):
    """Runs `function()` once and returns its output with a way back to the variables.

    Args:
        function: Takes nothing, returns one tensor.
        variables: Variables to differentiate by.

    Returns:
        `(output, pullback)`; `pullback(d_output)` gives one gradient per variable.
    """
    tape = tf.GradientTape()
    with tape:
        output = function()
    return output, lambda d_output: tape.gradient(output, _values(variables), output_gradients=d_output)


def loss_and_gradients(function: Callable, variables: Sequence[keras.Variable]):
    """Gradients of a scalar by variables.

    Args:
        function: Takes nothing, returns `(loss, extras)`; only the scalar `loss` is differentiated.
        variables: Variables to differentiate by.

    Returns:
        `(loss, extras, gradients)`.
    """
    with tf.GradientTape() as tape:
        loss, extras = function()
    return loss, extras, tape.gradient(loss, _values(variables))


def input_gradient(function: Callable, x):
    """Gradient of a scalar by a tensor; can itself be differentiated.

    Args:
        function: Takes `x`, returns a scalar.
        x: Float tensor.

    Returns:
        `(scalar, gradient)`, the gradient shaped like `x`.
    """
    with tf.GradientTape() as tape:
        tape.watch(x)
        scalar = function(x)
    return scalar, tape.gradient(scalar, x)


def _values(variables):
    return [variable.value for variable in variables]
