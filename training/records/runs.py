"""A run folder read back: what was asked for, how it went, and the sample pictures."""

from __future__ import annotations

import dataclasses
import json
import re
import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import RequestError
from training.records.checksums import check_sums, is_listed
from training.records.files import read_json, reason
from training.records.logs import COUNTERS, CSV_NAME, read_log
from training.records.resources import RESOURCES_NAME, read_peak_memory

CONFIG_NAME = "config.json"
# Folders of a run with models of other steps than the last, and what says of which.
BEST, AVERAGE = "best", "average"
AVERAGE_NAME = "average.json"


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
        try:
            with np.load(path) as saved:  # reads nothing but what is asked for
                step = json.loads(str(saved["__meta__"]))["step"]
        except Exception as error:  # NumPy and zipfile raise what they like at broken files
            raise RequestError(f"{path} can't be read ({reason(error)}): delete it to do without.") from None
        return next((int(row["epoch"]) for row in self.rows if int(row["step"]) == step), None)


def read_finished(folder: Path, family: str, networks: Sequence[str]) -> dict[str, Any]:
    """The `config.json` of a finished run that another training begins with.

    Args:
        folder: Run folder.
        family: What it has to be of.
        networks: Names of those whose weights are wanted.

    Raises:
        RequestError: It is no finished run of this family, with the weights of these networks.
    """
    names = (CONFIG_NAME, *(f"{name}.weights.h5" for name in networks))
    missing = next((name for name in names if not (folder / name).is_file()), None)
    if missing:
        raise RequestError(f"--init-from {folder} is not a finished training of {family}: {missing} is missing.")
    check_sums(folder, names)
    config = read_config(folder)
    if config["family"] != family:
        raise RequestError(f"--init-from {folder} is a training of {config['family']}: give one of {family}.")
    return config


def read_run(folder: Path) -> Run:
    """Reads a run folder made by `training.loop.loop.train`, finished or not.

    Raises:
        RequestError: It is none, or a file of it is damaged.
    """
    if not (folder / CONFIG_NAME).is_file():
        raise RequestError(f"{folder} is not a run of training.train: {CONFIG_NAME} is missing.")
    finished = any(folder.glob("*.weights.h5"))
    check_sums(folder, [CONFIG_NAME, CSV_NAME] if finished else [CONFIG_NAME])
    if finished and is_listed(folder, RESOURCES_NAME):
        check_sums(folder, [RESOURCES_NAME])
    numbers = {path: re.fullmatch(r"epoch_(\d+)", path.stem, re.ASCII) for path in folder.glob("samples/epoch_*.png")}
    return Run(
        folder=folder,
        config=read_config(folder),
        rows=read_log(folder),
        samples={int(match[1]): path for path, match in sorted(numbers.items()) if match},
        peak_memory_bytes=read_peak_memory(folder),
        finished=finished,
    )


def read_config(folder: Path) -> dict[str, Any]:
    """A run's `config.json`; raises `RequestError` where it can't be read or lacks what every run has."""
    path = folder / CONFIG_NAME
    config = read_json(path, "bring it back from a copy, or go on with --resume, which writes it anew")
    missing = [name for name in ("family", "size", "recipe", "classes") if name not in config]
    if missing:
        raise RequestError(f"{path} says nothing of {', '.join(missing)}: it is not of a training, or damaged.")
    return config
