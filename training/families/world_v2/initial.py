"""How the layers of a world's networks begin."""

from __future__ import annotations

import keras
from keras import layers


def normal(deviation: float | None = None) -> keras.initializers.Initializer:
    """Normal, of this deviation, or of that which keeps the strength of what comes in."""
    if deviation is None:
        return keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal")
    return keras.initializers.RandomNormal(stddev=deviation)


def dense(units: int, deviation: float | None = None, **kwargs) -> layers.Dense:
    """A dense layer, in float32 unless told otherwise, whose kernel begins as `normal`."""
    return layers.Dense(units, **{"kernel_initializer": normal(deviation), "dtype": "float32", **kwargs})
