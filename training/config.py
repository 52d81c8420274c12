"""What a training was asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """What `python -m training.train FAMILY` was asked for."""

    data: str  # a folder made by datasets.prepare
    out: str  # the run folder
    family: str = "dcgan"  # a key of training.families.FAMILIES
    size: int = 64  # pixels
    recipe: str | None = None  # a key of the family's recipes; None: its first
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # fields of the recipe set otherwise
    classes: tuple[str, ...] | None = None  # None: all
    epochs: int = 500
    minutes: float | None = None  # stop after the epoch in which this much training time is reached
    batch_size: int = 32  # of all devices together
    strategy: str = "none"  # one of training.workers.STRATEGIES
    precision: str = "auto"  # one of training.precision.PRECISIONS
    seed: int = 0
    sample_every: int = 1  # epochs
    checkpoint_every: int = 5  # epochs
    keep_checkpoints: int = 2

    def __post_init__(self):
        for name in ("epochs", "batch_size", "sample_every", "checkpoint_every", "keep_checkpoints"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} is {getattr(self, name)}: it must be at least 1.")
