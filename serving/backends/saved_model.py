"""Whether a folder can be a SavedModel, judged by its files alone, without TensorFlow."""

from __future__ import annotations

from pathlib import Path

from serving.backends.checksums import checksum_fault
from serving.backends.variables import shard_sizes

_INDEX = "variables/variables.index"


def saved_model_fault(folder: Path) -> str:
    """What the SavedModel in `NAME/VERSION/` lacks, as one that was copied half or is being copied, one sentence; `""`
    if nothing does."""
    for path in ("saved_model.pb", _INDEX):
        if _size(folder / path) == 0:
            return _sentence(folder, path, "is missing or empty")
    try:
        sizes = shard_sizes((folder / _INDEX).read_bytes())
    except OSError as error:
        return _sentence(folder, _INDEX, f"cannot be read ({error.strerror})")
    except ValueError:
        return _sentence(folder, _INDEX, "is cut off or damaged")
    shards = {f"variables/variables.data-{number:05d}-of-{len(sizes):05d}": size for number, size in enumerate(sizes)}
    for path, size in shards.items():
        if _size(folder / path) < size:
            return _sentence(folder, path, "is cut off" if _size(folder / path) else "is missing or empty")
    fault = checksum_fault(folder, ("saved_model.pb", _INDEX, *shards))
    return fault and f"Its file {fault}: export the model again."


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _sentence(folder: Path, path: str, fault: str) -> str:
    return f"Its file {folder.parent.name}/{folder.name}/{path} {fault}: export the model again."
