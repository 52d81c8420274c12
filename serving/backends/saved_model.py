"""Whether a folder can be a SavedModel, judged by its files alone, without TensorFlow."""

from __future__ import annotations

import hashlib
from pathlib import Path

from serving.backends.variables import shard_sizes

_INDEX = "variables/variables.index"
_SUMS = "assets.extra/SHA256SUMS"


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
    for number, size in enumerate(sizes):
        path = f"variables/variables.data-{number:05d}-of-{len(sizes):05d}"
        if _size(folder / path) < size:
            return _sentence(folder, path, "is cut off" if _size(folder / path) else "is missing or empty")
    return _checksum_fault(folder)


def _checksum_fault(folder: Path) -> str:
    """Which file is not what the export wrote, one sentence; `""` if none is, or the export left no checksums.

    The card is not looked at: it may be edited by hand.
    """
    try:
        lines = (folder / _SUMS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return _sentence(folder, _SUMS, "cannot be read")
    written = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
    try:
        variables = [f"variables/{entry.name}" for entry in (folder / "variables").iterdir()]
        for path in ("saved_model.pb", *variables):
            with (folder / path).open("rb") as file:
                if written.get(path) != hashlib.file_digest(file, "sha256").hexdigest():
                    return _sentence(folder, path, f"is not what was exported, by {_SUMS}")
    except OSError as error:
        return f"Its file {error.filename} cannot be read ({error.strerror}): export the model again."
    return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _sentence(folder: Path, path: str, fault: str) -> str:
    return f"Its file {folder.parent.name}/{folder.name}/{path} {fault}: export the model again."
