"""What a training was asked for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from datasets.errors import RequestError
from datasets.manifest import Size

BALANCES = ("none", "cap", "weights")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """What `python -m training.train FAMILY` was asked for."""

    data: str  # a folder made by datasets.prepare
    out: str  # the run folder
    family: str = "dcgan"  # a key of training.families.FAMILIES
    size: int | str = 64  # pixels: 64, or "64x128" (width x height) if not square
    recipe: str | None = None  # a key of the family's recipes; None: its first
    changes: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # fields of the recipe set otherwise
    classes: tuple[str, ...] | None = None  # None: all
    epochs: int = 500
    minutes: float | None = None  # stop after the epoch in which this much training time is reached
    batch_size: int = 32  # of all devices together
    strategy: str = "none"  # one of training.engine.workers.STRATEGIES
    precision: str = "auto"  # one of training.engine.precision.PRECISIONS
    balance: str = "none"  # "cap": at most `cap` pictures of a class per epoch; "weights": classes equally often
    cap: int | None = None
    seed: int = 0
    sample_every: int = 1  # epochs
    checkpoint_every: int = 5  # epochs
    keep_checkpoints: int = 2
    average: bool = False  # of the checkpoints kept, at the end

    def __post_init__(self):
        size = Size.of(self.size)
        object.__setattr__(self, "size", size.width if size.width == size.height else str(size))
        for name in ("epochs", "batch_size", "sample_every", "checkpoint_every", "keep_checkpoints"):
            if getattr(self, name) < 1:
                raise RequestError(f"--{name.replace('_', '-')} is {getattr(self, name)}: it must be at least 1.")
        if self.minutes is not None and not 0 <= self.minutes < math.inf:
            raise RequestError(f"--minutes is {self.minutes}: it must be a number of at least 0.")
        if self.balance not in BALANCES:
            raise RequestError(f"--balance {self.balance} is unknown: choose {', '.join(BALANCES)}.")
        if (self.balance == "cap") != (self.cap is not None):
            raise RequestError("--balance cap and --cap, pictures of a class per epoch, go together: give both.")
        if self.cap is not None and self.cap < 1:
            raise RequestError(f"--cap is {self.cap}: it must be at least 1.")

    @property
    def side(self) -> int:
        """Of square pictures, in pixels. Raises `RequestError` for others: this is how families refuse them."""
        if not isinstance(self.size, int):
            raise RequestError(f"--size {self.size} is not square, and {self.family} takes square pictures only.")
        return self.size
