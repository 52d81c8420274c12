"""The whole state of a training in one file, which is there entirely or not at all."""

from __future__ import annotations

import itertools
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import keras
import numpy as np

_META = "__meta__"


def save_checkpoint(folder: Path, step: int, state: Mapping[str, keras.Variable], meta: Mapping[str, Any], keep: int):
    """Writes `folder/step_########.npz` and deletes all but the newest `keep` checkpoints.

    Args:
        folder: Made if missing.
        step: Steps taken so far.
        state: Variables by name.
        meta: JSON values to keep beside them.
        keep: Checkpoints to leave, at least 1.

    Returns:
        The path written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step_{step:08d}.npz"
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        _write_npz(file, state, {"step": step, **meta})
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    for old in _checkpoints(folder)[:-keep]:
        old.unlink()
    return path


def keep_best(checkpoint: Path):
    """Keeps a checkpoint as `best.npz` beside it, which no later one deletes."""
    partial = checkpoint.with_name("best.partial")
    partial.unlink(missing_ok=True)
    os.link(checkpoint, partial)
    os.replace(partial, checkpoint.with_name("best.npz"))


def newest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint with the most steps, or None."""
    found = _checkpoints(folder)
    return found[-1] if found else None


def load_checkpoint(path: Path, state: Mapping[str, keras.Variable]) -> dict[str, Any]:
    """Assigns the saved values to the variables and returns the saved meta values, `step` among them.

    Raises:
        ValueError: The file holds other variables or other shapes than `state`.
    """
    with np.load(path) as saved:
        names = set(saved.files) - {_META}
        if names != set(state):
            raise ValueError(f"{path} belongs to other models or another recipe: start a new run folder.")
        for name, variable in state.items():
            value = saved[name]  # reads the file
            if value.shape != tuple(variable.shape):
                raise ValueError(
                    f"{path} holds {name} with shape {value.shape}, this training has {tuple(variable.shape)}: "
                    "start a new run folder."
                )
            variable.assign(value)
        return json.loads(str(saved[_META]))


def _write_npz(file: BinaryIO, state: Mapping[str, keras.Variable], meta: Mapping[str, Any]):
    """As `np.savez`, but with one array in memory at a time: the largest models' states fill gigabytes."""
    with zipfile.ZipFile(file, "w") as archive:
        arrays = ((name, variable.numpy()) for name, variable in state.items())
        for name, array in itertools.chain(arrays, [(_META, np.array(json.dumps(meta)))]):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("step_*.npz"))
