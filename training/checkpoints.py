"""The whole state of a training in one file, which is there entirely or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

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
    arrays = {name: ops.convert_to_numpy(variable.value) for name, variable in state.items()}
    with partial.open("wb") as file:
        np.savez(file, **arrays, **{_META: np.array(json.dumps({"step": step, **meta}))})
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    for old in _checkpoints(folder)[:-keep]:
        old.unlink()
    return path


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
            if saved[name].shape != tuple(variable.shape):
                raise ValueError(
                    f"{path} holds {name} with shape {saved[name].shape}, this training has {tuple(variable.shape)}: "
                    "start a new run folder."
                )
        for name, variable in state.items():
            variable.assign(saved[name])
        return json.loads(str(saved[_META]))


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("step_*.npz"))
