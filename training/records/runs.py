"""A run folder read back: what was asked for, how it went, and the sample pictures."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from training.records.logs import read_log
from training.records.resources import read_peak_memory

COUNTERS = ("epoch", "step", "images_seen", "training_seconds")  # the columns of log.csv that measure nothing


@dataclasses.dataclass(frozen=True)
class Run:
    """A training as its folder tells of it.

    Attributes:
        folder: Where it is.
        config: Its `config.json`.
        rows: Of its `log.csv`, one per finished epoch.
        samples: Sample pictures by epoch, in order.
        peak_memory_bytes: None if not recorded.
        finished: Whether the models to export are there.
    """

    folder: Path
    config: Mapping[str, Any]
    rows: Sequence[Mapping[str, str]]
    samples: Mapping[int, Path]
    peak_memory_bytes: int | None
    finished: bool

    @property
    def measures(self) -> tuple[str, ...]:
        """What was measured, by the names in the log."""
        return tuple(name for name in (self.rows[0] if self.rows else ()) if name not in COUNTERS)

    def series(self, name: str) -> list[tuple[int, float]]:
        """Epochs and values of a column, without the epochs in which it was not measured."""
        return [(int(row["epoch"]), float(row[name])) for row in self.rows if row.get(name)]

    def last(self, name: str) -> float | None:
        """The newest value of a column."""
        values = self.series(name)
        return values[-1][1] if values else None

    @property
    def images_per_second(self) -> float | None:
        """Median over the epochs after the first, which also compiles; of the first one if there is no other."""
        counts = [(int(row["images_seen"]), float(row["training_seconds"])) for row in self.rows]
        steps = list(pairwise(counts)) or [((0, 0.0), count) for count in counts]
        speeds = [(after[0] - before[0]) / (after[1] - before[1]) for before, after in steps if after[1] > before[1]]
        return statistics.median(speeds) if speeds else None

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the best checkpoint, None if none was better than others."""
        path = self.folder / "checkpoints" / "best.npz"
        if not path.is_file():
            return None
        with np.load(path) as saved:  # reads nothing but what is asked for
            step = json.loads(str(saved["__meta__"]))["step"]
        return next((int(row["epoch"]) for row in self.rows if int(row["step"]) == step), None)


def read_finished(folder: Path, family: str, networks: Sequence[str], option: str = "--init-from") -> dict[str, Any]:
    """The `config.json` of a finished run that another training begins with.

    Args:
        folder: Run folder.
        family: What it has to be of; several are separated by " or ".
        networks: Names of those whose weights are wanted.
        option: By which it was named.

    Raises:
        ValueError: It is no finished run of this family, with the weights of these networks.
    """
    names = ("config.json", *(f"{name}.weights.h5" for name in networks))
    missing = next((name for name in names if not (folder / name).is_file()), None)
    if missing:
        raise ValueError(f"{option} {folder} is not a finished training of {family}: {missing} is missing.")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config["family"] not in family.split(" or "):
        raise ValueError(f"{option} {folder} is a training of {config['family']}: give one of {family}.")
    return config


def read_run(folder: Path) -> Run:
    """Reads a run folder made by `training.loop.loop.train`, finished or not; raises `ValueError` if it is none."""
    config = folder / "config.json"
    if not config.is_file():
        raise ValueError(f"{folder} is not a run of training.train: config.json is missing.")
    pictures = sorted((int(path.stem.removeprefix("epoch_")), path) for path in folder.glob("samples/epoch_*.png"))
    return Run(
        folder=folder,
        config=json.loads(config.read_text(encoding="utf-8")),
        rows=read_log(folder),
        samples=dict(pictures),
        peak_memory_bytes=read_peak_memory(folder),
        finished=any(folder.glob("*.weights.h5")),
    )
