"""Curves and pictures for TensorBoard."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from training.records.files import reason


class TensorBoardLog:
    """Writes event files into a folder; raises `OSError` where that can't be done."""

    def __init__(self, folder: Path):
        self._folder = folder
        with self._telling():
            self._writer = tf.summary.create_file_writer(str(folder))

    def scalars(self, values: dict[str, float], step: int):
        """Adds one point to each named curve."""
        with self._telling(), self._writer.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
            self._writer.flush()

    def image(self, name: str, picture: np.ndarray, step: int):
        """Adds a picture, uint8 `(H, W, 3)`."""
        with self._telling(), self._writer.as_default(step):
            tf.summary.image(name, picture[None])
            self._writer.flush()

    def close(self):
        with self._telling():
            self._writer.close()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            raise OSError(f"{self._folder} can't be written: {reason(error)}.") from error
