"""The training engine on TensorFlow: gradient tapes and `tf.function`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from training.engine.tensorflow_replicas import mean_of_replicas, own_rows, replicas, spread_over_replicas

__all__ = [
    "Adam",
    "compile_function",
    "compile_step",
    "forward_and_pullback",
    "input_gradient",
    "loss_and_gradients",
    "own_rows",
    "replicas",
]

# It can't fuse these graphs under oneDNN (LeakyReLU's gradient stops it) and says so in an error message each time.
tf.config.optimizer.set_experimental_options({"remapping": False})
tf.config.experimental.enable_tensor_float_32_execution(False)  # as in training.engine.jax_engine


class Adam(keras.optimizers.Adam):
    """Keras' Adam in one pass over memory per variable, for the gradients of this module.

    On processors that is up to ten times as fast as Keras' own chain of operations, and takes no temporary copies.
    """

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, "float32")
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return list(grads_and_vars)  # they are those of the global batch already


def compile_step(function: Callable, variables: Callable[[], Sequence[keras.Variable]]) -> Callable:
    """Compiles a training step, which under a strategy is taken by all devices together.

    Args:
        function: As in `compile_function`; all its tensors have the batch as their first dimension, and it returns
            scalars by name, means over the batch.
        variables: As in `compile_function`.

    Returns:
        A function with the same arguments and results, to be called with the batch of this process' devices.
    """
    return compile_function(spread_over_replicas(function) if tf.distribute.has_strategy() else function, variables)


def compile_function(function: Callable, variables: Callable[[], Sequence[keras.Variable]]) -> Callable:
    """Compiles a function written in Keras operations, when it is first called.

    Args:
        function: Its positional arguments are tensors; its keyword arguments are Python values, each combination of
            which is compiled once. Returns tensors.
        variables: Gives every variable that it reads or assigns; asked at the first call.

    Returns:
        A function with the same arguments and results.
    """
    return tf.function(function, reduce_retracing=True)


def forward_and_pullback(function: Callable, variables: Sequence[keras.Variable]):
    """Runs `function()` once and returns its output with a way back to the variables.

    Args:
        function: Takes nothing, returns a tensor, or tuples and dicts of tensors.
        variables: Variables to differentiate by.

    Returns:
        `(output, pullback)`; `pullback(d_output)`, its argument structured as the output, gives one gradient per
        variable.
    """
    tape = tf.GradientTape()
    with tape:
        output = function()
    return output, lambda d_output: mean_of_replicas(
        tape.gradient(output, _values(variables), output_gradients=d_output)
    )


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
    return loss, extras, mean_of_replicas(tape.gradient(loss, _values(variables)))


def input_gradient(function: Callable, x):
    """Gradient of a scalar by a tensor; can itself be differentiated.

    Args:
        function: Takes `x`, returns a scalar.
        x: Float tensor, or tuples and dicts of them.

    Returns:
        `(scalar, gradient)`, the gradient structured and shaped as `x`.
    """
    with tf.GradientTape() as tape:
        tape.watch(x)
        scalar = function(x)
    return scalar, tape.gradient(scalar, x)


def _values(variables):
    return [variable.value for variable in variables]


def _handle(variable: keras.Variable | tf.Variable) -> tf.Tensor:
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
