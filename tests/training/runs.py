"""What tests compare of two runs."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np


def weights(path: Path) -> dict[str, np.ndarray]:
    """Every array of a weights file by its name."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    assert found
    return found


def without_time(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of a log without what differs between two runs of the same training."""
    return [{name: value for name, value in row.items() if name != "training_seconds"} for row in rows]
