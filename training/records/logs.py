"""What a training says of itself while it runs: a CSV row per epoch and, where TensorFlow runs it, TensorBoard."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from training.records.files import write_text

CSV_NAME = "log.csv"


class TrainingLog:
    """Appends to `log.csv` and `tensorboard/` in a run folder; without TensorFlow to `log.csv` alone.

    Args:
        run: The run folder.
        keep_epochs: Epochs that a resumed training has already finished; later rows, written after the checkpoint
            it continues from, are dropped because they will come again.
    """

    def __init__(self, run: Path, keep_epochs: int = 0):
        self._path = run / CSV_NAME
        rows = read_log(run)[:keep_epochs]
        self._columns = list(rows[0]) if rows else None
        write_text(self._path, _to_csv(self._columns, rows, header=True) if rows else "")
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
        new = [name for name in row if name not in (self._columns or ())]
        if new:  # the first row, or measures that are not taken every epoch
            self._columns = [*(self._columns or ()), *new]
            write_text(self._path, _to_csv(self._columns, read_log(self._path.parent), header=True))
        with self._path.open("a", encoding="utf-8", newline="") as file:
            file.write(_to_csv(self._columns, [row], header=False))
        if self._board:
            self._board.scalars({**means, "images_per_second": images_seen / training_seconds}, step)

    def image(self, picture: np.ndarray, step: int):
        """Adds a grid of samples, uint8 `(H, W, 3)`."""
        if self._board:
            self._board.image("samples", picture, step)


def read_log(run: Path) -> list[dict[str, str]]:
    """The complete rows of a run's `log.csv`, oldest first; empty if there is none."""
    path = run / CSV_NAME
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]  # a kill can leave half a row
    return list(csv.DictReader(io.StringIO(complete)))


def _to_csv(columns: list[str], rows: list[dict], header: bool) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
