"""What counts more and more as a training goes on."""

from __future__ import annotations

from keras import ops


def ramp(iterations, start: float, end: float):
    """0 until step `start`, 1 from step `end` on, a straight line between.

    Args:
        iterations: Steps taken, an integer tensor or variable.
        start: Step, any number.
        end: Step, at least `start`.

    Returns:
        Float32 scalar.
    """
    return ops.clip((ops.cast(iterations, "float32") - start) / max(end - start, 1.0), 0.0, 1.0)
