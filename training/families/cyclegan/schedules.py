"""Numbers that change while a training goes on."""

from __future__ import annotations

import keras
from keras import ops


def value_at(index: int, total_steps: int, start: float, end: float, share: float) -> float:
    """What a number is that goes in a straight line from `start` to `end`, and stays there.

    Args:
        index: Steps taken.
        total_steps: Of the run.
        start: At the first step.
        end: At the end, and ever since it was reached.
        share: Of the run, in 0..1.
    """
    steps = share * total_steps
    done = min(1.0, index / steps) if steps else 1.0
    return start + (end - start) * done


class HoldThenFall(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that stays for a share of the run, then falls to 0 in a straight line.

    Args:
        learning_rate: At the start.
        total_steps: Of the run.
        held: Share of the run after which it begins to fall, in 0..1; at 1 it never does.
    """

    def __init__(self, learning_rate: float, total_steps: int, held: float):
        self.learning_rate = learning_rate
        self.total_steps = total_steps
        self.held = held

    def __call__(self, step):
        left = 1.0 - ops.cast(step, "float32") / self.total_steps
        return self.learning_rate * ops.clip(left / max(1.0 - self.held, 1e-6), 0.0, 1.0)

    def get_config(self):
        return {"learning_rate": self.learning_rate, "total_steps": self.total_steps, "held": self.held}
