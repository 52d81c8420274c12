"""Which number format a training computes in: bfloat16 where this processor is faster at it, else float32."""

from __future__ import annotations

import contextlib
import statistics
import timeit
from collections.abc import Callable, Iterator

import keras
from keras import ops

from datasets.errors import RequestError
from training import engine

PRECISIONS = ("auto", "float32", "mixed_bfloat16")

_WORTHWHILE = 0.6  # of float32's time; a smaller gain does not pay for the lost digits, and may be noise
_REPEATS = 3


def choose_precision(wanted: str) -> str:
    """Turns `"auto"` into a Keras dtype policy by timing a small convolution both ways; keeps the others.

    Processors with bfloat16 arithmetic (AMX, AVX512-BF16, GPUs) are up to four times as fast with it; others emulate
    it and are many times slower, most of all at gradients.
    """
    if wanted not in PRECISIONS:
        raise RequestError(f"precision is {wanted!r}: choose one of {', '.join(PRECISIONS)}.")
    if wanted != "auto":
        return wanted
    contestants = [_convolution(dtype) for dtype in ("bfloat16", "float32")]
    # In turn, so that other work on the machine slows down both.
    turns = [[timeit.timeit(run, number=1) for run in contestants] for _ in range(_REPEATS)]
    ratio = statistics.median(bfloat16 / float32 for bfloat16, float32 in turns)
    return "mixed_bfloat16" if ratio < _WORTHWHILE else "float32"


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made in this block compute by the policy `name`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _convolution(dtype: str) -> Callable[[], None]:
    """A function that runs a convolution and both its gradients, compiled."""
    kernel = keras.Variable(ops.ones((3, 3, 64, 64)), dtype=dtype)
    images = ops.ones((4, 32, 32, 64), dtype)

    def gradients(x):
        def total(x):
            return ops.sum(ops.cast(ops.conv(x, kernel, padding="same"), "float32"))

        by_kernel = engine.loss_and_gradients(lambda: (total(x), None), [kernel])[2][0]
        by_images = engine.input_gradient(total, x)[1]
        return ops.cast(ops.sum(by_kernel) + ops.sum(by_images), "float32")

    compiled = engine.compile_function(gradients, lambda: [kernel])

    def run():
        float(compiled(images))

    run()  # compiles
    return run
