"""The raw pictures of a data set: which there are, their classes, and which of them are held out."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from datasets.bodies import class_of_folder, class_order
from datasets.manifest import DatasetError, Rejection

# Views of a body come in three regions, one after the other: around the equator (about half of them), from the
# north (about 30 %), from the south. Blocks around these shares of a class lie well inside one region each.
HOLDOUT_POSITIONS = (0.25, 0.65, 0.9)

_IGNORED = ("thumbs.db", "desktop.ini")


@dataclasses.dataclass(frozen=True)
class Source:
    """One raw picture: its path below the raw folder, its class, its output file and its split."""

    path: str
    class_name: str
    file: str
    split: str


def find_sources(raw: Path, holdout: float) -> tuple[list[Source], list[Rejection]]:
    """Lists the pictures in the class folders of `raw`, ordered by class, then by name: views taken one after another.

    Args:
        raw: Folder of class folders.
        holdout: Share of each class to hold out, 0 to 0.5.

    Returns:
        The sources, and whatever lies in class folders and can't be a picture.
    """
    try:
        folders = sorted(entry for entry in raw.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError as error:
        raise _unreadable(raw, error) from None
    if not folders:
        raise DatasetError(f"{raw} has no class folders: put the pictures of each class into a folder of its own.")

    paths: dict[str, list[str]] = {}
    rejected = []
    for folder in folders:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise _unreadable(folder, error) from None
        for entry in entries:
            path = f"{folder.name}/{entry.name}"
            if entry.name.startswith(".") or entry.name.lower() in _IGNORED:
                continue
            if entry.is_file():
                paths.setdefault(class_of_folder(folder.name), []).append(path)
            else:
                rejected.append(Rejection(path, "It is no file: pictures must lie directly in their class folder."))
    if not paths:
        raise DatasetError(f"{raw} has class folders but no pictures in them.")

    sources = []
    for name in class_order(paths):
        held_out = held_out_indices(len(paths[name]), holdout)
        for index, path in enumerate(paths[name]):
            split = "holdout" if index in held_out else "train"
            sources.append(Source(path, name, f"{name}/{name}_{index:03d}.png", split))
    return sources, rejected


def held_out_indices(count: int, share: float) -> set[int]:
    """Indices to hold out of `count` consecutive views: contiguous blocks, as neighbors are near duplicates."""
    total = min(round(count * share), count - 1)
    if total <= 0:
        return set()
    blocks = min(total, len(HOLDOUT_POSITIONS))
    lengths = [total // blocks + (block < total % blocks) for block in range(blocks)]
    held_out: set[int] = set()
    earliest = 0
    for block, length in enumerate(lengths):
        latest = count - sum(lengths[block:])
        start = min(max(round(HOLDOUT_POSITIONS[block] * count - length / 2), earliest), latest)
        held_out.update(range(start, start + length))
        earliest = start + length
    return held_out


def _unreadable(folder: Path, error: OSError) -> DatasetError:
    return DatasetError(f"{folder} can't be read: {error.strerror or error}.")
