"""Whether a folder can be a SavedModel, judged by its files alone, without TensorFlow."""

from __future__ import annotations

import re
from pathlib import Path

_INDEX_END = bytes.fromhex("57fb808b247547db")  # of every file in the format of LevelDB's tables
_SHARD = re.compile(r"variables\.data-(\d{5})-of-(\d{5})")


def saved_model_fault(folder: Path) -> str:
    """What the SavedModel in `NAME/VERSION/` lacks, as one that was copied half or is being copied, one sentence; `""`
    if nothing does."""
    shards = sorted(entry.name for entry in _entries(folder / "variables") if _SHARD.fullmatch(entry.name))
    needed = int(_SHARD.fullmatch(shards[0])[2]) if shards else 1
    wanted = [f"variables.data-{number:05d}-of-{needed:05d}" for number in range(needed)]
    for path in ("saved_model.pb", "variables/variables.index", *(f"variables/{name}" for name in wanted)):
        try:
            is_there = (folder / path).stat().st_size > 0
        except OSError:
            is_there = False
        if not is_there:
            return f"Its file {_name(folder, path)} is missing or empty: export the model again."
    try:
        index = (folder / "variables" / "variables.index").read_bytes()
    except OSError as error:
        return f"Its file {_name(folder, 'variables/variables.index')} cannot be read ({error.strerror})."
    if not index.endswith(_INDEX_END):
        return f"Its file {_name(folder, 'variables/variables.index')} is cut off or damaged: export the model again."
    return ""


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _name(folder: Path, path: str) -> str:
    return f"{folder.parent.name}/{folder.name}/{path}"
