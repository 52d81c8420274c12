"""Pictures that stay where a data set keeps them, and are decoded when they are asked for. NumPy and Pillow only."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from datasets.decoding import Unusable, open_picture
from datasets.errors import RequestError
from datasets.manifest import Manifest, Size
from datasets.shards import DamagedShard, Units, is_shard, read_shard


class StoredPictures:
    """Like a uint8 array [count, height, width, 3] of which nothing is in memory.

    What an index asks for along the first dimension is read anew each time, each file once, on all cores.

    Args:
        root: Folder of the prepared data set.
        manifest: Its manifest.
        size: One of its sizes.
        places: Which of the manifest's pictures these are.

    Raises:
        RequestError: When indexed: a file is missing or damaged.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, root: Path | str, manifest: Manifest, size: Size, places: Sequence[int]):
        self.shape = (len(places), size.height, size.width, 3)
        self._folder = Path(root, str(size))
        units = Units((picture.file for picture in manifest.pictures), manifest.is_sharded)
        self._files = units.files
        kept_in = np.empty((len(manifest.pictures), 2), np.int64)  # which file, and which picture of it
        counts = []
        for number, (_, members) in enumerate(units):
            kept_in[members, 0], kept_in[members, 1] = number, np.arange(len(members))
            counts.append(len(members))
        self._counts, self._kept_in = counts, kept_in[np.asarray(places)]

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)

    def __getitem__(self, index: int | slice | np.ndarray) -> np.ndarray:
        rows = np.arange(len(self))[index]
        numbers, ranks = self._kept_in[rows.ravel()].T
        images = np.empty((rows.size, *self.shape[1:]), np.uint8)
        order = np.argsort(numbers, kind="stable")
        by_file = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1) if rows.size else []

        def read(found: np.ndarray) -> None:
            number = numbers[found[0]]
            path = self._folder / self._files[number]
            for row, content in zip(found, _contents(path, self._counts[number], ranks[found].tolist()), strict=True):
                images[row] = self._decode(path, content)

        if len(by_file) == 1:
            read(by_file[0])
        else:
            with ThreadPoolExecutor() as threads:
                list(threads.map(read, by_file))
        return images.reshape(rows.shape + self.shape[1:])

    def _decode(self, path: Path, content: bytes) -> np.ndarray:
        """Decodes one prepared picture, uint8 [height, width, 3]."""
        try:
            pixels = np.asarray(open_picture(content).convert("RGB"))
        except Unusable as error:
            raise _unreadable(path, str(error).rstrip(".")) from None
        except (OSError, SyntaxError) as error:
            raise _unreadable(path, getattr(error, "strerror", None) or error) from None
        if pixels.shape != self.shape[1:]:
            raise RequestError(f"{path} is not of {self._folder.name} px: delete it and prepare the data again.")
        return pixels


def _contents(path: Path, count: int, places: Sequence[int]) -> list[bytes]:
    """Those of some of the pictures in a file of one or many."""
    try:
        return read_shard(path, count, places) if is_shard(path.name) else [path.read_bytes()]
    except (OSError, DamagedShard) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or error) from None


def _unreadable(path: Path, why: object) -> RequestError:
    return RequestError(f"{path} can't be read ({why}): delete it and prepare the data again.")
