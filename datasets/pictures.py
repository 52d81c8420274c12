"""Pictures of a prepared data set in memory, and the order in which training sees them. NumPy and Pillow only."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.manifest import SPLITS, DatasetError, Size, load_manifest


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Pictures and their classes.

    Attributes:
        images: uint8 [count, height, width, 3].
        labels: int32 [count], indices into `class_names`.
        class_names: Class names in index order.
        files: Path of each picture below its size folder, `earth/earth_000.png`.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    files: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)


def load_pictures(
    root: Path | str, size: int | str | Size, split: str = "train", classes: Sequence[str] | None = None
) -> Pictures:
    """Decodes one size and split of a prepared data set.

    Args:
        root: Folder that `datasets.prepare` wrote.
        size: Size of the pictures, one of the data set's: 64 or `"64x128"`.
        split: `"train"`, `"holdout"`, or `"all"` for both.
        classes: Classes to load, whose order in the data set stays; all of them if None.

    Raises:
        DatasetError: The data set is missing, unfinished or damaged, or has no such size, split, class or pictures.
    """
    manifest = load_manifest(root)
    if not manifest.complete:
        raise DatasetError(f"{root} is unfinished: run `python -m datasets.prepare` on it again to go on.")
    size = Size.of(size)
    if str(size) not in manifest.sizes:
        raise DatasetError(
            f"{root} has no pictures of {size} px, only of {', '.join(manifest.sizes)}: "
            f"add them with `python -m datasets.prepare RAW {root} --sizes {size}`."
        )
    if split not in (*SPLITS, "all"):
        raise DatasetError(f"{split!r} is not a split: expected {', '.join(SPLITS)} or all.")
    unknown = sorted(set(classes or ()).difference(manifest.class_names))
    if unknown:
        raise DatasetError(f"{root} has no class {unknown[0]!r}, only {', '.join(manifest.class_names)}.")

    class_names = tuple(name for name in manifest.class_names if classes is None or name in classes)
    chosen = [p for p in manifest.pictures if split in (p.split, "all") and p.classes[0] in class_names]
    if not chosen:
        raise DatasetError(f"{root} has no pictures in split {split!r} of classes {', '.join(class_names) or 'none'}.")
    images = np.empty((len(chosen), size.height, size.width, 3), np.uint8)

    def decode(index: int) -> None:
        images[index] = _decode(Path(root, str(size), chosen[index].file), size)

    with ThreadPoolExecutor() as threads:
        list(threads.map(decode, range(len(chosen))))
    labels = np.array([class_names.index(picture.classes[0]) for picture in chosen], np.int32)
    return Pictures(images, labels, class_names, tuple(picture.file for picture in chosen))


def epoch_order(count: int, epoch: int, seed: int) -> np.ndarray:
    """The order of `count` pictures in one epoch: int32 [count], the same on every machine and NumPy version.

    Args:
        count: Number of pictures.
        epoch: Number of the epoch, from 0.
        seed: Unsigned 64-bit integer.
    """
    key = np.array([seed, epoch], np.uint64)
    return np.argsort(np.random.Philox(key=key).random_raw(count), kind="stable").astype(np.int32)


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Full batches in `count` pictures; the rest of an epoch is dropped. Raises `DatasetError` if there are none."""
    if not 1 <= batch_size <= count:
        raise DatasetError(f"A batch size of {batch_size} does not fit {count} pictures: expected 1 to {count}.")
    return count // batch_size


def batches(
    pictures: Pictures, batch_size: int, seed: int = 0, first_step: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shuffled batches without end, from global step `first_step` on, as if all steps before it had been taken.

    Yields:
        Images, uint8 [batch_size, height, width, 3], and labels, int32 [batch_size].
    """
    steps = steps_per_epoch(len(pictures), batch_size)

    def generate() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        epoch, step = divmod(first_step, steps)
        while True:
            order = epoch_order(len(pictures), epoch, seed)
            for start in range(step * batch_size, steps * batch_size, batch_size):
                chosen = order[start : start + batch_size]
                yield pictures.images[chosen], pictures.labels[chosen]
            epoch, step = epoch + 1, 0

    return generate()


def _decode(path: Path, size: Size) -> np.ndarray:
    """Reads one prepared picture, uint8 [height, width, 3]."""
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise DatasetError(f"{path} can't be read ({error}): delete it and prepare the data again.") from None
    if pixels.shape != (size.height, size.width, 3):
        raise DatasetError(f"{path} is not of {size} px: delete it and prepare the data again.")
    return pixels
