"""Pictures of a prepared data set, and batches of them. NumPy and Pillow only."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from datasets.errors import RequestError
from datasets.manifest import SPLITS, Size, load_manifest
from datasets.sampling import Sampler
from datasets.stored import StoredPictures

_DIGESTED_AT_ONCE = 2**26  # bytes


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Pictures and their classes.

    Attributes:
        images: uint8 [count, height, width, 3], in memory or `datasets.stored.StoredPictures`.
        labels: float32 [count, classes], 1 where the picture is of the class, else 0; several per picture are possible.
        class_names: Class names in index order.
        files: Path of each picture below its size folder, `earth/earth_000.png`.
        sights: Latitude and light of each picture as in `datasets.sights.PictureSight`, float32 [count, 2], NaN where
            they aren't known; None if they are for none.
    """

    images: np.ndarray | StoredPictures
    labels: np.ndarray
    class_names: tuple[str, ...]
    files: tuple[str, ...]
    sights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def kinds(self) -> np.ndarray:
        """int32 [count]: the index of each picture's first class."""
        return self.labels.argmax(axis=1).astype(np.int32)

    def sha256(self) -> str:
        """Hexadecimal SHA-256 of all that a training sees of them: pixels, labels, classes, and their order."""
        digest = hashlib.sha256(json.dumps([self.images.shape, self.class_names]).encode())
        rows = max(1, _DIGESTED_AT_ONCE // math.prod(self.images.shape[1:]))
        for start in range(0, len(self), rows):
            digest.update(np.ascontiguousarray(self.images[start : start + rows]))
        digest.update(np.ascontiguousarray(self.labels))
        return digest.hexdigest()


def load_pictures(
    root: Path | str, size: int | str | Size, split: str = "train", classes: Sequence[str] | None = None
) -> Pictures:
    """Decodes one size and split of a prepared data set; arguments and errors as for `open_pictures`."""
    pictures = open_pictures(root, size, split, classes)
    return dataclasses.replace(pictures, images=np.asarray(pictures.images))


def open_pictures(
    root: Path | str, size: int | str | Size, split: str = "train", classes: Sequence[str] | None = None
) -> Pictures:
    """One size and split of a prepared data set: decoded, or, if it is kept in shards, read when it is asked for.

    Args:
        root: Folder that `datasets.prepare` wrote.
        size: Size of the pictures, one of the data set's: 64 or `"64x128"`.
        split: `"train"`, `"holdout"`, or `"all"` for both.
        classes: Classes to load, whose order in the data set stays; all of them if None. Pictures of others, too, are
            loaded as pictures of these alone.

    Raises:
        RequestError: The data set is missing, unfinished or damaged, or has no such size, split, class or pictures.
    """
    manifest = load_manifest(root)
    if not manifest.complete:
        raise RequestError(f"{root} is unfinished: run `python -m datasets.prepare` on it again to go on.")
    size = Size.of(size)
    if str(size) not in manifest.sizes:
        raise RequestError(
            f"{root} has no pictures of {size} px, only of {', '.join(manifest.sizes)}: "
            f"add them with `python -m datasets.prepare RAW {root} --sizes {size}`."
        )
    if split not in (*SPLITS, "all"):
        raise RequestError(f"{split!r} is not a split: expected {', '.join(SPLITS)} or all.")
    unknown = sorted(set(classes or ()).difference(manifest.class_names))
    if unknown:
        raise RequestError(f"{root} has no class {unknown[0]!r}, only {', '.join(manifest.class_names)}.")

    class_names = tuple(name for name in manifest.class_names if classes is None or name in classes)
    places = [
        place
        for place, picture in enumerate(manifest.pictures)
        if split in (picture.split, "all") and not set(class_names).isdisjoint(picture.classes)
    ]
    if not places:
        raise RequestError(f"{root} has no pictures in split {split!r} of classes {', '.join(class_names) or 'none'}.")
    chosen = [manifest.pictures[place] for place in places]
    stored = StoredPictures(root, manifest, size, places)
    labels = np.array([[name in picture.classes for name in class_names] for picture in chosen], np.float32)
    sights = np.array([picture.sight or (np.nan, np.nan) for picture in chosen], np.float32)
    return Pictures(
        images=stored if manifest.is_sharded else stored[:],
        labels=labels,
        class_names=class_names,
        files=tuple(picture.file for picture in chosen),
        sights=sights,
    )


def batches(
    pictures: Pictures, batch_size: int, sampler: Sampler, first_step: int = 0, rows: slice = slice(None)
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Full batches without end, from global step `first_step` on, as if all steps before it had been taken.

    Only these `rows` of each batch are read.

    Yields:
        Images, uint8 [rows, height, width, 3], and labels, float32 [rows, classes].

    Raises:
        RequestError: The batch size doesn't fit the pictures of an epoch.
    """
    steps = sampler.steps(batch_size)

    def generate() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        epoch, step = divmod(first_step, steps)
        while True:
            order = sampler.order(epoch)
            for start in range(step * batch_size, steps * batch_size, batch_size):
                chosen = order[start : start + batch_size][rows]
                yield pictures.images[chosen], pictures.labels[chosen]
            epoch, step = epoch + 1, 0

    return generate()
