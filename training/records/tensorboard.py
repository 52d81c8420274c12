"""Curves and pictures for TensorBoard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf


class TensorBoardLog:
    """Writes event files into a folder."""

    def __init__(self, folder: Path):
        self._writer = tf.summary.create_file_writer(str(folder))

    def scalars(self, values: dict[str, float], step: int):
        """Adds one point to each named curve."""
        with self._writer.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def image(self, name: str, picture: np.ndarray, step: int):
        """Adds a picture, uint8 `(H, W, 3)`."""
        with self._writer.as_default(step):
            tf.summary.image(name, picture[None])
        self._writer.flush()

    def close(self):
        self._writer.close()
