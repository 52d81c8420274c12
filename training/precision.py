"""Which number format a training computes in: bfloat16 where this processor is faster at it, else float32."""

from __future__ import annotations

import contextlib
import timeit
from collections.abc import Iterator

import keras
from keras import ops

PRECISIONS = ("auto", "float32", "mixed_bfloat16")

_WORTHWHILE = 0.8  # of float32's time; a smaller gain does not pay for the lost digits


def choose_precision(wanted: str) -> str:
    """Turns `"auto"` into a Keras dtype policy by timing a small convolution, a tenth of a second; keeps the others.

    Processors with bfloat16 arithmetic (AMX, AVX512-BF16, GPUs) are up to four times as fast with it; others emulate
    it and are many times slower.
    """
    if wanted not in PRECISIONS:
        raise ValueError(f"precision is {wanted!r}: choose one of {', '.join(PRECISIONS)}.")
    if wanted != "auto":
        return wanted
    return "mixed_bfloat16" if _seconds("bfloat16") < _WORTHWHILE * _seconds("float32") else "float32"


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made in this block compute by the policy `name`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _seconds(dtype: str) -> float:
    images, kernel = ops.ones((4, 32, 32, 64), dtype), ops.ones((3, 3, 64, 64), dtype)

    def run():
        ops.convert_to_numpy(ops.cast(ops.sum(ops.conv(images, kernel, padding="same")), "float32"))

    run()  # the first call compiles
    return min(timeit.repeat(run, number=1, repeat=5))
