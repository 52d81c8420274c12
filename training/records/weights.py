"""A network's weights as a file."""

from __future__ import annotations

import math
from pathlib import Path

import keras

from training.records.files import write_whole

_PER_VARIABLE = 4096  # bytes that HDF5 needs beside the values


def write_weights(path: Path, model: keras.Model):
    """Replaces `path`, which ends in `.weights.h5`, by a network's weights; raises `OSError` where it can't."""
    size = _size(model)

    def write(partial: Path):
        partial.write_bytes(bytes(size))  # raises where there is no room; HDF5 would end the process by a fault
        model.save_weights(partial)

    write_whole(path, write)


def _size(model: keras.Model) -> int:
    """At least what the file will take, in bytes."""
    values = sum(4 * math.prod(variable.shape) for variable in model.variables)
    return values + _PER_VARIABLE * (len(model.variables) + 4)
