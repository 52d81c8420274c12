"""What a training says of itself while it runs: a CSV row per epoch and, where TensorFlow runs it, TensorBoard."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import RequestError
from training.records.files import reason, write_text

CSV_NAME = "log.csv"
COUNTERS = ("epoch", "step", "images_seen", "training_seconds")  # the columns that measure nothing


class TrainingLog:
    """Appends to `log.csv` and `tensorboard/` in a run folder; without TensorFlow to `log.csv` alone.

    Args:
        run: The run folder.
        rows: Of the epochs that a resumed training has already finished; gets those that follow. Whatever else the
            file holds, such as rows written after the checkpoint it continues from, is dropped: it will come again.
    """

    def __init__(self, run: Path, rows: list[dict[str, Any]]):
        self._path = run / CSV_NAME
        self._rows = rows
        self._write()
        self._board = None
        from training import engine  # brings Keras, which readers of a log don't need

        if engine.BACKEND == "tensorflow":
            from training.records.tensorboard import TensorBoardLog

            self._board = TensorBoardLog(run / "tensorboard")

    def __enter__(self) -> TrainingLog:
        return self

    def __exit__(self, *exception):
        if self._board:
            self._board.close()

    def write(self, epoch: int, step: int, images_seen: int, training_seconds: float, means: dict[str, float]):
        """Adds one epoch: counts so far, seconds of training so far, and the epoch's mean metrics."""
        row = {"epoch": epoch, "step": step, "images_seen": images_seen}
        row |= {name: f"{value:.6f}" for name, value in means.items()}
        row["training_seconds"] = f"{training_seconds:.1f}"
        self._rows.append(row)
        self._write()
        if self._board:
            self._board.scalars({**means, "images_per_second": images_seen / training_seconds}, step)

    def image(self, picture: np.ndarray, step: int):
        """Adds a grid of samples, uint8 `(H, W, 3)`."""
        if self._board:
            self._board.image("samples", picture, step)

    def _write(self):
        """All rows at once, so that there never is half a one: some measures aren't taken in every epoch."""
        out = io.StringIO()
        if self._rows:
            columns = dict.fromkeys(name for row in self._rows for name in row)
            writer = csv.DictWriter(out, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self._rows)
        write_text(self._path, out.getvalue())


def read_log(run: Path) -> list[dict[str, str]]:
    """The rows of a run's `log.csv`, oldest first; empty if there is none.

    Raises:
        RequestError: It is not what a training wrote.
    """
    path = run / CSV_NAME
    if not path.is_file():
        return []
    try:
        text = path.read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]), strict=True))
        for number, row in enumerate(rows, start=1):
            _check(row, number)
    except (OSError, ValueError, TypeError, KeyError, csv.Error) as error:
        raise RequestError(f"{path} can't be read ({reason(error)}): bring it back from a copy, or resume.") from None
    return rows


def _check(row: dict[str, str], number: int):
    """Raises `RequestError`, `TypeError` or `KeyError` for what is no row of an epoch."""
    if int(row["epoch"]) != number or None in row:
        raise ValueError(f"line {number + 1} is not epoch {number}")
    for name in COUNTERS:
        float(row[name])
    for value in row.values():
        if value:
            float(value)
