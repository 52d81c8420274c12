"""The training engine on JAX: the same imperative steps, made pure by Keras' stateless scopes.

Inside a scope, reading a variable gives the scope's value and assigning changes only the scope. What a differentiated
function assigns (BatchNorm statistics, random state) is carried out of JAX's transformation and into the scope around.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

import jax
import keras
from jax.sharding import Mesh, NamedSharding, PartitionSpec

# Else GPUs multiply float32 by ten bits: a wave of a thousand radians per radius, of which a world's texture is made,
# would be noise. What may be rougher says so by its dtype policy.
jax.config.update("jax_default_matmul_precision", "highest")


def compile_function(function: Callable, variables: Callable[[], Sequence[keras.Variable]]) -> Callable:
    known = functools.cache(lambda: list(variables()))

    @functools.partial(jax.jit, static_argnums=2, donate_argnums=0)
    def pure(values, tensors, options):
        with _scope_of(dict(zip(map(id, known()), values, strict=True))) as scope:
            result = function(*tensors, **dict(options))
        return result, [scope.get_current_value(variable) for variable in known()]

    def step(*tensors, **options):
        result, values = pure([variable.value for variable in known()], tensors, tuple(sorted(options.items())))
        for variable, value in zip(known(), values, strict=True):
            variable.assign(value)
        return result

    return step


def compile_step(function: Callable, variables: Callable[[], Sequence[keras.Variable]]) -> Callable:
    """On `shared_devices` batches are split by rows; XLA then has each device compute its part of what one would."""
    step = compile_function(function, variables)
    if len(shared_devices) < 2:
        return step
    mesh = Mesh(shared_devices, ("batch",))
    by_rows, whole = NamedSharding(mesh, PartitionSpec("batch")), NamedSharding(mesh, PartitionSpec())

    def shared_step(*tensors, **options):
        for variable in variables():
            if variable.value.sharding != whole:  # as when it was made, or read from a checkpoint
                variable.assign(jax.device_put(variable.value, whole))
        return step(*jax.device_put(tensors, by_rows), **options)

    return shared_step


shared_devices: list[jax.Device] = []  # that steps compiled from now on are computed on, if there are several
Adam = keras.optimizers.Adam


def replicas() -> int:
    return 1


def own_rows(draw: Callable, rows: int):
    return draw(rows)


def forward_and_pullback(function: Callable, variables: Sequence[keras.Variable]):
    output, pullback, changes = jax.vjp(_pure(function, variables), _values(variables), has_aux=True)
    _scopes[-1].state_mapping.update(changes)
    return output, lambda d_output: pullback(d_output)[0]


def loss_and_gradients(function: Callable, variables: Sequence[keras.Variable]):
    def loss_first(values):
        (loss, extras), changes = _pure(function, variables)(values)
        return loss, (extras, changes)

    (loss, (extras, changes)), gradients = jax.value_and_grad(loss_first, has_aux=True)(_values(variables))
    _scopes[-1].state_mapping.update(changes)
    return loss, extras, gradients


def input_gradient(function: Callable, x):
    def with_changes(x):
        return _pure(lambda: function(x), [])([])

    (scalar, changes), gradient = jax.value_and_grad(with_changes, has_aux=True)(x)
    _scopes[-1].state_mapping.update(changes)
    return scalar, gradient


def _pure(function: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """`function` as a function of the variables' values, which also returns what it assigned."""
    around = dict(_scopes[-1].state_mapping)

    def pure(values):
        before = around | dict(zip(map(id, variables), values, strict=True))
        with _scope_of(before) as scope:
            result = function()
            changes = {key: value for key, value in scope.state_mapping.items() if value is not before[key]}
        return result, changes

    return pure


def _values(variables: Sequence[keras.Variable]) -> list[jax.Array]:
    return [_scopes[-1].get_current_value(variable) for variable in variables]


_scopes: list[keras.StatelessScope] = []  # innermost last: Keras has no public way to ask for the current one


@contextlib.contextmanager
def _scope_of(values_by_id: Mapping[int, jax.Array]) -> Iterator[keras.StatelessScope]:
    with keras.StatelessScope() as scope:
        scope.state_mapping.update(values_by_id)
        _scopes.append(scope)
        try:
            yield scope
        finally:
            _scopes.pop()
