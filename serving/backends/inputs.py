"""Checks of a prediction's inputs that both backends make, so that both refuse with the same sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from serving.backends.base import InvalidInput, ModelNotFound

Inputs = Mapping[str, tuple[np.dtype, Sequence[int | None] | None]]
"""Dtype and shape of a signature's inputs by name; None stands for any size, as of the batch, and for any shape."""


def check_choice(version: int | None, label: str | None) -> None:
    """Refuses a version and a label for the same call, which might differ."""
    if version is not None and label is not None:
        raise InvalidInput("There are a version and a label: give one of them.")


def as_batch(inputs: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], int]:
    """Returns the inputs as arrays and the batch size, their common first dimension.

    Raises:
        InvalidInput: No input, an input without dimensions, batches of different sizes, or an empty batch.
    """
    arrays = {name: np.asarray(value) for name, value in inputs.items()}
    if not arrays:
        raise InvalidInput("There are no inputs: give at least one array.")
    for name, array in arrays.items():
        if array.ndim == 0:
            raise InvalidInput(f"Input '{name}' is a scalar: its first dimension must be the batch.")
    sizes = {name: array.shape[0] for name, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"'{name}' has {size}" for name, size in sorted(sizes.items()))
        raise InvalidInput(f"The inputs differ in batch size: {listed}.")
    size = next(iter(sizes.values()))
    if size < 1:
        raise InvalidInput("The batch is empty: give at least one row.")
    return arrays, size


def no_signature(model: str, signature: str, known: Iterable[str]) -> ModelNotFound:
    """What to raise for a signature that the model does not have."""
    listed = ", ".join(f"'{name}'" for name in sorted(known)) or "none"
    return ModelNotFound(f"Model '{model}' has no signature '{signature}': it has {listed}.")


def check_signature(arrays: Mapping[str, np.ndarray], expected: Inputs) -> None:
    """Checks names, dtypes and shapes.

    Raises:
        InvalidInput: Something differs; the sentence says what was expected.
    """
    if set(arrays) != set(expected):
        raise InvalidInput(f"The inputs are {_names(arrays)}, but the signature takes {_names(expected)}.")
    for name, (dtype, shape) in expected.items():
        array = arrays[name]
        if array.dtype != dtype:
            raise InvalidInput(f"Input '{name}' is {array.dtype}, but the signature takes {dtype}.")
        fits = shape is None or (
            array.ndim == len(shape)
            and all(wanted in (None, given) for given, wanted in zip(array.shape, shape, strict=True))
        )
        if not fits:
            raise InvalidInput(
                f"Input '{name}' has shape {_shape(array.shape)}, but the signature takes {_shape(shape)}."
            )


def _names(named: Mapping[str, object]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(named))


def _shape(shape: Sequence[int | None]) -> str:
    return "[" + ", ".join("any" if size is None else str(size) for size in shape) + "]"
