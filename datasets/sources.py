"""The raw pictures of a data set: which there are, their classes, and which of them are held out."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from pathlib import Path

from datasets.bodies import class_of_folder, class_order
from datasets.disk.listing import ends_like_a_picture, is_hidden
from datasets.errors import RequestError
from datasets.labels import Classes
from datasets.manifest import Rejection
from datasets.names import class_objection, file_key, folder_name, natural, printable, text_objection

# Views of a body come in three regions, one after the other: around the equator (about half of them), from the
# north (about 30 %), from the south. Blocks around these shares of a class lie well inside one region each.
HOLDOUT_POSITIONS = (0.25, 0.65, 0.9)


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """One raw picture: its path below the raw folder, its classes, its output file and its split."""

    path: str
    classes: tuple[str, ...]
    file: str
    split: str


def in_folders(raw: Path) -> tuple[Classes, list[Rejection]]:
    """Finds the pictures in the class folders of `raw`.

    Returns:
        The class of each picture by its path, ordered by folder and name: views taken one after another; and whatever
        lies in class folders or beside them and can't be used.
    """
    try:
        entries = sorted((e for e in raw.iterdir() if not e.name.startswith(".")), key=lambda e: natural(e.name))
        folders = [entry for entry in entries if entry.is_dir()]
        loose = [entry.name for entry in entries if not entry.is_dir() and ends_like_a_picture(entry.name)]
    except OSError as error:
        raise _unreadable(raw, error) from None
    if not folders:
        raise RequestError(f"{raw} has no class folders: put the pictures of each class into a folder of its own.")

    classes: Classes = {}
    rejected = [Rejection(printable(name), "It lies beside the class folders: put it into one.") for name in loose]
    for folder in folders:
        name = class_of_folder(folder.name)
        if objection := class_objection(name):
            rejected.append(Rejection(printable(folder.name), objection))
            continue
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: natural(entry.name))
        except OSError as error:
            raise _unreadable(folder, error) from None
        for entry in entries:
            path = f"{folder.name}/{entry.name}"
            if is_hidden(entry.name):
                continue
            if objection := text_objection(entry.name):
                rejected.append(Rejection(printable(path), objection))
            elif entry.is_file():
                classes[path] = (name,)
            else:
                rejected.append(Rejection(path, "It is no file: pictures must lie directly in their class folder."))
        if not entries:
            rejected.append(Rejection(folder.name, "It holds no pictures."))
    if not classes:
        why = f": {rejected[0].source}: {rejected[0].reason}" if rejected else "."
        raise RequestError(f"{raw} has class folders but no pictures in them that can be used{why}")
    return classes, rejected


def arrange(classes: Classes, holdout: float) -> list[Source]:
    """Names the pictures by their first class and number, and holds some out.

    Args:
        classes: Of each picture by its path; neighbors within a first class are alike.
        holdout: Share of each first class to hold out, 0 to 0.5.

    Returns:
        The sources, ordered by first class, then as they stood.
    """
    paths: dict[str, list[str]] = {}
    for path, names in classes.items():
        paths.setdefault(names[0], []).append(path)
    sources = []
    numbers = Counter()  # by folder, as disks see it: two labels might share one
    for name in class_order(paths):
        folder = folder_name(name)
        held_out = held_out_indices(len(paths[name]), holdout)
        for index, path in enumerate(paths[name]):
            split = "holdout" if index in held_out else "train"
            number = numbers[file_key(folder)]
            sources.append(Source(path, classes[path], f"{folder}/{folder}_{number:03d}.png", split))
            numbers[file_key(folder)] += 1
    return sources


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


def _unreadable(folder: Path, error: OSError) -> RequestError:
    return RequestError(f"{folder} can't be read: {error.strerror or error}.")
