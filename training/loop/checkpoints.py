"""The whole state of a training in one file, which is there entirely or not at all."""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import keras
import numpy as np

from datasets.errors import RequestError
from training.records.files import reason, writing

BEST_NAME = "best.npz"

_META = "__meta__"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)


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

    Raises:
        OSError: It can't be written; the checkpoints before are all left.
    """
    path = folder / f"step_{step:08d}.npz"
    partial = path.with_suffix(".partial")
    with writing(path, partial):
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            _write_npz(file, state, {"step": step, **meta})
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    for old in _checkpoints(folder)[:-keep]:
        old.unlink()
    return path


def keep_best(checkpoint: Path):
    """Keeps a checkpoint as `best.npz` beside it, which no later one deletes; as a link where the disk has links."""
    best = checkpoint.with_name(BEST_NAME)
    partial = checkpoint.with_name("best.partial")
    with writing(best, partial):
        partial.unlink(missing_ok=True)
        try:
            os.link(checkpoint, partial)
        except OSError:  # exFAT, network shares, and clouds' drives have none
            shutil.copyfile(checkpoint, partial)
        os.replace(partial, best)


def checkpoints_of(folder: Path) -> list[Path]:
    """All that a training has kept, in order of their steps: the best one, too, where it is older."""
    kept, best = _checkpoints(folder), folder / BEST_NAME
    steps = {read_meta(path)["step"] for path in kept}
    return [best, *kept] if best.is_file() and read_meta(best)["step"] not in steps else kept


def newest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint with the most steps, or None; whether it is sound isn't looked at."""
    found = _checkpoints(folder)
    return found[-1] if found else None


def newest_sound_checkpoint(folder: Path) -> tuple[Path | None, dict[Path, str]]:
    """The checkpoint with the most steps that can be read whole, and what is wrong with those that came after it.

    Its newest copy is `best.npz` where no other is left. None if there is no checkpoint at all.

    Raises:
        RequestError: There are some, but none is sound.
    """
    damaged = {}
    candidates = _checkpoints(folder)[::-1]
    if (folder / BEST_NAME).is_file():
        candidates.append(folder / BEST_NAME)
    for path in candidates:
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    archive.read(name)  # compares its CRC-32
            read_meta(path)["step"]
            return path, damaged
        except (*_DAMAGE, OSError) as error:
            damaged[path] = reason(error)
    if damaged:
        told = "; ".join(f"{path.name}: {why}" for path, why in damaged.items())
        raise RequestError(f"No checkpoint in {folder} can be read ({told}): choose another --out.")
    return None, damaged


def set_aside(damaged: Path) -> Path:
    """Renames a checkpoint that can't be read, so that it is neither read again nor counted among those to keep."""
    aside = damaged.with_name(f"{damaged.name}.damaged")
    os.replace(damaged, aside)
    return aside


def read_meta(path: Path) -> dict[str, Any]:
    """The meta values of a checkpoint, `step` among them.

    Raises:
        RequestError: It can't be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(str(_array(archive, _META)))
    except (*_DAMAGE, OSError) as error:
        raise RequestError(f"{path} can't be read ({reason(error)}).") from None


def load_checkpoint(path: Path, state: Mapping[str, keras.Variable]) -> dict[str, Any]:
    """Assigns the saved values to the variables and returns the saved meta values, `step` among them.

    Raises:
        RequestError: The file holds other variables or other shapes than `state`, or is damaged.
    """
    meta = read_meta(path)
    with zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()} - {_META}
        if names != set(state):
            raise RequestError(f"{path} belongs to other models or another recipe: start a new run folder.")
        for name, variable in state.items():
            try:
                value = _array(archive, name)
            except (*_DAMAGE, OSError) as error:
                raise RequestError(f"{path} can't be read ({name}: {reason(error)}).") from None
            if value.shape != tuple(variable.shape):
                raise RequestError(
                    f"{path} holds {name} with shape {value.shape}, this training has {tuple(variable.shape)}: "
                    "start a new run folder."
                )
            variable.assign(value)
    return meta


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array of an archive, its CRC-32 compared before anything is made of it."""
    return np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)


def _write_npz(file: BinaryIO, state: Mapping[str, keras.Variable], meta: Mapping[str, Any]):
    """As `np.savez`, but with one array in memory at a time: the largest models' states fill gigabytes."""
    with zipfile.ZipFile(file, "w") as archive:
        arrays = ((name, variable.numpy()) for name, variable in state.items())
        for name, array in itertools.chain(arrays, [(_META, np.array(json.dumps(meta)))]):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def _checkpoints(folder: Path) -> list[Path]:
    """In order of their steps."""
    found = {path: re.fullmatch(r"step_(\d+)\.npz", path.name, re.ASCII) for path in folder.glob("step_*.npz")}
    return sorted((path for path, match in found.items() if match), key=lambda path: int(found[path][1]))
